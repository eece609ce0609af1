/**
 * The backward pass of a layer: one kernel call for each direction, on what forward has kept; by primitive operations
 * where it is recorded.
 */
import type { Gradients, Node } from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { runSequenceBackward } from '../../native/calls';
import { itemSize } from '../../tensor/dtype';
import { acquire, release } from '../../tensor/storage';
import { isTensor } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { add } from '../elementwise/arithmetic';
import { pick } from '../kernels/launch';
import {
  denseFeatures,
  noStrides,
  part,
  stridesOf,
  weightsEach,
  zoneoutStride,
  type DirectionWeights,
  type LayerCall,
} from './call';
import { stateSize, workspaceLength, type Cell, type CellKind } from './cells';
import { primitiveSequence } from './twin';
import { dense } from '../kernels/copy';
import { sum } from '../reduce/sum';

// x, h0 and c0.
const inputsBefore = 3;

/** The gradients of x, h0, c0 and, direction by direction, of the weights. */
export function sequenceBackward(
  cell: Cell,
  call: LayerCall,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const { input, h0, c0, weights, options, steps, out, inputStrides, outStrides, reserves } = call;
  const { sizes, batch, batchSizes } = options;
  const { dtype } = input;
  const bytes = itemSize(dtype);
  const [S, H] = [stateSize(sizes), sizes.hiddenSize];
  const directions = weights.length;
  const pairs = batchSizes !== null ? sizesOf(input)[0] : sizesOf(input)[0] * sizesOf(input)[1];
  const gradOut = grads[0] === null ? null : denseFeatures(grads[0]);
  const gradHN = grads[1] === null ? null : dense(grads[1]);
  const gradCN = cell.hasCellState && grads[2] ? dense(grads[2]) : null;
  // The results are out, hN and cN, then the cell states and the gates of each direction.
  const firstCells = cell.hasCellState ? 3 : 2;
  const firstGates = firstCells + (cell.hasCellState && options.returnsCells ? directions : 0);
  const gradOf = (result: number, wanted: boolean): Tensor | null => {
    const grad = wanted ? (grads[result] ?? null) : null;
    return grad && dense(grad);
  };
  const gradH0 = h0 !== null && node.needs(1) ? empty(sizesOf(h0), dtype) : null;
  const gradC0 = c0 !== null && node.needs(2) ? empty(sizesOf(c0), dtype) : null;
  const run = pick(cell.name, cell.backward, dtype);
  const gradOutStrides = gradOut === null ? noStrides : stridesOf(gradOut, options);
  const workspace = acquire(workspaceLength(cell, sizes, dtype) * bytes);
  const results = new Array<Tensor | null>(inputsBefore + directions * weightsEach);
  results[0] = null;
  results[1] = gradH0;
  results[2] = gradC0;

  for (let d = 0; d < directions; d++) {
    const [weightIh, weightHh, , , weightHr, weightCh] = weights[d];
    const variant = options.variants === null ? null : options.variants[d];
    const { gates, cells: cellStates, projected, recurrent, recurrentH0 } = reserves[d];
    // Gates that no later walk reads may be overwritten.
    const dGates =
      gates !== null && !isTensor(gates) && !node.retained
        ? gates
        : acquire(pairs * cell.blocks * H * bytes);
    const dProjected = sizes.projSize > 0 ? acquire(pairs * sizes.projSize * bytes) : null;
    const gradX = node.needs(0) ? empty(sizesOf(input), dtype) : null;
    const first = inputsBefore + d * weightsEach;
    for (let i = 0; i < 5; i++) {
      const w = weights[d][i];
      results[first + i] = w !== null && node.needs(first + i) ? empty(sizesOf(w), dtype) : null;
    }
    const gradPeephole =
      weightCh !== null && node.needs(first + 5) ? empty([batch, 3 * H], dtype) : null;
    const gradXStrides = gradX === null ? noStrides : stridesOf(gradX, options);
    runSequenceBackward(run, {
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
      weightHr,
      batchSizes,
      out: part(out, d, S, dtype),
      outStrideT: outStrides.strideT,
      outStrideN: outStrides.strideN,
      gates,
      cells: cellStates,
      projected,
      gradOut: part(gradOut, d, S, dtype),
      gradOutStrideT: gradOutStrides.strideT,
      gradOutStrideN: gradOutStrides.strideN,
      gradHN: part(gradHN, d, batch * S, dtype),
      gradCN: part(gradCN, d, batch * H, dtype),
      gradCells: gradOf(firstCells + d, firstGates > firstCells),
      recurrentMask: variant === null ? null : variant.recurrentMask,
      recurrentH0,
      recurrent,
      zoneoutH: variant === null ? null : variant.zoneoutH,
      zoneoutC: variant === null ? null : variant.zoneoutC,
      zoneoutStride: zoneoutStride(variant, H),
      peephole: weightCh,
      gradGates: gradOf(firstGates + d, options.returnsGates),
      dGates,
      dProjected,
      workspace,
      gradX,
      gradXStrideT: gradXStrides.strideT,
      gradXStrideN: gradXStrides.strideN,
      gradH0: part(gradH0, d, batch * S, dtype),
      gradC0: part(gradC0, d, batch * H, dtype),
      gradWeightIh: results[first],
      gradWeightHh: results[first + 1],
      gradBiasIh: results[first + 2],
      gradBiasHh: results[first + 3],
      gradWeightHr: results[first + 4],
      gradPeephole,
    });
    if (dGates !== gates) release(dGates);
    if (dProjected !== null) release(dProjected);
    if (gradX !== null) results[0] = results[0] === null ? gradX : add(results[0], gradX);
    results[first + 5] = gradPeephole && sum(gradPeephole, 0);
  }
  release(workspace);
  return results;
}

/** The same gradients with a graph of their own. */
export function recordedBackward(
  kind: CellKind,
  { input, h0, c0, weights, options }: LayerCall,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const inputs = [input, h0, c0, ...weights.flat()];
  return recompute(node, inputs, [], grads, ([x, h, c, ...all]) => {
    const directions = weights.map(
      (_, d) => all.slice(d * weightsEach, (d + 1) * weightsEach) as unknown as DirectionWeights,
    );
    const [out, hN, cN, ofCells, gates] = primitiveSequence(kind, x!, h, c, directions, options);
    return cN === null ? [out, hN, ...gates] : [out, hN, cN, ...ofCells, ...gates];
  });
}
