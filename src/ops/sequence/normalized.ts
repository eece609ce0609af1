/**
 * A recurrent layer with layer normalization (Ba, Kiros and Hinton 2016, arXiv:1607.06450). W_ih x is one product over all
 * steps; the rest is one kernel call for each direction (native/kernels/sequence/normalized.h has the equations,
 * normalized-twin.ts the readable reference).
 *
 * Saves W_ih x, the normalized W_hh h and the cell states in acquired memory, in which backward writes its gradients.
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
import { contiguousStrides } from '../../tensor/shape';
import { sizesOf, elementStridesOf, empty, Tensor } from '../../tensor/tensor';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { cat, stack } from '../joining/cat';
import { asMatrix, product, productInto, transposedMatrix } from '../matmul/layout';
import { dropPacked, packedWeight } from '../matmul/packed-weight';
import { transpose } from '../view/permute';
import { select } from '../view/select';
import { cells } from './cells';
import {
  denseFeatures,
  emptyOutput,
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

const { statisticsOfRow, rowsDivisor, rowsOfSum } = constants.normalized;
const doubleBytes = 8;

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
  readonly ofX: Tensor;
  readonly normalized: Storage;
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
  const [x, h0, c0, weightIh, gainIh, biasIh, weightHh, gainHh, biasHh, gainC, biasC] = inputs;
  const { sizes, batch, batchSizes, batchFirst } = options;
  const { dtype } = x;
  const bytes = itemSize(dtype);
  const H = sizes.hiddenSize;
  const GH = cell.gates * H;
  const ld = wholeVectors(GH, bytes);
  const leading = sizesOf(x).slice(0, -1);
  const pairs = batchSizes !== null ? leading[0] : leading[0] * leading[1];
  const steps = batchSizes !== null ? batchSizes.numel : leading[batchFirst ? 1 : 0];
  const training = needsGrad(inputs);

  const shapeOfX = [...leading, GH];
  const strides = contiguousStrides(shapeOfX);
  const ofX = new Tensor(acquire(pairs * GH * bytes), dtype, shapeOfX, strides, 0, true);
  const matrix = asMatrix(x, pairs, sizes.inputSize);
  productInto(cell.name, matrix, transposedMatrix(weightIh), null, ofX, false);
  const out = emptyOutput(x, options, H);
  const hN = empty([batch, H], dtype);
  const cN = cell.hasCellState ? empty([batch, H], dtype) : null;
  const returned = cell.hasCellState && options.returnsCells ? emptySteps(x, options, H) : null;
  const kept: Kept | null = training
    ? {
        steps,
        reverse,
        pairs,
        out,
        ofX,
        normalized: acquire(pairs * GH * bytes),
        cellStates: returned ?? (cell.hasCellState ? acquire(pairs * H * bytes) : null),
        statistics: acquire(pairs * statisticsOfRow * doubleBytes),
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
    gainIh,
    biasIh,
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
    cells: kept === null ? returned : kept.cellStates,
    statistics: kept && kept.statistics,
    packed,
    packedReady,
    products,
  });
  release(products);
  if (kept === null) release(ofX.storage);
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
  const saved = [...inputs, options.batchSizes, ...results].filter(isTensor);
  const checks = saved.map((one) => save(name, one));
  const outs = results.filter(isTensor);
  const node = recordTuple(
    options.gradFnNames[0],
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
    options.gradFnNames,
  );
  if (node === null) return;
  const { ofX, normalized, cellStates, statistics } = kept;
  const own = cellStates === null || isTensor(cellStates) ? [] : [cellStates];
  node.acquired = [ofX.storage, normalized, statistics, ...own];
}

function backward(
  kind: NormalizedKind,
  [x, h0, c0, weightIh, gainIh, biasIh, weightHh, gainHh, biasHh, gainC, biasC]: NormalizedInputs,
  options: SequenceOptions,
  { steps, reverse, pairs, out, ofX, normalized, cellStates, statistics }: Kept,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const cell = cells[kind];
  const { sizes, batch, batchSizes } = options;
  const { dtype } = x;
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
  const ofXStrides = stridesOf(ofX, options);
  const wanted = (i: number, of: Tensor | null, shape: readonly number[]): Tensor | null =>
    of !== null && node.needs(i) ? empty(shape, dtype) : null;
  const gradH0 = wanted(1, h0, [batch, H]);
  const gradC0 = wanted(2, c0, [batch, H]);
  const gradBiasIh = wanted(5, biasIh, [GH]);
  const gradWeightHh = wanted(6, weightHh, [GH, H]);
  const gradBiasHh = wanted(8, biasHh, [GH]);
  const gradGainC = wanted(9, gainC, [H]);
  const gradBiasC = wanted(10, biasC, [H]);
  const gradGainIh = empty([GH], dtype);
  const gradGainHh = empty([GH], dtype);
  // What no later walk reads may be overwritten.
  const own = node.retained ? acquire(pairs * GH * bytes) : ofX.storage;
  const gradOfX = new Tensor(own, dtype, sizesOf(ofX), elementStridesOf(ofX), 0, true);
  const dProducts = node.retained ? acquire(pairs * GH * bytes) : normalized;
  // As normalized-arguments.h counts them.
  const rows = Math.min(Math.max(Math.floor(batch / rowsDivisor), 1), rowsOfSum);
  const count = Math.ceil(batch / rows);
  const ofSum = wholeVectors((3 * cell.gates + 2) * H, bytes);
  const ofSlice = ofSum + wholeVectors(2 * GH, bytes);
  const workspace = acquire((ld * GH + 2 * batch * ld + count * ofSlice) * bytes);
  const sums = acquire(count * ofSum * doubleBytes);
  runNormalizedBackward(pick(cell.name, kernels[kind].backward, dtype), {
    steps,
    batch,
    hiddenSize: H,
    reverse,
    h0,
    c0,
    ofX,
    ofXStrideT: ofXStrides.strideT,
    ofXStrideN: ofXStrides.strideN,
    weightHh,
    gainIh,
    biasIh,
    gainHh,
    biasHh,
    gainC,
    biasC,
    batchSizes,
    out,
    outStrideT: outStrides.strideT,
    outStrideN: outStrides.strideN,
    normalized,
    cells: cellStates,
    statistics,
    gradOut,
    gradOutStrideT: gradOutStrides.strideT,
    gradOutStrideN: gradOutStrides.strideN,
    gradHN: gradOf(1),
    gradCN: cell.hasCellState ? gradOf(2) : null,
    gradCells: cell.hasCellState && options.returnsCells ? gradOf(3) : null,
    workspace,
    sums,
    gradOfX,
    dProducts,
    gradGainIh,
    gradBiasIh,
    gradGainHh,
    gradBiasHh,
    gradGainC,
    gradBiasC,
    gradH0,
    gradC0,
    gradWeightHh,
  });
  release(sums);
  release(workspace);
  const matrix = asMatrix(gradOfX, pairs, GH);
  const gradX = node.needs(0) ? product(cell.name, matrix, weightIh, null, sizesOf(x)) : null;
  const gradWeightIh = node.needs(3)
    ? product(cell.name, transposedMatrix(matrix), asMatrix(x, pairs, sizes.inputSize), null, sizesOf(weightIh)) // prettier-ignore
    : null;
  if (node.retained) {
    release(dProducts);
    release(own);
  }
  return [
    gradX,
    gradH0,
    gradC0,
    gradWeightIh,
    node.needs(4) ? gradGainIh : null,
    gradBiasIh,
    gradWeightHh,
    node.needs(7) ? gradGainHh : null,
    gradBiasHh,
    gradGainC,
    gradBiasC,
  ];
}

// Of both directions side by side, step by step in memory as each is.
function bothWays(outs: readonly Tensor[], { batchFirst, batchSizes }: SequenceOptions): Tensor {
  if (!batchFirst || batchSizes !== null) return cat(outs, -1);
  const joined = cat(outs.map((out) => transpose(out, 0, 1)), -1); // prettier-ignore
  return transpose(joined, 0, 1);
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
  const results = weights.map((own, d) => {
    const start = (state: Tensor | null): Tensor | null => state && dense(select(state, 0, d));
    const inputs = [
      x,
      start(h0),
      start(c0),
      own.weightIh,
      own.gainIh,
      own.biasIh,
      own.weightHh,
      own.gainHh,
      own.biasHh,
      own.gainC,
      own.biasC,
    ] as const;
    return direction(kind, inputs, options, d === 1);
  });
  const joined = (i: 0 | 3): Tensor[] => results.map((one) => one[i]).filter(isTensor);
  const outs = joined(0);
  return [
    outs.length === 1 ? outs[0] : bothWays(outs, options),
    stack(results.map(([, hN]) => hN)),
    kind === 'lstm' ? stack(results.map(([, , cN]) => cN!)) : null,
    joined(3),
    [],
  ];
}
