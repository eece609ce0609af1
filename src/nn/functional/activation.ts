/** Activations: the operations of ops/ under the names of torch.nn.functional. */
export * from '../../ops/elementwise/activation';
export { logSoftmax, relu, sigmoid, softmax, tanh } from '../../ops';
