/**
 * A recurrent layer with layer normalization (Ba, Kiros and Hinton 2016, arXiv:1607.06450). What x adds to the gates is a
 * product and a layerNorm over all steps; the rest is one kernel call for each direction
 * (native/kernels/sequence/normalized.h has the equations, normalized-twin.ts the readable reference).
 */
import { isGradEnabled } from '../../autograd/mode';
import { needsGrad, save, type Gradients, type Node } from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { recordTuple } from '../../autograd/tuple';
import { runNormalizedBackward, runNormalizedForward } from '../../native/calls';
import { family } from '../../native/families';
import { constants } from '../../native/instance';
import { itemSize } from '../../tensor/dtype';
import { acquire, release, type Storage } from '../../tensor/storage';
import { isTensor } from '../../tensor/rules';
import { empty, type Tensor } from '../../tensor/tensor';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { cat, stack } from '../joining/cat';
import { linear } from '../matmul/linear';
import { dropPacked, packedWeight } from '../matmul/packed-weight';
import { layerNorm } from '../normalization/layer-norm';
import { sum } from '../reduce/sum';
import { transpose } from '../view/permute';
import { select } from '../view/select';
import { cells } from './cells';
import {
  denseFeatures,
  emptySteps,
  noStrides,
  stridesOf,
  type SequenceOptions,
  type SequenceResult,
} from './call';
import {
  primitiveNormalized,
  type NormalizedInputs,
  type NormalizedKind,
  type NormalizedResult,
} from './normalized-twin';

/** The weights of one direction; null for what it does not have. */
export interface NormalizedWeights {
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
  /** [G · H]. */
  readonly gainIh: Tensor;
  readonly gainHh: Tensor;
  /** [H], of the LSTM. */
  readonly gainC: Tensor | null;
  readonly biasC: Tensor | null;
}

const kernels = {
  lstm: {
    forward: family('normalized_lstm_forward'),
    backward: family('normalized_lstm_backward'),
  },
  gru: {
    forward: family('normalized_gru_forward'),
    backward: family('normalized_gru_backward'),
  },
};

const { eps } = constants.normalized;
// Doubles of each row's statistics, as the kernels keep them.
const statisticsBytes = 3 * 8;

/** The next multiple of a vector's elements. */
function wholeVectors(n: number, bytes: number): number {
  const lanes = constants.work.vectorBytes / bytes;
  return Math.ceil(n / lanes) * lanes;
}

interface Kept {
  readonly steps: number;
  readonly reverse: boolean;
  readonly pairs: number;
  readonly out: Tensor;
  readonly normalized: Storage;
  readonly gates: Storage;
  readonly cellStates: Storage | Tensor | null;
  readonly statistics: Storage;
}

/** One direction. All shapes and types have been checked. */
function direction(
  kind: NormalizedKind,
  inputs: NormalizedInputs,
  options: SequenceOptions,
  reverse: boolean,
): NormalizedResult {
  const cell = cells[kind];
  const [given, h0, c0, weightHh, gainHh, biasHh, gainC, biasC] = inputs;
  const { sizes, batch, batchSizes, batchFirst } = options;
  const { dtype } = given;
  const bytes = itemSize(dtype);
  const H = sizes.hiddenSize;
  const GH = cell.gates * H;
  const ld = wholeVectors(GH, bytes);
  const ofX = denseFeatures(given);
  const pairs = batchSizes !== null ? ofX.sizes[0] : ofX.sizes[0] * ofX.sizes[1];
  const steps = batchSizes !== null ? batchSizes.numel : ofX.sizes[batchFirst ? 1 : 0];
  const training = needsGrad(inputs);

  const outShape = ofX.sizes.slice();
  outShape[outShape.length - 1] = H;
  const out = empty(outShape, dtype);
  const hN = empty([batch, H], dtype);
  const cN = cell.hasCellState ? empty([batch, H], dtype) : null;
  const returned = cell.hasCellState && options.returnsCells ? emptySteps(ofX, options, H) : null;
  const kept: Kept | null = training
    ? {
        steps,
        reverse,
        pairs,
        out,
        normalized: acquire(pairs * GH * bytes),
        gates: acquire(pairs * GH * bytes),
        cellStates: returned ?? (cell.hasCellState ? acquire(pairs * H * bytes) : null),
        statistics: acquire(pairs * statisticsBytes),
      }
    : null;
  if (training) dropPacked('sequence', weightHh);
  const packedBytes = ld * H * bytes;
  const panels = training ? null : packedWeight('sequence', [weightHh], 'cell');
  const packedReady = panels !== null && panels.packed !== null;
  const packed =
    panels === null ? acquire(packedBytes) : (panels.packed ?? panels.allocate(packedBytes));
  const products = acquire(batch * ld * bytes);
  const ofXStrides = stridesOf(ofX, options);
  const outStrides = stridesOf(out, options);
  runNormalizedForward(pick(cell.name, kernels[kind].forward, dtype), {
    steps,
    batch,
    hiddenSize: H,
    reverse,
    ofX,
    ofXStrideT: ofXStrides.strideT,
    ofXStrideN: ofXStrides.strideN,
    h0,
    c0,
    weightHh,
    gainHh,
    biasHh,
    gainC,
    biasC,
    batchSizes,
    out,
    outStrideT: outStrides.strideT,
    outStrideN: outStrides.strideN,
    hN,
    cN,
    normalized: kept && kept.normalized,
    gates: kept && kept.gates,
    cells: kept === null ? returned : kept.cellStates,
    statistics: kept && kept.statistics,
    packed,
    packedReady,
    products,
  });
  release(products);
  if (panels === null) release(packed);
  if (kept !== null) record(kind, inputs, options, kept, [out, hN, cN, returned]);
  return [out, hN, cN, returned];
}

function record(
  kind: NormalizedKind,
  inputs: NormalizedInputs,
  options: SequenceOptions,
  kept: Kept,
  results: NormalizedResult,
): void {
  const { name } = cells[kind];
  const saved = [...inputs.slice(1), options.batchSizes, ...results].filter(isTensor);
  const checks = saved.map((one) => save(name, one));
  const outs = results.filter(isTensor);
  const [first, others] = options.gradFnNames;
  const node = recordTuple(
    first,
    inputs,
    outs,
    (grads, self) => {
      for (const check of checks) check.get();
      return isGradEnabled()
        ? recompute(self, inputs, [], grads, (all) =>
            primitiveNormalized(kind, all, options, kept.reverse).filter(isTensor),
          )
        : backward(kind, inputs, options, kept, grads, self);
    },
    outs.map((_, i) => (i === 0 ? first : others)),
  );
  if (node === null) return;
  const { normalized, gates, cellStates, statistics } = kept;
  const own = cellStates === null || isTensor(cellStates) ? [] : [cellStates];
  node.acquired = [normalized, gates, statistics, ...own];
}

function backward(
  kind: NormalizedKind,
  [ofX, h0, c0, weightHh, gainHh, biasHh, gainC, biasC]: NormalizedInputs,
  options: SequenceOptions,
  { steps, reverse, pairs, out, normalized, gates, cellStates, statistics }: Kept,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const cell = cells[kind];
  const { sizes, batch, batchSizes, batchFirst } = options;
  const { dtype } = ofX;
  const bytes = itemSize(dtype);
  const H = sizes.hiddenSize;
  const GH = cell.gates * H;
  const ld = wholeVectors(H, bytes);
  const gradOf = (i: number): Tensor | null => {
    const grad = grads[i] ?? null;
    return grad && dense(grad);
  };
  const gradOut = grads[0] ? denseFeatures(grads[0]) : null;
  const gradOutStrides = gradOut === null ? noStrides : stridesOf(gradOut, options);
  const outStrides = stridesOf(out, options);
  const wanted = (i: number, x: Tensor | null, shape: readonly number[]): Tensor | null =>
    x !== null && node.needs(i) ? empty(shape, dtype) : null;
  const ofRows = (features: number): Tensor => empty([batch, features], dtype);
  const gradOfX = emptySteps(ofX, options, GH);
  const [gradGainHh, gradBiasHh] = [ofRows(GH), ofRows(GH)];
  const [gradGainC, gradBiasC] = cell.hasCellState ? [ofRows(H), ofRows(H)] : [null, null];
  const gradH0 = wanted(1, h0, [batch, H]);
  const gradC0 = wanted(2, c0, [batch, H]);
  const gradWeightHh = wanted(3, weightHh, [GH, H]);
  const dProducts = acquire(pairs * GH * bytes);
  const workspace = acquire((ld * GH + 2 * batch * ld) * bytes);
  runNormalizedBackward(pick(cell.name, kernels[kind].backward, dtype), {
    steps,
    batch,
    hiddenSize: H,
    reverse,
    h0,
    c0,
    weightHh,
    gainHh,
    biasHh,
    gainC,
    biasC,
    batchSizes,
    out,
    outStrideT: outStrides.strideT,
    outStrideN: outStrides.strideN,
    normalized,
    gates,
    cells: cellStates,
    statistics,
    gradOut,
    gradOutStrideT: gradOutStrides.strideT,
    gradOutStrideN: gradOutStrides.strideN,
    gradHN: gradOf(1),
    gradCN: cell.hasCellState ? gradOf(2) : null,
    gradCells: cell.hasCellState && options.returnsCells ? gradOf(3) : null,
    workspace,
    gradOfX,
    dProducts,
    gradGainHh,
    gradBiasHh,
    gradGainC,
    gradBiasC,
    gradH0,
    gradC0,
    gradWeightHh,
  });
  release(workspace);
  release(dProducts);
  const total = (i: number, x: Tensor | null, rows: Tensor | null): Tensor | null =>
    x !== null && rows !== null && node.needs(i) ? sum(rows, 0) : null;
  return [
    batchFirst && batchSizes === null ? transpose(gradOfX, 0, 1) : gradOfX,
    gradH0,
    gradC0,
    gradWeightHh,
    total(4, gainHh, gradGainHh),
    total(5, biasHh, gradBiasHh),
    total(6, gainC, gradGainC),
    total(7, biasC, gradBiasC),
  ];
}

/**
 * Runs one layer, as `sequence` does.
 * @param weights one entry for a single direction, two for both
 * @param h0 [directions, N, H], contiguous; null for zeros
 * @param c0 the same, of the LSTM
 */
export function normalizedSequence(
  kind: NormalizedKind,
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  weights: readonly NormalizedWeights[],
  options: SequenceOptions,
): SequenceResult {
  const GH = cells[kind].gates * options.sizes.hiddenSize;
  const results = weights.map((own, d) => {
    const normalization = { weight: own.gainIh, bias: own.biasIh, eps };
    const ofX = layerNorm(linear(x, own.weightIh, null), [GH], normalization);
    const start = (state: Tensor | null): Tensor | null => state && dense(select(state, 0, d));
    const { weightHh, gainHh, biasHh, gainC, biasC } = own;
    const inputs = [ofX, start(h0), start(c0), weightHh, gainHh, biasHh, gainC, biasC] as const;
    return direction(kind, inputs, options, d === 1);
  });
  const joined = (i: 0 | 3): Tensor[] => results.map((one) => one[i]).filter(isTensor);
  const outs = joined(0);
  return [
    outs.length === 1 ? outs[0] : cat(outs, -1),
    stack(results.map(([, hN]) => hN)),
    kind === 'lstm' ? stack(results.map(([, , cN]) => cN!)) : null,
    joined(3),
    [],
  ];
}
