/** Activations: the operations of ops/ under the names of torch.nn.functional. */
export {
  elu,
  gelu,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from '../../ops';
