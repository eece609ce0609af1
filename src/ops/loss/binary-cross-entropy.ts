/**
 * Binary cross-entropy of a probability p (bceLoss) or a logit x (bceWithLogits) and a target t in [0, 1], each
 * element times `weight`. Both save input and target; neither weight has a gradient.
 */
import { isGradEnabled, noGrad } from '../../autograd/mode';
import { record, save, type Gradients } from '../../autograd/node';
import type { Tensor } from '../../tensor/tensor';
import { resultType } from '../../tensor/dtype';
import { add } from '../add';
import { div } from '../binary/div';
import { cast } from '../cast';
import { checkTensor } from '../elementwise';
import { ge, le } from '../compare/compare';
import { mul } from '../mul';
import { all } from '../reduction/truth';
import { rsub, sub } from '../sub';
import { clamp } from '../unary/clamp';
import { log, log1p, logSigmoid, neg, sigmoid } from '../unary/rules';
import {
  checkPair,
  checkReduction,
  checkSameShape,
  lossGradient,
  reduced,
  type LossOptions,
} from './reduction';

export interface BceOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to the input. */
  weight?: Tensor | null;
}

export interface BceWithLogitsOptions extends BceOptions {
  /** Factor of the positive part of each loss, usually one for each class; broadcasts to the input. */
  posWeight?: Tensor | null;
}

interface Terms {
  operation: string;
  node: string;
  losses: (input: Tensor, target: Tensor) => Tensor;
  /** Slopes of the loss in input and target. */
  dInput: (input: Tensor, target: Tensor) => Tensor;
  dTarget: (input: Tensor, target: Tensor) => Tensor;
}

function binaryLoss(
  { operation, node, losses, dInput, dTarget }: Terms,
  input: Tensor,
  target: Tensor,
  options: BceOptions,
): Tensor {
  const reduction = checkReduction(operation, options.reduction);
  const weight = options.weight ?? null;
  if (weight !== null) checkTensor(operation, 'weight', weight);
  const dtype = resultType(input, target);
  const [x, t] = [cast(input, dtype), cast(target, dtype)];
  const weighted = (each: Tensor): Tensor =>
    weight === null ? each : mul(each, cast(weight, dtype));
  const out = noGrad(() => reduced(weighted(losses(x, t)), reduction));
  if (!isGradEnabled() || !(x.requiresGrad || t.requiresGrad)) return out;
  const [savedX, savedT] = [save(operation, x), save(operation, t)];
  const n = x.numel;
  return record(node, [x, t], out, (g, recordedNode): Gradients => {
    const [v, w] = [savedX.get(), savedT.get()];
    const each = weighted(lossGradient(g, reduction, n));
    return [
      recordedNode.needs(0) ? mul(each, dInput(v, w)) : null,
      recordedNode.needs(1) ? mul(each, dTarget(v, w)) : null,
    ];
  });
}

// ln p and ln(1 − p) stop at −100, so that a loss is finite where p is 0 or 1.
const floorOfLog = -100;
// 1e-12 as a float32, which is what PyTorch divides by.
const smallest = Math.fround(1e-12);
const logOf = (p: Tensor): Tensor => clamp(log(p), { min: floorOfLog });
const logOfRest = (p: Tensor): Tensor => clamp(log1p(neg(p)), { min: floorOfLog });

const ofProbability: Terms = {
  operation: 'bceLoss',
  node: 'BinaryCrossEntropyBackward0',
  // −(t·ln p + (1 − t)·ln(1 − p))
  losses: (p, t) => neg(add(mul(t, logOf(p)), mul(rsub(t, 1), logOfRest(p)))),
  dInput: (p, t) => div(sub(p, t), clamp(mul(p, rsub(p, 1)), { min: smallest })),
  dTarget: (p) => sub(logOfRest(p), logOf(p)),
};

/**
 * −(t·ln p + (1 − t)·ln(1 − p)), averaged; logarithms stop at −100 (torch.nn.functional.binary_cross_entropy).
 * @param options.reduction `'mean'`, `'sum'` or `'none'`
 * @throws RangeError when the shapes differ, or an element is outside 0 to 1.
 */
export function bceLoss(input: Tensor, target: Tensor, options: BceOptions = {}): Tensor {
  checkPair('bceLoss', input, target);
  checkSameShape('bceLoss', input, target);
  checkProbabilities('input', input, '; pass logits to bceWithLogits() instead');
  checkProbabilities('target', target, '');
  return binaryLoss(ofProbability, input, target, options);
}

function checkProbabilities(name: string, x: Tensor, fix: string): void {
  const inside = noGrad(() => all(ge(x, 0)).item() !== 0 && all(le(x, 1)).item() !== 0);
  if (inside) return;
  const at = Array.from(x.toTypedArray()).findIndex((v) => !(v >= 0 && v <= 1));
  throw new RangeError(
    `bceLoss: every element of ${name} must be from 0 to 1, got ${x.toTypedArray()[at]} at position ${at}${fix}`,
  );
}

// With L = 1 + (posWeight − 1)·t: (1 − t)·x − L·ln sigmoid(x)
function ofLogit(posWeight: Tensor | null): Terms {
  const positive = (t: Tensor): Tensor => mul(sub(cast(posWeight!, t.dtype), 1), t);
  const scaled = (t: Tensor, x: Tensor): Tensor =>
    posWeight === null ? x : mul(add(positive(t), 1), x);
  return {
    operation: 'bceWithLogits',
    node: 'BinaryCrossEntropyWithLogitsBackward0',
    losses: (x, t) => sub(mul(rsub(t, 1), x), scaled(t, logSigmoid(x))),
    dInput: (x, t) => sub(rsub(t, 1), scaled(t, sigmoid(neg(x)))),
    dTarget: (x) => {
      if (posWeight === null) return neg(x);
      return neg(add(x, mul(sub(cast(posWeight, x.dtype), 1), logSigmoid(x))));
    },
  };
}

/**
 * Binary cross-entropy of sigmoid(x), computed without leaving the logarithm
 * (torch.nn.functional.binary_cross_entropy_with_logits).
 * @param options.posWeight factor of the positive part, one for each class
 * @throws RangeError when the shapes differ.
 */
export function bceWithLogits(
  input: Tensor,
  target: Tensor,
  options: BceWithLogitsOptions = {},
): Tensor {
  checkPair('bceWithLogits', input, target);
  checkSameShape('bceWithLogits', input, target);
  const posWeight = options.posWeight ?? null;
  if (posWeight !== null) checkTensor('bceWithLogits', 'posWeight', posWeight);
  return binaryLoss(ofLogit(posWeight), input, target, options);
}
