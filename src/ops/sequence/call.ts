/**
 * One layer of a sequence as its two kernels are given it: sizes, arrays with their strides, and what forward
 * keeps for backward. sequence.ts runs it forward, backward.ts backward.
 */
import type { SequenceBackward, SequenceForward } from '../../native/generated';
import { memoryAt, type Memory } from '../../native/kernels';
import { itemSize, type DType } from '../../tensor/dtype';
import type { Storage } from '../../tensor/storage';
import type { Tensor } from '../../tensor/tensor';
import { contiguous } from '../copying/clone';
import { stateSize, type CellSizes } from './cells';

/** The weights of one direction; null for what the layer does not have. */
export type DirectionWeights = readonly [
  weightIh: Tensor,
  weightHh: Tensor,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
  weightHr: Tensor | null,
];

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
  /** The names that the results' `gradFn` has. */
  readonly gradFnNames: readonly [out: string, state: string];
}

/** out, and the states after the last step, [directions, N, S] and (LSTM) [directions, N, H]. */
export type SequenceResult = [out: Tensor, hN: Tensor, cN: Tensor | null];

/** The strides of a [T, N, features] array. */
export interface Steps {
  readonly strideT: number;
  readonly strideN: number;
}

export const noSteps: Steps = { strideT: 0, strideN: 0 };

export function stepsOf(x: Tensor, options: SequenceOptions): Steps {
  if (options.batchSizes !== null) return { strideT: 0, strideN: x.elementStrides[0] };
  const [first, second] = x.elementStrides;
  return options.batchFirst
    ? { strideT: second, strideN: first }
    : { strideT: first, strideN: second };
}

// The kernels read features with stride 1; other strides are free.
export const denseFeatures = (x: Tensor): Tensor => {
  const last = x.ndim - 1;
  return x.elementStrides[last] === 1 || x.sizes[last] <= 1 ? x : contiguous(x);
};

/** Direction d of an array [directions, elements], of any rank. */
export const part = <M extends Memory | null>(
  x: M,
  d: number,
  elements: number,
  dtype: DType,
): Memory | M => (x === null ? x : memoryAt(x, d * elements * itemSize(dtype)));

/** What one direction's forward leaves for its backward. */
export interface Reserve {
  readonly gates: Storage | null;
  readonly cells: Storage | null;
  readonly projected: Storage | null;
}

/** A layer's call. One class for forward and backward, whose fields V8 finds without a search. */
export class LayerCall {
  /** What forward has kept, a direction each. */
  readonly reserves: Reserve[] = [];
  constructor(
    readonly input: Tensor,
    readonly h0: Tensor | null,
    readonly c0: Tensor | null,
    readonly weights: readonly DirectionWeights[],
    readonly options: SequenceOptions,
    readonly steps: number,
    readonly out: Tensor,
  ) {}

  /** Memory that goes back when backward has used it. */
  borrowed(): Storage[] {
    const found: Storage[] = [];
    for (const { gates, cells, projected } of this.reserves) {
      if (gates !== null) found.push(gates);
      if (cells !== null) found.push(cells);
      if (projected !== null) found.push(projected);
    }
    return found;
  }
}

/** The fields that forward and backward have in common. */
type LayerFields = Omit<
  Pick<SequenceForward, keyof SequenceForward & keyof SequenceBackward>,
  'gates' | 'cells' | 'projected'
>;

/**
 * The arguments that direction d of a layer passes to both kernels; each adds its own by a subclass. Classes, not spread objects: those have
 * no hidden class that V8 knows, so that each field is searched for.
 */
export class LayerArguments implements LayerFields {
  readonly steps: number;
  readonly batch: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly projSize: number;
  readonly reverse: boolean;
  readonly relu: boolean;
  readonly x: Memory;
  readonly xStrideT: number;
  readonly xStrideN: number;
  readonly h0: Memory | null;
  readonly c0: Memory | null;
  readonly weightIh: Memory;
  readonly weightHh: Memory;
  readonly weightHr: Memory | null;
  readonly batchSizes: Memory | null;
  readonly out: Memory;
  readonly outStrideT: number;
  readonly outStrideN: number;

  constructor({ input, h0, c0, weights, options, steps, out }: LayerCall, d: number) {
    const { sizes, batch } = options;
    const { dtype } = input;
    const [S, H] = [stateSize(sizes), sizes.hiddenSize];
    const xSteps = stepsOf(input, options);
    const outSteps = stepsOf(out, options);
    this.steps = steps;
    this.batch = batch;
    this.inputSize = sizes.inputSize;
    this.hiddenSize = H;
    this.projSize = sizes.projSize;
    this.reverse = d === 1;
    this.relu = options.relu;
    this.x = input;
    this.xStrideT = xSteps.strideT;
    this.xStrideN = xSteps.strideN;
    this.h0 = part(h0, d, batch * S, dtype);
    this.c0 = part(c0, d, batch * H, dtype);
    this.weightIh = weights[d][0];
    this.weightHh = weights[d][1];
    this.weightHr = weights[d][4];
    this.batchSizes = options.batchSizes;
    this.out = part(out, d, S, dtype);
    this.outStrideT = outSteps.strideT;
    this.outStrideN = outSteps.strideN;
  }
}
