/** Losses: the operations of ops/ under the names of torch.nn.functional. */
export {
  bceLoss as binaryCrossEntropy,
  bceWithLogits as binaryCrossEntropyWithLogits,
  crossEntropy,
  huberLoss,
  l1Loss,
  mseLoss,
  nllLoss,
  smoothL1Loss,
} from '../../ops';
