/** `nn.utils.parametrize`: tensors of modules that are computed of others. */
export { cached } from './cached';
export { ParametrizationList, type Parametrization, type ParametrizationOptions } from './list';
export {
  isParametrized,
  registerParametrization,
  removeParametrizations,
  type RemoveParametrizationsOptions,
} from './register';
