/** Random initializations. Each draws what PyTorch's draws, in its order, from the default generator or a given one. */
import {
  normal_ as drawNormal,
  uniform_ as drawUniform,
  type DrawOptions,
} from '../../random/inplace';
import { randperm } from '../../random/factories';
import { showShape } from '../../tensor/shape';
import type { Tensor } from '../../tensor/tensor';
import { calculateGain, fanOf, fans, type FanMode, type Nonlinearity } from './fan';
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
  /** What follows the layer. Default: `leaky_relu`. */
  nonlinearity?: Nonlinearity;
}

/** Fills `tensor` with numbers uniform in [a, b) (torch.nn.init.uniform_). */
export const uniform_ = (tensor: Tensor, a = 0, b = 1, options: DrawOptions = {}): Tensor =>
  unrecorded('uniform_', tensor, (x) => drawUniform(x, a, b, options));

/** Fills `tensor` with normal numbers (torch.nn.init.normal_). */
export const normal_ = (tensor: Tensor, mean = 0, std = 1, options: DrawOptions = {}): Tensor =>
  unrecorded('normal_', tensor, (x) => drawNormal(x, mean, std, options));

function xavierStd(operation: string, tensor: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(operation, tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Uniform in ±gain·√(6 / (fanIn + fanOut)): Glorot and Bengio 2010 (torch.nn.init.xavier_uniform_).
 * @throws RangeError for fewer than two dimensions.
 * @example nn.init.xavierUniform_(layer.weight, { gain: nn.init.calculateGain('tanh') })
 */
export function xavierUniform_(tensor: Tensor, options: GainOptions = {}): Tensor {
  return unrecorded('xavierUniform_', tensor, (x) => {
    const bound = Math.sqrt(3) * xavierStd('xavierUniform_', x, options.gain ?? 1);
    drawUniform(x, -bound, bound, options);
  });
}

/**
 * Normal with deviation gain·√(2 / (fanIn + fanOut)) (torch.nn.init.xavier_normal_).
 * @throws RangeError for fewer than two dimensions.
 */
export function xavierNormal_(tensor: Tensor, options: GainOptions = {}): Tensor {
  return unrecorded('xavierNormal_', tensor, (x) => {
    drawNormal(x, 0, xavierStd('xavierNormal_', x, options.gain ?? 1), options);
  });
}

function kaimingStd(operation: string, tensor: Tensor, options: KaimingOptions): number {
  const { a = 0, mode = 'fan_in', nonlinearity = 'leaky_relu' } = options;
  return calculateGain(nonlinearity, a) / Math.sqrt(fanOf(operation, tensor, mode));
}

/**
 * Uniform in ±gain·√(3 / fan): He et al. 2015 (torch.nn.init.kaiming_uniform_). A tensor without elements
 * stays as it is.
 * @throws RangeError for fewer than two dimensions, an unknown mode or nonlinearity.
 * @example nn.init.kaimingUniform_(layer.weight, { nonlinearity: 'relu' })
 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return unrecorded('kaimingUniform_', tensor, (x) => {
    if (x.numel === 0) return;
    const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', x, options);
    drawUniform(x, -bound, bound, options);
  });
}

/**
 * Normal with deviation gain / √fan (torch.nn.init.kaiming_normal_). A tensor without elements stays as it is.
 * @throws RangeError for fewer than two dimensions, an unknown mode or nonlinearity.
 */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return unrecorded('kaimingNormal_', tensor, (x) => {
    if (x.numel > 0) drawNormal(x, 0, kaimingStd('kaimingNormal_', x, options), options);
  });
}

/**
 * Normal with deviation `std`, then ⌈sparsity·rows⌉ elements of every column set to 0: Martens 2010
 * (torch.nn.init.sparse_).
 * @throws RangeError unless `tensor` has 2 dimensions and `sparsity` lies in 0 … 1.
 */
export function sparse_(
  tensor: Tensor,
  sparsity: number,
  { std = 0.01, generator }: DrawOptions & { std?: number } = {},
): Tensor {
  unrecorded('sparse_', tensor, (x) => {
    if (x.ndim !== 2) {
      throw new RangeError(`sparse_: takes a matrix, got shape ${showShape(x.shape)}`);
    }
    if (!(sparsity >= 0 && sparsity <= 1)) {
      throw new RangeError(`sparse_: sparsity must lie in 0 … 1, got ${sparsity}`);
    }
    drawNormal(x, 0, std, { generator });
  });
  const values = tensor.toTypedArray();
  const [rows, columns] = tensor.shape as [number, number];
  const zeros = Math.ceil(sparsity * rows);
  for (let column = 0; column < columns; column++) {
    // PyTorch takes the permutation from the default generator whatever `generator` is.
    const order = randperm(rows).toTypedArray();
    for (let i = 0; i < zeros; i++) values[order[i] * columns + column] = 0;
  }
  return fillBy('sparse_', tensor, (memory) => memory.set(values));
}
