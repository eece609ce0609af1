/** Draws of categories that gradients pass through: the Gumbel-softmax. */
import { boolean, calledAs, integer, optionsTable, positive, surplus } from '../../check';
import { softmax } from '../../ops/normalization/softmax';
import { checkFloat } from '../../ops/arguments/floating';
import { zerosLike } from '../../ops/creation/factories';
import { noGrad } from '../../autograd/mode';
import { drawFields, type DrawOptions } from '../../random/generator';
import { exponential_ } from '../../random/inplace';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions extends DrawOptions {
  /** The temperature τ: the smaller, the nearer to one-hot. Default: 1. */
  tau?: number;
  /** Whether the result is one-hot, with the gradients of the soft one. Default: false. */
  hard?: boolean;
  /** The dimension of the categories. Default: -1. */
  dim?: number;
}

const gumbelOptions = optionsTable<GumbelSoftmaxOptions, 'generator'>('gumbelSoftmax', {
  tau: positive.or(1),
  hard: boolean.or(false),
  dim: integer.or(-1),
  ...drawFields,
});

/**
 * softmax((logits + gᵢ) / τ) along `dim`, where g = −ln e and e is drawn from Exp(1) (torch.nn.functional.gumbel_softmax;
 * Jang, Gu, Poole 2017): the largest is each category with its probability softmax(logits). With `hard`, one-hot at the
 * largest, and the gradients are those of the soft result. The draws are PyTorch's on a CPU.
 * @throws TypeError for what is no tensor of floats or no option; RangeError when there is no such dimension.
 * @example nn.functional.gumbelSoftmax(tensor([0, 1, 2]), { hard: true }).sum().item() // 1
 */
export function gumbelSoftmax(logits: Tensor, options?: GumbelSoftmaxOptions): Tensor {
  if (arguments.length > 2) surplus('gumbelSoftmax', arguments, 2, 'options');
  const { tau, hard, dim, generator } = gumbelOptions.read(options);
  anyTensor.check('gumbelSoftmax', 'logits', logits);
  checkFloat('gumbelSoftmax', logits);
  return calledAs('gumbelSoftmax', () => {
    // Row by row, whatever the strides of the logits.
    const noise = noGrad(() =>
      exponential_(empty(sizesOf(logits), logits.dtype), 1, { generator })
        .log()
        .neg(),
    );
    const soft = softmax(logits.add(noise).div(tau), dim);
    if (!hard) return soft;
    const chosen = noGrad(() => soft.argmax(dim, { keepdim: true }));
    return zerosLike(soft).scatter(dim, chosen, 1).sub(soft.detach()).add(soft);
  });
}
