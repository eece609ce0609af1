/**
 * The backward pass of a layer: one kernel call for each direction, on what forward has kept; by primitive operations
 * where it is recorded.
 */
import type { Gradients, Node } from '../../autograd/node';
import { recompute } from '../../autograd/recompute';
import { runSequenceBackward, type SequenceBackward } from '../../native/generated';
import type { Memory } from '../../native/kernels';
import { itemSize } from '../../tensor/dtype';
import { borrow, giveBack } from '../../tensor/storage';
import { empty, type Tensor } from '../../tensor/tensor';
import { add } from '../elementwise/arithmetic';
import { contiguous } from '../copying/clone';
import { pick } from '../kernels/launch';
import {
  denseFeatures,
  LayerArguments,
  noSteps,
  part,
  stepsOf,
  type DirectionWeights,
  type LayerCall,
  type Steps,
} from './call';
import { stateSize, workspaceLength, type Cell, type CellKind } from './cells';
import { primitiveSequence } from './twin';

class BackwardArguments extends LayerArguments implements SequenceBackward {
  readonly gates: Memory | null;
  readonly cells: Memory | null;
  readonly projected: Memory | null;
  readonly gradOutStrideT: number;
  readonly gradOutStrideN: number;
  readonly gradXStrideT: number;
  readonly gradXStrideN: number;
  readonly gradWeightIh: Memory | null;
  readonly gradWeightHh: Memory | null;
  readonly gradBiasIh: Memory | null;
  readonly gradBiasHh: Memory | null;
  readonly gradWeightHr: Memory | null;

  constructor(
    call: LayerCall,
    d: number,
    readonly gradOut: Memory | null,
    gradOutSteps: Steps,
    readonly gradHN: Memory | null,
    readonly gradCN: Memory | null,
    readonly dGates: Memory,
    readonly dProjected: Memory | null,
    readonly workspace: Memory,
    readonly gradX: Memory | null,
    gradXSteps: Steps,
    readonly gradH0: Memory | null,
    readonly gradC0: Memory | null,
    gradWeights: readonly (Memory | null)[],
  ) {
    super(call, d);
    const { gates, cells, projected } = call.reserves[d];
    this.gates = gates;
    this.cells = cells;
    this.projected = projected;
    this.gradOutStrideT = gradOutSteps.strideT;
    this.gradOutStrideN = gradOutSteps.strideN;
    this.gradXStrideT = gradXSteps.strideT;
    this.gradXStrideN = gradXSteps.strideN;
    this.gradWeightIh = gradWeights[0];
    this.gradWeightHh = gradWeights[1];
    this.gradBiasIh = gradWeights[2];
    this.gradBiasHh = gradWeights[3];
    this.gradWeightHr = gradWeights[4];
  }
}

/** The gradients of x, h0, c0 and, direction by direction, of the weights. */
export function sequenceBackward(
  cell: Cell,
  call: LayerCall,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const { input, h0, c0, weights, options, reserves } = call;
  const { sizes, batch, batchSizes } = options;
  const { dtype } = input;
  const bytes = itemSize(dtype);
  const [S, H] = [stateSize(sizes), sizes.hiddenSize];
  const directions = weights.length;
  const pairs = batchSizes !== null ? input.sizes[0] : input.sizes[0] * input.sizes[1];
  const gradOut = grads[0] === null ? null : denseFeatures(grads[0]);
  const gradHN = grads[1] === null ? null : contiguous(grads[1]);
  const gradCN = grads[2] ? contiguous(grads[2]) : null;
  const gradH0 = h0 !== null && node.needs(1) ? empty(h0.sizes, dtype) : null;
  const gradC0 = c0 !== null && node.needs(2) ? empty(c0.sizes, dtype) : null;
  const run = pick(cell.name, cell.backward, dtype);
  const gradOutSteps = gradOut === null ? noSteps : stepsOf(gradOut, options);
  const workspace = borrow(workspaceLength(cell, sizes, dtype) * bytes);
  const results: (Tensor | null)[] = [null, gradH0, gradC0];

  for (let d = 0; d < directions; d++) {
    const { gates } = reserves[d];
    // What nobody reads again may be overwritten.
    const dGates =
      gates !== null && !node.retained ? gates : borrow(pairs * cell.blocks * H * bytes);
    const dProjected = sizes.projSize > 0 ? borrow(pairs * sizes.projSize * bytes) : null;
    const gradX = node.needs(0) ? empty(input.sizes, dtype) : null;
    const first = 3 + d * 5;
    const gradWeights: (Tensor | null)[] = [];
    for (let i = 0; i < 5; i++) {
      const w = weights[d][i];
      gradWeights.push(w !== null && node.needs(first + i) ? empty(w.sizes, dtype) : null);
    }
    const gradXSteps = gradX === null ? noSteps : stepsOf(gradX, options);
    runSequenceBackward(
      run,
      new BackwardArguments(
        call,
        d,
        part(gradOut, d, S, dtype),
        gradOutSteps,
        part(gradHN, d, batch * S, dtype),
        part(gradCN, d, batch * H, dtype),
        dGates,
        dProjected,
        workspace,
        gradX,
        gradXSteps,
        part(gradH0, d, batch * S, dtype),
        part(gradC0, d, batch * H, dtype),
        gradWeights,
      ),
    );
    if (dGates !== gates) giveBack(dGates);
    if (dProjected !== null) giveBack(dProjected);
    if (gradX !== null) results[0] = results[0] === null ? gradX : add(results[0], gradX);
    for (let i = 0; i < 5; i++) results.push(gradWeights[i]);
  }
  giveBack(workspace);
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
      (_, d) => all.slice(d * 5, d * 5 + 5) as unknown as DirectionWeights,
    );
    const [out, hN, cN] = primitiveSequence(kind, x!, h, c, directions, options);
    return cN === null ? [out, hN] : [out, hN, cN];
  });
}
