/** Random initializations. Each draws what PyTorch's draws, in its order, from the default generator or a given one. */
import { finite, nonNegative, number, optionsTable, probability, surplus } from '../../check';
import { drawFields, type DrawOptions } from '../../random/generator';
import { normal_ as drawNormal, uniform_ as drawUniform } from '../../random/inplace';
import { randperm } from '../../random/factories';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import {
  anyFanMode,
  anyNonlinearity,
  calculateGain,
  fanOf,
  fans,
  type FanMode,
  type Nonlinearity,
} from './fan';
import { fillBy, unrecorded } from './fill';

/** Options of the Xavier initializations. */
export interface GainOptions extends DrawOptions {
  /** Factor of the standard deviation: see `calculateGain`. Default: 1. */
  gain?: number;
}

/** Options of the Kaiming initializations. */
export interface KaimingOptions extends DrawOptions {
  /** Slope of the negative half, for leaky relu. Default: 0. */
  a?: number;
  /** Keep the variance forward (`fan_in`, default) or backward (`fan_out`). */
  mode?: FanMode;
  /** The nonlinearity after the layer. Default: `leaky_relu`. */
  nonlinearity?: Nonlinearity;
}

export const gainOptions = optionsTable<GainOptions, 'generator'>('init', {
  gain: finite.or(1),
  ...drawFields,
});

const kaimingOptions = optionsTable<KaimingOptions, 'generator'>('init', {
  a: number.or(0),
  mode: anyFanMode.or('fan_in'),
  nonlinearity: anyNonlinearity.or('leaky_relu'),
  ...drawFields,
});

/**
 * Fills `tensor` with numbers uniform in [a, b) and returns it (torch.nn.init.uniform_).
 * @param a default: 0
 * @param b default: 1
 * @throws TypeError unless it is a tensor of floats; RangeError when a is above b.
 * @example nn.init.uniform_(zeros([2, 3]), -0.1, 0.1)
 */
export function uniform_(
  tensor: Tensor,
  a: number = 0,
  b: number = 1,
  options?: DrawOptions,
): Tensor {
  if (arguments.length > 4) surplus('uniform_', arguments, 4, 'options');
  return unrecorded('uniform_', tensor, (x) => drawUniform(x, a, b, options));
}

/**
 * Fills `tensor` with normal numbers and returns it (torch.nn.init.normal_).
 * @param mean default: 0
 * @param std standard deviation; default: 1
 * @throws TypeError unless it is a tensor of floats; RangeError when std is negative.
 * @example nn.init.normal_(zeros([2, 3]), 0, 0.02)
 */
export function normal_(
  tensor: Tensor,
  mean: number = 0,
  std: number = 1,
  options?: DrawOptions,
): Tensor {
  if (arguments.length > 4) surplus('normal_', arguments, 4, 'options');
  return unrecorded('normal_', tensor, (x) => drawNormal(x, mean, std, options));
}

function xavierStd(operation: string, tensor: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(operation, tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Uniform in ±gain·√(6 / (fanIn + fanOut)): Glorot and Bengio 2010 (torch.nn.init.xavier_uniform_).
 * @throws TypeError for what is no tensor of floats or no option; RangeError for fewer than two dimensions.
 * @example nn.init.xavierUniform_(zeros([3, 2]), { gain: nn.init.calculateGain('tanh') })
 */
export function xavierUniform_(tensor: Tensor, options?: GainOptions): Tensor {
  if (arguments.length > 2) surplus('xavierUniform_', arguments, 2, 'options');
  const { gain, generator } = gainOptions.read(options, 'xavierUniform_');
  return unrecorded('xavierUniform_', tensor, (x) => {
    const bound = Math.sqrt(3) * xavierStd('xavierUniform_', x, gain);
    drawUniform(x, -bound, bound, { generator });
  });
}

/**
 * Normal with deviation gain·√(2 / (fanIn + fanOut)) (torch.nn.init.xavier_normal_).
 * @throws TypeError for what is no tensor of floats or no option; RangeError for fewer than two dimensions.
 * @example nn.init.xavierNormal_(zeros([3, 2]))
 */
export function xavierNormal_(tensor: Tensor, options?: GainOptions): Tensor {
  if (arguments.length > 2) surplus('xavierNormal_', arguments, 2, 'options');
  const { gain, generator } = gainOptions.read(options, 'xavierNormal_');
  return unrecorded('xavierNormal_', tensor, (x) => {
    drawNormal(x, 0, xavierStd('xavierNormal_', x, gain), { generator });
  });
}

type Kaiming = Pick<Required<KaimingOptions>, 'a' | 'mode' | 'nonlinearity'>;

function kaimingStd(
  operation: string,
  tensor: Tensor,
  { a, mode, nonlinearity }: Readonly<Kaiming>,
): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fanOf(operation, tensor, mode));
}

/**
 * Uniform in ±gain·√(3 / fan): He et al. 2015 (torch.nn.init.kaiming_uniform_). A tensor without elements
 * stays as it is.
 * @throws TypeError for what is no tensor of floats or no option; RangeError for fewer than two dimensions, an unknown
 * mode or nonlinearity.
 * @example nn.init.kaimingUniform_(zeros([3, 2]), { nonlinearity: 'relu' })
 */
export function kaimingUniform_(tensor: Tensor, options?: KaimingOptions): Tensor {
  if (arguments.length > 2) surplus('kaimingUniform_', arguments, 2, 'options');
  const { generator, ...kaiming } = kaimingOptions.read(options, 'kaimingUniform_');
  return unrecorded('kaimingUniform_', tensor, (x) => {
    if (x.numel === 0) return;
    const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', x, kaiming);
    drawUniform(x, -bound, bound, { generator });
  });
}

/**
 * Normal with deviation gain / √fan (torch.nn.init.kaiming_normal_). A tensor without elements stays as it is.
 * @throws TypeError for what is no tensor of floats or no option; RangeError for fewer than two dimensions, an unknown
 * mode or nonlinearity.
 * @example nn.init.kaimingNormal_(zeros([3, 2]), { mode: 'fan_out', nonlinearity: 'relu' })
 */
export function kaimingNormal_(tensor: Tensor, options?: KaimingOptions): Tensor {
  if (arguments.length > 2) surplus('kaimingNormal_', arguments, 2, 'options');
  const { generator, ...kaiming } = kaimingOptions.read(options, 'kaimingNormal_');
  return unrecorded('kaimingNormal_', tensor, (x) => {
    if (x.numel > 0) drawNormal(x, 0, kaimingStd('kaimingNormal_', x, kaiming), { generator });
  });
}

/** Options of `sparse_`. */
export interface SparseOptions extends DrawOptions {
  /** Standard deviation of the elements that are not 0. Default: 0.01. */
  std?: number;
}

const sparseOptions = optionsTable<SparseOptions, 'generator'>('sparse_', {
  std: nonNegative.or(0.01),
  ...drawFields,
});

/**
 * Normal with deviation `std`, then ⌈sparsity·rows⌉ elements of every column set to 0: Martens 2010
 * (torch.nn.init.sparse_).
 * @param sparsity fraction of a column that becomes 0, from 0 to 1
 * @throws TypeError for what is no tensor of floats or no option; RangeError unless `tensor` has 2 dimensions and
 * `sparsity` is in 0 … 1.
 * @example nn.init.sparse_(zeros([10, 4]), 0.5)
 */
export function sparse_(tensor: Tensor, sparsity: number, options?: SparseOptions): Tensor {
  if (arguments.length > 3) surplus('sparse_', arguments, 3, 'options');
  const { std, generator } = sparseOptions.read(options);
  probability.check('sparse_', 'sparsity', sparsity);
  unrecorded('sparse_', tensor, (x) => {
    if (x.ndim !== 2) {
      throw new RangeError(`sparse_: takes a matrix, got shape ${showShape(sizesOf(x))}`);
    }
    drawNormal(x, 0, std, { generator });
  });
  const values = tensor.toTypedArray();
  const [rows, columns] = sizesOf(tensor) as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  for (let column = 0; column < columns; column++) {
    // PyTorch takes the permutation from the default generator whatever `generator` is.
    const order = randperm(rows).toTypedArray();
    for (let i = 0; i < zeros; i++) values[order[i] * columns + column] = 0;
  }
  return fillBy('sparse_', tensor, (memory) => memory.set(values));
}
