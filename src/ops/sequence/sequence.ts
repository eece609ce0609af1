/**
 * A recurrent layer over a whole sequence, one kernel call for each direction, forward and backward
 * (native/kernels/sequence). The equations stand in the cells' headers there, and readable in nn/rnn/steps.ts.
 *
 * Saves the activated gates and cell states in borrowed memory, which goes back as soon as backward has used it.
 * The gradient itself cannot be differentiated again: the kernels are opaque to the graph.
 */
import { isGradEnabled } from '../../autograd/mode';
import { needsGrad, recordMany, save, type Gradients, type Node } from '../../autograd/node';
import { args } from '../../native/kernels';
import { itemSize } from '../../tensor/dtype';
import { borrow, giveBack, type Storage } from '../../tensor/storage';
import { empty, type Tensor } from '../../tensor/tensor';
import { add } from '../add';
import { contiguous } from '../clone';
import { pick } from '../elementwise';
import {
  cells,
  packedLength,
  stateSize,
  workspaceLength,
  type Cell,
  type CellKind,
  type CellSizes,
} from './cells';
import { cachedPacked, cachePacked, dropPacked } from './packed-cache';

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

/** How a [T, N, features] array lies in memory. */
interface Steps {
  readonly strideT: number;
  readonly strideN: number;
}

function stepsOf(x: Tensor, options: SequenceOptions): Steps {
  if (options.batchSizes !== null) return { strideT: 0, strideN: x.strides[0] };
  const [first, second] = x.strides;
  return options.batchFirst
    ? { strideT: second, strideN: first }
    : { strideT: first, strideN: second };
}

// The kernels read features with stride 1; other strides are free.
const denseFeatures = (x: Tensor): Tensor => {
  const last = x.ndim - 1;
  return x.strides[last] === 1 || x.shape[last] <= 1 ? x : contiguous(x);
};

const addressOr0 = (x: Tensor | null): number => (x === null ? 0 : x.address);
const storageOr0 = (x: Storage | null): number => (x === null ? 0 : x.address);

/** What one direction's forward leaves for its backward. */
interface Reserve {
  readonly gates: Storage | null;
  readonly cells: Storage | null;
  readonly projected: Storage | null;
}

function borrowedBy(reserves: readonly Reserve[]): Storage[] {
  const found: Storage[] = [];
  for (const { gates, cells: states, projected } of reserves) {
    if (gates !== null) found.push(gates);
    if (states !== null) found.push(states);
    if (projected !== null) found.push(projected);
  }
  return found;
}

/** What forward and backward are given alike. */
interface LayerCall {
  readonly input: Tensor;
  readonly h0: Tensor | null;
  readonly c0: Tensor | null;
  readonly weights: readonly DirectionWeights[];
  readonly options: SequenceOptions;
  readonly steps: number;
}

// The first fourteen arguments, the same for both kernels.
function putLayer({ input, h0, c0, weights, options, steps }: LayerCall, d: number): void {
  const { sizes, batch } = options;
  const [S, H] = [stateSize(sizes), sizes.hiddenSize];
  const bytes = itemSize(input.dtype);
  const xSteps = stepsOf(input, options);
  args[0] = steps;
  args[1] = batch;
  args[2] = sizes.inputSize;
  args[3] = H;
  args[4] = sizes.projSize;
  args[5] = d;
  args[6] = options.relu ? 1 : 0;
  args[7] = input.address;
  args[8] = xSteps.strideT;
  args[9] = xSteps.strideN;
  args[10] = h0 === null ? 0 : h0.address + d * batch * S * bytes;
  args[11] = c0 === null ? 0 : c0.address + d * batch * H * bytes;
  args[12] = weights[d][0].address;
  args[13] = weights[d][1].address;
}

/**
 * Runs one layer. All shapes and types have been checked.
 * @param weights one entry for a single direction, two for both
 * @param h0 [directions, N, S], contiguous; null for zeros
 * @param c0 [directions, N, H], contiguous; null for zeros
 */
export function sequence(
  kind: CellKind,
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  weights: readonly DirectionWeights[],
  options: SequenceOptions,
): SequenceResult {
  const cell = cells[kind];
  const { sizes, batch, batchSizes } = options;
  const { dtype } = x;
  const bytes = itemSize(dtype);
  const [S, H] = [stateSize(sizes), sizes.hiddenSize];
  const directions = weights.length;
  const input = denseFeatures(x);
  const pairs = batchSizes !== null ? x.shape[0] : x.shape[0] * x.shape[1];
  const steps = batchSizes !== null ? batchSizes.numel : x.shape[options.batchFirst ? 1 : 0];

  const inputs: (Tensor | null)[] = [x, h0, c0];
  for (const direction of weights) inputs.push(...direction);
  const training = needsGrad(...inputs);

  const outShape = x.shape.slice();
  outShape[outShape.length - 1] = directions * S;
  const out = empty(outShape, dtype);
  const hN = empty([directions, batch, S], dtype);
  const cN = cell.hasCellState ? empty([directions, batch, H], dtype) : null;
  const run = pick(cell.name, cell.forward, dtype);
  const layer: LayerCall = { input, h0, c0, weights, options, steps };
  const outSteps = stepsOf(out, options);
  const reserves: Reserve[] = [];

  for (let d = 0; d < directions; d++) {
    const [weightIh, , biasIh, biasHh, weightHr] = weights[d];
    const packedBytes = packedLength(cell, sizes, dtype) * bytes;
    if (training) dropPacked(weightIh);
    const cached = training ? null : cachedPacked(weights[d]);
    const packed =
      cached ?? (training ? borrow(packedBytes) : cachePacked(weights[d], packedBytes));
    const reserve: Reserve = {
      gates: training && cell.savesGates ? borrow(pairs * cell.blocks * H * bytes) : null,
      cells: training && cell.hasCellState ? borrow(pairs * H * bytes) : null,
      projected: sizes.projSize > 0 ? borrow((training ? pairs : batch) * H * bytes) : null,
    };
    putLayer(layer, d);
    args[14] = addressOr0(biasIh);
    args[15] = addressOr0(biasHh);
    args[16] = addressOr0(weightHr);
    args[17] = addressOr0(batchSizes);
    args[18] = out.address + d * S * bytes;
    args[19] = outSteps.strideT;
    args[20] = outSteps.strideN;
    args[21] = hN.address + d * batch * S * bytes;
    args[22] = cN === null ? 0 : cN.address + d * batch * H * bytes;
    args[23] = training ? 1 : 0;
    args[24] = storageOr0(reserve.gates);
    args[25] = storageOr0(reserve.cells);
    args[26] = storageOr0(reserve.projected);
    args[27] = packed.address;
    args[28] = cached === null ? 0 : 1;
    run();
    if (training) {
      giveBack(packed);
      reserves.push(reserve);
    } else if (reserve.projected !== null) giveBack(reserve.projected);
  }

  if (training) {
    const saved = [input, out, h0, c0, ...weights.flat()].map((w) => w && save(cell.name, w));
    const outs = cN === null ? [out, hN] : [out, hN, cN];
    const node = recordMany(options.gradFnNames[0], inputs, outs, (grads, self) => {
      if (isGradEnabled()) {
        throw new Error(
          `backward: the fused ${cell.name} cannot be differentiated twice (createGraph); build it from the step functions of nn.functional, which are primitive operations`,
        );
      }
      for (const one of saved) one?.get();
      return sequenceBackward(cell, { ...layer, out, reserves }, grads, self);
    });
    if (node !== null) {
      node.outputNames = [options.gradFnNames[0], options.gradFnNames[1], options.gradFnNames[1]];
      node.borrowed = borrowedBy(reserves);
    }
  }
  return [out, hN, cN];
}

interface SavedSequence extends LayerCall {
  readonly out: Tensor;
  readonly reserves: readonly Reserve[];
}

function sequenceBackward(
  cell: Cell,
  saved: SavedSequence,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const { input, out, h0, c0, weights, options, reserves } = saved;
  const { sizes, batch, batchSizes } = options;
  const { dtype } = input;
  const bytes = itemSize(dtype);
  const [S, H] = [stateSize(sizes), sizes.hiddenSize];
  const directions = weights.length;
  const pairs = batchSizes !== null ? input.shape[0] : input.shape[0] * input.shape[1];
  const gradOut = grads[0] === null ? null : denseFeatures(grads[0]);
  const gradHN = grads[1] === null ? null : contiguous(grads[1]);
  const gradCN = grads[2] ? contiguous(grads[2]) : null;
  const gradH0 = h0 !== null && node.needs(1) ? empty(h0.shape, dtype) : null;
  const gradC0 = c0 !== null && node.needs(2) ? empty(c0.shape, dtype) : null;
  const run = pick(cell.name, cell.backward, dtype);
  const outSteps = stepsOf(out, options);
  const gradOutSteps = gradOut === null ? null : stepsOf(gradOut, options);
  const workspace = borrow(workspaceLength(cell, sizes, dtype) * bytes);
  const results: (Tensor | null)[] = [null, gradH0, gradC0];

  for (let d = 0; d < directions; d++) {
    const weightHr = weights[d][4];
    const { gates, cells: cellStates, projected } = reserves[d];
    // What nobody reads again may be overwritten.
    const dGates =
      gates !== null && !node.retained ? gates : borrow(pairs * cell.blocks * H * bytes);
    const dProjected = sizes.projSize > 0 ? borrow(pairs * sizes.projSize * bytes) : null;
    const gradX = node.needs(0) ? empty(input.shape, dtype) : null;
    const first = 3 + d * 5;
    const gradWeights = weights[d].map((w, i) =>
      w !== null && node.needs(first + i) ? empty(w.shape, dtype) : null,
    );
    const gradXSteps = gradX === null ? null : stepsOf(gradX, options);
    putLayer(saved, d);
    args[14] = addressOr0(weightHr);
    args[15] = addressOr0(batchSizes);
    args[16] = out.address + d * S * bytes;
    args[17] = outSteps.strideT;
    args[18] = outSteps.strideN;
    args[19] = storageOr0(gates);
    args[20] = storageOr0(cellStates);
    args[21] = storageOr0(projected);
    args[22] = gradOut === null ? 0 : gradOut.address + d * S * bytes;
    args[23] = gradOutSteps === null ? 0 : gradOutSteps.strideT;
    args[24] = gradOutSteps === null ? 0 : gradOutSteps.strideN;
    args[25] = gradHN === null ? 0 : gradHN.address + d * batch * S * bytes;
    args[26] = gradCN === null ? 0 : gradCN.address + d * batch * H * bytes;
    args[27] = dGates.address;
    args[28] = storageOr0(dProjected);
    args[29] = workspace.address;
    args[30] = addressOr0(gradX);
    args[31] = gradXSteps === null ? 0 : gradXSteps.strideT;
    args[32] = gradXSteps === null ? 0 : gradXSteps.strideN;
    args[33] = gradH0 === null ? 0 : gradH0.address + d * batch * S * bytes;
    args[34] = gradC0 === null ? 0 : gradC0.address + d * batch * H * bytes;
    args[35] = addressOr0(gradWeights[0]);
    args[36] = addressOr0(gradWeights[1]);
    args[37] = addressOr0(gradWeights[2]);
    args[38] = addressOr0(gradWeights[3]);
    args[39] = addressOr0(gradWeights[4]);
    run();
    if (dGates !== gates) giveBack(dGates);
    if (dProjected !== null) giveBack(dProjected);
    if (gradX !== null) results[0] = results[0] === null ? gradX : add(results[0], gradX);
    results.push(...gradWeights);
  }
  giveBack(workspace);
  return results;
}
