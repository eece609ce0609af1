/**
 * A recurrent layer over a whole sequence, one kernel call for each direction, forward and backward
 * (native/kernels/sequence). The equations are in the cells' headers there; steps.ts is the readable reference.
 *
 * Saves the activated gates and cell states in acquired memory, which is released as soon as backward has used it.
 * The kernels are opaque to the graph: a gradient that is itself differentiated is that of twin.ts.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { needsGrad, saveAll, type SavedList, type TupleBackward } from '../../autograd/node';
import { recordTuple } from '../../autograd/tuple';
import { runSequenceForward } from '../../native/calls';
import { itemSize } from '../../tensor/dtype';
import { acquire, release, type Storage } from '../../tensor/storage';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { watch } from '../declare/watch';
import { mul } from '../elementwise/arithmetic';
import { pick } from '../kernels/launch';
import { dropPacked, packedWeight, type PackedWeight } from '../matmul/packed-weight';
import { select } from '../view/select';
import { recordedBackward, sequenceBackward } from './backward';
import {
  acquiredBy,
  denseFeatures,
  emptyOutput,
  emptySteps,
  part,
  stridesOf,
  zoneoutStride,
  type DirectionWeights,
  type LayerCall,
  type Reserve,
  type SequenceOptions,
  type SequenceResult,
} from './call';
import { cells, packedLength, stateSize, type CellKind } from './cells';

const noTensors: Tensor[] = [];
// One int32.
const runStateBytes = 4;

const memoryOfPacked = (kept: PackedWeight | null, bytes: number): Storage =>
  kept === null ? acquire(bytes) : kept.allocate(bytes);

/** What a node keeps of a call. */
interface Kept {
  readonly kind: CellKind;
  readonly layer: LayerCall;
  /** What forward was given, and what backward reads besides. */
  readonly given: SavedList;
  readonly read: SavedList;
}

const backward: TupleBackward = (grads, node) => {
  const { kind, layer, given, read } = node.kept as Kept;
  given.get();
  read.get();
  return isGradEnabled()
    ? recordedBackward(kind, layer, grads, node)
    : sequenceBackward(cells[kind], layer, grads, node);
};

/** x, h0, c0 and, direction by direction, the weights. A literal for one direction: an array that grows by push takes room for 17. */
function inputsOf(
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  weights: readonly DirectionWeights[],
): readonly (Tensor | null)[] {
  if (weights.length > 1) return [x, h0, c0, ...weights.flat()];
  const [[weightIh, weightHh, biasIh, biasHh, weightHr, weightCh]] = weights;
  return [x, h0, c0, weightIh, weightHh, biasIh, biasHh, weightHr, weightCh];
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
  const pairs = batchSizes !== null ? sizesOf(x)[0] : sizesOf(x)[0] * sizesOf(x)[1];
  const steps = batchSizes !== null ? batchSizes.numel : sizesOf(x)[options.batchFirst ? 1 : 0];

  const inputs = inputsOf(x, h0, c0, weights);
  const training = needsGrad(inputs);

  const out = emptyOutput(x, options, directions * S);
  const hN = empty([directions, batch, S], dtype);
  const cN = cell.hasCellState ? empty([directions, batch, H], dtype) : null;
  const run = pick(cell.name, cell.forward, dtype);
  const inputStrides = stridesOf(input, options);
  const outStrides = stridesOf(out, options);
  const reserves = new Array<Reserve>(training ? directions : 0);
  const returnsCells = cell.hasCellState && options.returnsCells;
  const cellStates: Tensor[] = returnsCells ? [] : noTensors;
  const allGates: Tensor[] = options.returnsGates ? [] : noTensors;

  for (let d = 0; d < directions; d++) {
    const [weightIh, weightHh, biasIh, biasHh, weightHr, weightCh] = weights[d];
    const variant = options.variants === null ? null : options.variants[d];
    const mask = variant === null ? null : variant.recurrentMask;
    if (training) dropPacked('sequence', weightIh);
    const kept = training ? null : packedWeight('sequence', weights[d], 'cell');
    const packedReady = kept !== null && kept.packed !== null;
    const packed = kept?.packed ?? memoryOfPacked(kept, packedLength(cell, sizes, dtype) * bytes);
    const ownCells = returnsCells ? emptySteps(x, options, H) : null;
    if (ownCells !== null) cellStates.push(ownCells);
    const ownGates = options.returnsGates ? emptySteps(x, options, cell.blocks * H) : null;
    if (ownGates !== null) allGates.push(ownGates);
    const reserve: Reserve = {
      gates:
        ownGates ?? (training && cell.savesGates ? acquire(pairs * cell.blocks * H * bytes) : null),
      cells: ownCells ?? (training && cell.hasCellState ? acquire(pairs * H * bytes) : null),
      projected: sizes.projSize > 0 ? acquire((training ? pairs : batch) * H * bytes) : null,
      recurrent: mask === null ? null : acquire(pairs * S * bytes),
      recurrentH0: mask === null || h0 === null ? null : noGrad(() => mul(select(h0, 0, d), mask)),
    };
    runSequenceForward(run, {
      steps,
      batch,
      inputSize: sizes.inputSize,
      hiddenSize: H,
      projSize: sizes.projSize,
      reverse: d === 1,
      relu: options.relu,
      x: input,
      xStrideT: inputStrides.strideT,
      xStrideN: inputStrides.strideN,
      h0: part(h0, d, batch * S, dtype),
      c0: part(c0, d, batch * H, dtype),
      weightIh,
      weightHh,
      biasIh,
      biasHh,
      weightHr,
      batchSizes,
      out: part(out, d, S, dtype),
      outStrideT: outStrides.strideT,
      outStrideN: outStrides.strideN,
      hN: part(hN, d, batch * S, dtype),
      cN: part(cN, d, batch * H, dtype),
      training,
      gates: reserve.gates,
      cells: reserve.cells,
      projected: reserve.projected,
      packed,
      packedReady,
      runState: kept === null ? null : (kept.runState ??= acquire(runStateBytes)),
      recurrentMask: mask,
      recurrentH0: reserve.recurrentH0,
      recurrent: reserve.recurrent,
      zoneoutH: variant === null ? null : variant.zoneoutH,
      zoneoutC: variant === null ? null : variant.zoneoutC,
      zoneoutStride: zoneoutStride(variant, H),
      peephole: weightCh,
    });
    if (training) {
      release(packed);
      reserves[d] = reserve;
    } else {
      if (reserve.projected !== null) release(reserve.projected);
      if (reserve.recurrent !== null) release(reserve.recurrent);
    }
  }

  if (training) {
    let outs = cN === null ? [out, hN] : [out, hN, cN];
    let read = batchSizes === null ? [out] : [out, batchSizes];
    if (returnsCells || options.returnsGates) {
      outs = outs.concat(cellStates, allGates);
      read = read.concat(cellStates, allGates);
    }
    const layer: LayerCall = {
      input,
      inputStrides,
      h0,
      c0,
      weights,
      options,
      steps,
      out,
      outStrides,
      reserves,
    };
    const given = input === x ? inputs : inputsOf(input, h0, c0, weights);
    const kept: Kept = {
      kind,
      layer,
      given: saveAll(cell.name, given),
      read: saveAll(cell.name, read),
    };
    const { gradFnNames } = options;
    const node = recordTuple(gradFnNames[0], inputs, outs, backward, gradFnNames, kept);
    if (node !== null) node.acquired = acquiredBy(reserves);
    if (watch.watcher !== null)
      watch.watcher(
        'sequence',
        { kind, options, directions } satisfies SequenceContext,
        inputs,
        outs,
      );
  }
  return [out, hN, cN, cellStates, allGates];
}

/** The context of a call, as the observer gets it (declare/watch.ts). */
export interface SequenceContext {
  readonly kind: CellKind;
  readonly options: SequenceOptions;
  readonly directions: number;
}
