/** `nn.init`: initializations that change a tensor in place and return it, without recording. */
export { constant_, dirac_, eye_, ones_, zeros_, type DiracOptions } from './constant';
export { calculateGain, type FanMode, type Nonlinearity } from './fan';
export { orthogonal_ } from './orthogonal';
export {
  kaimingNormal_,
  kaimingUniform_,
  normal_,
  sparse_,
  uniform_,
  xavierNormal_,
  xavierUniform_,
  type GainOptions,
  type KaimingOptions,
  type SparseOptions,
} from './random';
export { truncNormal_, type TruncatedOptions } from './truncated';
