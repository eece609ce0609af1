/** Dropout, with m drawn, 0 with probability p and else 1: y = x·f + s, dx = g·f, where f is m / (1 − p) or a·m. Saves f. */
import { boolean, optionsTable, probability, surplus } from '../../check';
import { fullLike } from '../../ops/creation/factories';
import { add, add_, div_, mul, mul_ } from '../../ops/elementwise/arithmetic';
import { inplaceFields, type InplaceOptions } from '../../ops/elementwise/inplace-option';
import { bernoulli_ } from '../../random/bernoulli';
import { emptyAs } from '../../ops/kernels/result';
import { drawFields, type DrawOptions } from '../../random/generator';
import { isFloat } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';

/** Options of `dropout` and `dropout1d`. */
export interface DropoutOptions extends DrawOptions, InplaceOptions {
  /** Whether to drop at all. Default: true. */
  training?: boolean;
}

/** Options of `alphaDropout`. */
export interface AlphaDropoutOptions extends DrawOptions, InplaceOptions {
  /** Whether to drop at all. Default: false. */
  training?: boolean;
}

const dropoutOptions = optionsTable<DropoutOptions, 'generator'>('dropout', {
  training: boolean.or(true),
  ...inplaceFields,
  ...drawFields,
});

const alphaDropoutOptions = optionsTable<AlphaDropoutOptions, 'generator'>('alphaDropout', {
  training: boolean.or(false),
  ...inplaceFields,
  ...drawFields,
});

type Read = ReturnType<typeof dropoutOptions.read>;

/** What is dropped: `noise` is 0 and 1, of a shape that broadcasts to the input's, and may be written to. */
interface Kind {
  readonly noise: (input: Tensor) => Tensor;
  readonly apply: (input: Tensor, noise: Tensor, inplace: boolean) => Tensor;
}

function drop(operation: string, input: Tensor, p: number, read: Read, kind: Kind): Tensor {
  const { training, inplace, generator } = read;
  probability.check(operation, 'p', p);
  if (!training || p === 0 || input.numel === 0) return input;
  if (p === 1) return (inplace ? mul_ : mul)(input, fullLike(input, 0));
  if (!isFloat(input.dtype)) {
    throw new TypeError(`${operation}: takes float tensors, got ${input.dtype}`);
  }
  return kind.apply(input, bernoulli_(kind.noise(input), 1 - p, { generator }), inplace);
}

const scaled =
  (p: number): Kind['apply'] =>
  (input, noise, inplace) =>
    (inplace ? mul_ : mul)(input, div_(noise, 1 - p));

/**
 * Sets elements to 0 with probability `p` and multiplies the others by 1 / (1 − p), while `training`
 * (torch.nn.functional.dropout). The mask is what PyTorch draws on a CPU.
 * @param p default: 0.5
 * @throws RangeError unless 0 ≤ p ≤ 1; TypeError when elements are drawn for an input that is not of floats; Error with
 * `inplace` on a leaf that requires gradients.
 * @example nn.functional.dropout(ones([4]), 0.2, { training: false }) // [1, 1, 1, 1]
 */
export function dropout(input: Tensor, p: number = 0.5, options?: DropoutOptions): Tensor {
  if (arguments.length > 3) surplus('dropout', arguments, 3, 'options');
  const read = dropoutOptions.read(options);
  anyTensor.check('dropout', 'input', input);
  return drop('dropout', input, p, read, { noise: emptyAs, apply: scaled(p) });
}

/**
 * Sets whole channels, the rows of [C, L] or [N, C, L], to 0 with probability `p` and multiplies the others by 1 / (1 − p), while
 * `training` (torch.nn.functional.dropout1d). The mask is what PyTorch draws on a CPU.
 * @param p default: 0.5
 * @throws RangeError unless 0 ≤ p ≤ 1 and the input has two or three dimensions; TypeError when channels are drawn for an input that is
 * not of floats; Error with `inplace` on a leaf that requires gradients.
 * @example nn.functional.dropout1d(ones([2, 3]), 0.2, { training: false }) // [[1, 1, 1], [1, 1, 1]]
 */
export function dropout1d(input: Tensor, p: number = 0.5, options?: DropoutOptions): Tensor {
  if (arguments.length > 3) surplus('dropout1d', arguments, 3, 'options');
  const read = dropoutOptions.read(options, 'dropout1d');
  anyTensor.check('dropout1d', 'input', input);
  if (input.ndim !== 2 && input.ndim !== 3) {
    throw new RangeError(
      `dropout1d: input must be [C, L] or [N, C, L], got shape ${showShape(sizesOf(input))}`,
    );
  }
  const channels = [...sizesOf(input).slice(0, -1), 1];
  return drop('dropout1d', input, p, read, {
    noise: ({ dtype }) => empty(channels, dtype),
    apply: scaled(p),
  });
}

// λ·α of SELU, whose negative elements tend to −λ·α.
const alpha = 1.7580993408473766;

/**
 * Dropout for `selu`, which keeps mean 0 and variance 1 of its input (torch.nn.functional.alpha_dropout; Klambauer et al. 2017,
 * arXiv:1706.02515): with m drawn, 0 with probability `p` and else 1, and α = 1.7581,
 *
 *     y = a·(x·m − α·(1 − m)) + a·α·p,   a = 1 / √((α²·p + 1)·(1 − p))
 *
 * while `training`. The mask is what PyTorch draws on a CPU.
 * @param p default: 0.5
 * @throws RangeError unless 0 ≤ p ≤ 1; TypeError when elements are drawn for an input that is not of floats; Error with
 * `inplace` on a leaf that requires gradients.
 * @example nn.functional.alphaDropout(ones([4]), 0.2) // [1, 1, 1, 1]: not in training
 */
export function alphaDropout(
  input: Tensor,
  p: number = 0.5,
  options?: AlphaDropoutOptions,
): Tensor {
  if (arguments.length > 3) surplus('alphaDropout', arguments, 3, 'options');
  const read = alphaDropoutOptions.read(options);
  anyTensor.check('alphaDropout', 'input', input);
  return drop('alphaDropout', input, p, read, {
    noise: emptyAs,
    apply: (x, noise, inplace) => {
      const a = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
      const shift = add(noise, -1);
      add_(mul_(shift, alpha * a), alpha * a * p);
      const kept = (inplace ? mul_ : mul)(x, mul_(noise, a));
      return inplace ? add_(kept, shift) : add(kept, shift);
    },
  });
}
