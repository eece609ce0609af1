/** `nn.utils.parametrizations`: parametrizations of weights. */
export { weightNorm } from './weight-norm';
