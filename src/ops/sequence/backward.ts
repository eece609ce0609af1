/** The backward pass of a layer: one kernel call for each direction, on what forward has kept. */
import type { Gradients, Node } from '../../autograd/node';
import { args } from '../../native/kernels';
import { itemSize } from '../../tensor/dtype';
import { borrow, giveBack } from '../../tensor/storage';
import { empty, type Tensor } from '../../tensor/tensor';
import { add } from '../elementwise/arithmetic';
import { contiguous } from '../clone';
import { pick } from '../elementwise';
import { addressOr0, denseFeatures, putLayer, stepsOf, storageOr0, type LayerCall } from './call';
import { stateSize, workspaceLength, type Cell } from './cells';

/** The gradients of x, h0, c0 and, direction by direction, of the weights. */
export function sequenceBackward(
  cell: Cell,
  call: LayerCall,
  grads: readonly (Tensor | null)[],
  node: Node,
): Gradients {
  const { input, out, h0, c0, weights, options, reserves } = call;
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
    const gradWeights: (Tensor | null)[] = [];
    for (let i = 0; i < 5; i++) {
      const w = weights[d][i];
      gradWeights.push(w !== null && node.needs(first + i) ? empty(w.shape, dtype) : null);
    }
    const gradXSteps = gradX === null ? null : stepsOf(gradX, options);
    putLayer(call, d);
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
    for (let i = 0; i < 5; i++) results.push(gradWeights[i]);
  }
  giveBack(workspace);
  return results;
}
