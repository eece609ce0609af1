/** Recurrent layers and cells. */
export { RecurrentBase, type RecurrentOptions } from './base';
export {
  GRUCell,
  JANETCell,
  LSTMCell,
  RNNCell,
  type CellOptions,
  type RNNCellOptions,
} from './cells';
export { GRU, type GRUOptions } from './gru';
export { JANET, type JANETOptions } from './janet';
export { LSTM, type LSTMOptions, type LSTMState } from './lstm';
export {
  Recurrent,
  type CellFunction,
  type CellModule,
  type CellState,
  type UnrollOptions,
} from './recurrent';
export { RNN, type RNNOptions } from './rnn';
export { Stateful, type StatefulLayer, type StatefulResult } from './stateful';
export { gruStep, janetStep, lstmStep, rnnStep, type CellWeights } from './steps';
export type {
  GateStates,
  HiddenStates,
  LSTMStates,
  PeepholeOptions,
  ReturnStates,
  ThirdResult,
  VariantOptions,
  ZoneoutOptions,
} from './variants';
