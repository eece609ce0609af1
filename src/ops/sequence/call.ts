/**
 * One layer of a sequence as its two kernels are given it: sizes, arrays with their strides, and what forward
 * keeps for backward. sequence.ts runs it forward, backward.ts backward.
 */
import { memoryAt, type Memory } from '../../native/memory';
import { itemSize, type DType } from '../../tensor/dtype';
import type { Storage } from '../../tensor/storage';
import { isTensor } from '../../tensor/rules';
import { elementStridesOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { dense } from '../kernels/copy';
import { emptyStepwise } from '../kernels/result';
import type { CellSizes } from './cells';

/** The weights of one direction; null for what the layer does not have. */
export type DirectionWeights = readonly [
  weightIh: Tensor,
  weightHh: Tensor,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
  weightHr: Tensor | null,
  weightCh: Tensor | null,
];
/** Their number. */
export const weightsEach = 6;

/** What one direction's call has beyond the plain cell's equations (native/kernels/sequence/variant.h). */
export interface DirectionVariant {
  /** [N, S]: what h is multiplied by before W_hh. */
  readonly recurrentMask: Tensor | null;
  /** How much of h and c before a step is kept: [T, N, H] or (packed) [R, H], or [H] for all steps and rows. */
  readonly zoneoutH: Tensor | null;
  readonly zoneoutC: Tensor | null;
}

export interface SequenceOptions {
  readonly sizes: CellSizes;
  /** x and out are [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;
  /** RNN only: relu instead of tanh. */
  readonly relu: boolean;
  /** For a packed sequence: how many rows are active at each step (int32). x and out are then [R, …]. */
  readonly batchSizes: Tensor | null;
  /** Rows of the state: N. */
  readonly batch: number;
  /** For each direction; null for the plain cell. */
  variants: readonly DirectionVariant[] | null;
  /** Whether the cell states of all steps are results too. */
  readonly returnsCells: boolean;
  /** Whether the gates of all steps are. */
  readonly returnsGates: boolean;
  /** The names that the results' `gradFn` has: that of out, and those of all others. */
  readonly gradFnNames: readonly [out: string, state: string];
}

/**
 * out, the states after the last step, [directions, N, S] and (LSTM) [directions, N, H], and, where they are asked for, the cell
 * states of all steps, [T, N, H] or (packed) [R, H] for each direction, and the gates as the kernels save them, [T, N, B · H] or
 * [R, B · H] with B blocks (cells.ts).
 */
export type SequenceResult = [
  out: Tensor,
  hN: Tensor,
  cN: Tensor | null,
  cells: readonly Tensor[],
  gates: readonly Tensor[],
];

/** The strides of a [T, N, features] array. */
export interface SequenceStrides {
  readonly strideT: number;
  readonly strideN: number;
}

export const noStrides: SequenceStrides = { strideT: 0, strideN: 0 };

export function stridesOf(x: Tensor, options: SequenceOptions): SequenceStrides {
  if (options.batchSizes !== null) return { strideT: 0, strideN: elementStridesOf(x)[0] };
  const [first, second] = elementStridesOf(x);
  return options.batchFirst
    ? { strideT: second, strideN: first }
    : { strideT: first, strideN: second };
}

// The kernels read features with stride 1; other strides are free.
export const denseFeatures = (x: Tensor): Tensor => {
  const last = x.ndim - 1;
  return elementStridesOf(x)[last] === 1 || sizesOf(x)[last] <= 1 ? x : dense(x);
};

/**
 * An output of all steps, with x's first dimensions. Its memory is [T, N, features] also where its shape is [N, T, features],
 * as PyTorch's is: what is drawn for it, a mask of dropout, is the same in both layouts.
 */
export function emptyOutput(x: Tensor, options: SequenceOptions, features: number): Tensor {
  const { dtype } = x;
  const [first, second] = sizesOf(x);
  if (options.batchSizes !== null) return empty([first, features], dtype);
  const shape = [first, second, features];
  return options.batchFirst ? emptyStepwise(shape, dtype) : empty(shape, dtype);
}

/** Memory of all steps, in the kernels' order: [T, N, features], or (packed) [R, features]. */
export function emptySteps(x: Tensor, options: SequenceOptions, features: number): Tensor {
  const { batchFirst, batchSizes, batch } = options;
  const shape = batchSizes !== null ? [sizesOf(x)[0]] : [sizesOf(x)[batchFirst ? 1 : 0], batch];
  return empty([...shape, features], x.dtype);
}

/** Direction d of an array [directions, elements], of any rank. */
export const part = <M extends Memory | null>(
  x: M,
  d: number,
  elements: number,
  dtype: DType,
): Memory | M => (x === null ? x : memoryAt(x, d * elements * itemSize(dtype)));

/** What one direction's forward leaves for its backward. Cell states and gates that are results are tensors. */
export interface Reserve {
  readonly gates: Storage | Tensor | null;
  readonly cells: Storage | Tensor | null;
  readonly projected: Storage | null;
  /** h · recurrentMask of all steps, and h0's. */
  readonly recurrent: Storage | null;
  readonly recurrentH0: Tensor | null;
}

/** Elements between two rows of zoneout: 0 where one is for all. */
export const zoneoutStride = (variant: DirectionVariant | null, H: number): number =>
  (variant?.zoneoutH ?? variant?.zoneoutC ?? null)?.ndim === 1 ? 0 : H;

/** A layer's call: what forward was given and has kept. */
export interface LayerCall {
  readonly input: Tensor;
  readonly inputStrides: SequenceStrides;
  readonly h0: Tensor | null;
  readonly c0: Tensor | null;
  readonly weights: readonly DirectionWeights[];
  readonly options: SequenceOptions;
  readonly steps: number;
  readonly out: Tensor;
  readonly outStrides: SequenceStrides;
  /** A direction each. */
  readonly reserves: readonly Reserve[];
}

const acquiredIn = ({ gates, cells, projected, recurrent }: Reserve): (Storage | null)[] => [
  isTensor(gates) ? null : gates,
  isTensor(cells) ? null : cells,
  projected,
  recurrent,
];

/** Memory that is released when backward has used it. */
export const acquiredBy = (reserves: readonly Reserve[]): (Storage | null)[] =>
  reserves.length === 1 ? acquiredIn(reserves[0]) : reserves.flatMap(acquiredIn);
