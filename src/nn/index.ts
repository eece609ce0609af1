/** `nn`: modules, their functions, initializations and utilities. */
export {
  AdditiveAttention,
  Attention,
  MultiheadAttention,
  MultiplicativeAttention,
  TransformerEncoder,
  TransformerEncoderLayer,
  type AdditiveAttentionOptions,
  type AttendOptions,
  type AttentionMemory,
  type AttentionScore,
  type EncodeLayerOptions,
  type EncodeOptions,
  type EncoderLayer,
  type MultiheadAttendOptions,
  type MultiheadAttentionOptions,
  type MultiplicativeAttentionOptions,
  type TransformerActivation,
  type TransformerEncoderLayerOptions,
  type TransformerEncoderOptions,
} from './attention';
export {
  ModuleDict,
  ModuleList,
  ParameterList,
  Sequential,
  type SequentialItem,
} from './containers';
export { ParameterDict } from './parameter-dict';
export * as functional from './functional';
export type { RemoveHook } from '../autograd/hooks';
export type { ForwardHook, ForwardPreHook, FullBackwardHook, FullBackwardPreHook } from './module';
export type {
  BufferOptions,
  ParametersOptions,
  StateDictOptions,
  WalkOptions,
  ZeroGradOptions,
} from './module-options';
export * as init from './init';
export type { InplaceOptions } from '../ops/elementwise/inplace-option';
export { GELU, GLU, Hardswish, Mish, SiLU, type GELUOptions } from './layers/gated';
export {
  CELU,
  ELU,
  LeakyReLU,
  PReLU,
  ReLU,
  ReLU6,
  SELU,
  Softplus,
  type CELUOptions,
  type ELUOptions,
  type LeakyReLUOptions,
  type PReLUOptions,
  type SoftplusOptions,
} from './layers/rectifier';
export { Hardshrink, Softshrink, Tanhshrink, Threshold } from './layers/shrink';
export {
  Hardsigmoid,
  Hardtanh,
  LogSigmoid,
  Sigmoid,
  Softsign,
  Tanh,
  type HardtanhOptions,
} from './layers/sigmoid';
export { LogSoftmax, Softmax, Softmin } from './layers/softmax';
export { CTCLoss, type CTCLossOptions } from './layers/ctc';
export { BatchNorm1d, type BatchNorm1dOptions } from './layers/batch-norm';
export { InstanceNorm1d, type InstanceNorm1dOptions } from './layers/instance-norm';
export { GroupNorm, type GroupNormOptions } from './layers/group-norm';
export { RMSNorm, type RMSNormOptions } from './layers/rms-norm';
export {
  AdaptiveAvgPool1d,
  AdaptiveMaxPool1d,
  AvgPool1d,
  LPPool1d,
  MaxPool1d,
} from './layers/pool';
export {
  Conv1d,
  ConvTranspose1d,
  type Conv1dOptions,
  type ConvolutionPadding,
  type ConvTranspose1dLayerOptions,
  type OutputSizeOptions,
} from './layers/convolution';
export { Bilinear } from './layers/bilinear';
export { AlphaDropout, Dropout, Dropout1d, type DropoutLayerOptions } from './layers/dropout';
export { LockedDropout, type LockedDropoutOptions } from './layers/locked-dropout';
export { Embedding, type EmbeddingOptions, type PretrainedOptions } from './layers/embedding';
export {
  EmbeddingBag,
  type EmbeddingBagLayerOptions,
  type PretrainedBagOptions,
} from './layers/embedding-bag';
export { Linear, type LinearOptions } from './layers/linear';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
  type BCELossOptions,
  type BCEWithLogitsLossOptions,
  type CrossEntropyLossOptions,
  type HuberLossOptions,
  type LossOptions,
  type NLLLossOptions,
  type Reduction,
  type SmoothL1LossOptions,
} from './layers/loss';
export { CosineSimilarity, PairwiseDistance } from './layers/distance';
export {
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
} from './layers/triplet-loss';
export {
  GaussianNLLLoss,
  KLDivLoss,
  PinballLoss,
  PoissonNLLLoss,
  type GaussianNLLLossOptions,
  type KLDivLossOptions,
  type PoissonNLLLossOptions,
} from './layers/likelihood-loss';
export {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
  type MarginLossOptions,
  type MultiLabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
} from './layers/margin-loss';
export {
  AdaptiveLogSoftmaxWithLoss,
  type AdaptiveLogSoftmaxOptions,
  type OutputAndLoss,
} from './layers/adaptive';
export { CRF, type CRFForwardOptions, type CRFMaskOptions, type CRFOptions } from './layers/crf';
export { LazyLinear } from './layers/lazy';
export { LayerNorm, type LayerNormOptions } from './layers/layer-norm';
export {
  CircularPad1d,
  ConstantPad1d,
  ReflectionPad1d,
  ReplicationPad1d,
  ZeroPad1d,
  type Padding1d,
} from './layers/padding';
export { Flatten, Identity, Unflatten } from './layers/shape';
export { Module, type Layer } from './module';
export { Parameter, type ParameterOptions } from './parameter';
export type { LoadOptions, LoadResult } from './state';
export type { ModuleSummary, SummaryRow } from './summary';
export {
  GRU,
  GRUCell,
  gruStep,
  JANET,
  JANETCell,
  janetStep,
  LSTM,
  LSTMCell,
  lstmStep,
  Recurrent,
  RecurrentBase,
  RNN,
  RNNCell,
  rnnStep,
  Stateful,
  type CellFunction,
  type CellModule,
  type CellOptions,
  type CellState,
  type CellWeights,
  type GateStates,
  type GRUOptions,
  type HiddenStates,
  type JANETOptions,
  type LSTMOptions,
  type LSTMState,
  type LSTMStates,
  type PeepholeOptions,
  type RecurrentOptions,
  type ReturnStates,
  type RNNCellOptions,
  type RNNOptions,
  type StatefulLayer,
  type StatefulResult,
  type ThirdResult,
  type UnrollOptions,
  type VariantOptions,
  type ZoneoutOptions,
} from './rnn';
export { Session, type SessionModel, type SessionOptions } from './session/session';
export { Sessions } from './session/sessions';
export {
  Decoder,
  Encoder,
  Seq2Seq,
  type Cell,
  type DecoderOptions,
  type DecoderState,
  type Decoding,
  type EncoderOptions,
  type Encoding,
  type RecurrentLayer,
  type RecurrentState,
  type Seq2SeqOptions,
  type TeacherOptions,
} from './seq2seq';
export * as utils from './utils';
