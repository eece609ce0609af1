/**
 * Binary cross-entropy of a probability p (bceLoss) or a logit x (bceWithLogits) and a target t in [0, 1], each
 * element times `weight`. Both save input and target; neither weight has a gradient.
 */
import { type Fields, optionsTable, type Resolved, surplus } from '../../check';
import { noGrad } from '../../autograd/mode';
import { resultType } from '../../tensor/dtype';
import { anyTensor } from '../../tensor/rules';
import { broadcastShapes, sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { gradient } from '../declare/gradient';
import { verify } from '../kernels/bounds';
import { logsigmoid } from '../elementwise/sigmoid';
import {
  checkPair,
  checkSameShape,
  lossFields,
  lossGradient,
  reduced,
  type LossOptions,
} from './reduction';
import { unrecorded } from '../declare/composed';

/** Options of `binaryCrossEntropy`. */
export interface BceOptions extends LossOptions {
  /** Factor of each element's loss; broadcasts to the input. */
  weight?: Tensor | null;
}

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BceWithLogitsOptions extends BceOptions {
  /** Factor of the positive part of each loss, usually one for each class; broadcasts to the input. */
  posWeight?: Tensor | null;
}

const bceFields: Fields<BceOptions> = { ...lossFields, weight: anyTensor.orNull.or(null) };
const bceOptions = optionsTable<BceOptions>('bceLoss', bceFields);
const bceWithLogitsOptions = optionsTable<BceWithLogitsOptions>('bceWithLogits', {
  ...bceFields,
  posWeight: anyTensor.orNull.or(null),
});

interface Terms {
  losses: (input: Tensor, target: Tensor) => Tensor;
  /** Slopes of the loss in input and target. */
  dInput: (input: Tensor, target: Tensor) => Tensor;
  dTarget: (input: Tensor, target: Tensor) => Tensor;
}

interface BinaryLoss {
  readonly terms: Terms;
  readonly options: Resolved<BceOptions>;
  readonly posWeight: Tensor | null;
}

type Pair = readonly [input: Tensor, target: Tensor];
type SavedPair = readonly [...Pair, weight: Tensor | null, posWeight: Tensor | null];

/** @throws RangeError for a weight that does not broadcast to the input. */
function checkWeight(operation: string, name: string, weight: Tensor | null, input: Tensor): void {
  if (weight === null) return;
  const sizes = sizesOf(input);
  if (sameShape(broadcastShapes(operation, sizesOf(weight), sizes), sizes)) return;
  throw new RangeError(
    `${operation}: ${name} is ${showShape(sizesOf(weight))}, which does not broadcast to the input's shape ${showShape(sizes)}`,
  );
}

const weighted = (each: Tensor, weight: Tensor | null): Tensor =>
  weight === null ? each : each.mul(cast(weight, each.dtype));

function binaryLoss(operation: string, node: string) {
  const recorded = gradient<Pair, SavedPair, BinaryLoss>(operation, {
    node,
    saves: ([x, t], _, { options, posWeight }) => [x, t, options.weight, posWeight],
    rule: (g, [x, t], { terms, options: { reduction, weight } }, self) => {
      const each = weighted(lossGradient(g, reduction, x.numel), weight);
      return [
        self.needs(0) ? each.mul(terms.dInput(x, t)) : null,
        self.needs(1) ? each.mul(terms.dTarget(x, t)) : null,
      ];
    },
  });
  return (input: Tensor, target: Tensor, of: BinaryLoss): Tensor => {
    const { terms, options } = of;
    const dtype = resultType(input, target);
    const [x, t] = [cast(input, dtype), cast(target, dtype)];
    const out = unrecorded(() =>
      reduced(weighted(terms.losses(x, t), options.weight), options.reduction),
    );
    return recorded(out, of, x, t);
  };
}
const lossOfProbability = binaryLoss('bceLoss', 'BinaryCrossEntropyBackward0');
const lossOfLogit = binaryLoss('bceWithLogits', 'BinaryCrossEntropyWithLogitsBackward0');

// ln p and ln(1 − p) stop at −100, so that a loss is finite where p is 0 or 1.
const floorOfLog = -100;
// 1e-12 as a float32, which is what PyTorch divides by.
const smallest = Math.fround(1e-12);
const logOf = (p: Tensor): Tensor => p.log().clamp({ min: floorOfLog });
const logOfRest = (p: Tensor): Tensor => p.neg().log1p().clamp({ min: floorOfLog });

const ofProbability: Terms = {
  // −(t·ln p + (1 − t)·ln(1 − p))
  losses: (p, t) =>
    t
      .mul(logOf(p))
      .add(t.rsub(1).mul(logOfRest(p)))
      .neg(),
  dInput: (p, t) => p.sub(t).div(p.mul(p.rsub(1)).clamp({ min: smallest })),
  dTarget: (p) => logOfRest(p).sub(logOf(p)),
};

/**
 * −(t·ln p + (1 − t)·ln(1 − p)), averaged; logarithms stop at −100 (torch.nn.functional.binary_cross_entropy).
 * @param options.reduction `'mean'`, `'sum'` or `'none'`
 * @throws RangeError when the shapes differ, `weight` does not broadcast to them, or an element is outside 0 to 1.
 * @example nn.functional.binaryCrossEntropy(tensor([0.5, 0.9]), tensor([0, 1])) // 0.3993
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options?: BceOptions): Tensor {
  if (arguments.length > 3) surplus('binaryCrossEntropy', arguments, 3, 'options');
  return ofProbabilities('binaryCrossEntropy', input, target, options);
}

/**
 * −(t·ln p + (1 − t)·ln(1 − p)), averaged, as `nn.functional.binaryCrossEntropy`.
 * @param options.reduction `'mean'`, `'sum'` or `'none'`
 * @throws RangeError when the shapes differ, `weight` does not broadcast to them, or an element is outside 0 to 1.
 * @example bceLoss(tensor([0.5, 0.9]), tensor([0, 1])) // 0.3993
 */
export function bceLoss(input: Tensor, target: Tensor, options?: BceOptions): Tensor {
  if (arguments.length > 3) surplus('bceLoss', arguments, 3, 'options');
  return ofProbabilities('bceLoss', input, target, options);
}

function ofProbabilities(
  operation: string,
  input: Tensor,
  target: Tensor,
  given?: BceOptions,
): Tensor {
  const options = bceOptions.read(given, operation);
  checkPair(operation, input, target);
  checkSameShape(operation, input, target);
  checkWeight(operation, 'weight', options.weight, input);
  const other = operation === 'bceLoss' ? 'bceWithLogits' : 'binaryCrossEntropyWithLogits';
  checkProbabilities(operation, 'input', input, `; pass logits to ${other}() instead`);
  checkProbabilities(operation, 'target', target, '');
  return lossOfProbability(input, target, { terms: ofProbability, options, posWeight: null });
}

function checkProbabilities(operation: string, name: string, x: Tensor, fix: string): void {
  const rule = `${operation}: every element of ${name} must be from 0 to 1`;
  verify(
    () => {
      const inside = noGrad(() => x.ge(0).all().item() !== 0 && x.le(1).all().item() !== 0);
      if (inside) return;
      const values = x.toTypedArray();
      const at = values.findIndex((v) => !(v >= 0 && v <= 1));
      throw new RangeError(`${rule}, got ${values[at]} at position ${at}${fix}`);
    },
    () => [x.ge(0).logicalAnd(x.le(1)), `${rule}${fix}`],
  );
}

// With L = 1 + (posWeight − 1)·t: (1 − t)·x − L·ln sigmoid(x)
function ofLogit(posWeight: Tensor | null): Terms {
  const positive = (t: Tensor): Tensor => cast(posWeight!, t.dtype).sub(1).mul(t);
  const scaled = (t: Tensor, x: Tensor): Tensor =>
    posWeight === null ? x : positive(t).add(1).mul(x);
  return {
    losses: (x, t) =>
      t
        .rsub(1)
        .mul(x)
        .sub(scaled(t, logsigmoid(x))),
    dInput: (x, t) => t.rsub(1).sub(scaled(t, x.neg().sigmoid())),
    dTarget: (x) => {
      if (posWeight === null) return x.neg();
      return x.add(cast(posWeight, x.dtype).sub(1).mul(logsigmoid(x))).neg();
    },
  };
}

/**
 * Binary cross-entropy of sigmoid(x), computed without leaving the logarithm
 * (torch.nn.functional.binary_cross_entropy_with_logits).
 * @param options.posWeight factor of the positive part, one for each class
 * @throws RangeError when the shapes differ, or a weight does not broadcast to them.
 * @example nn.functional.binaryCrossEntropyWithLogits(tensor([0, 2]), tensor([0, 1])) // 0.41
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options?: BceWithLogitsOptions,
): Tensor {
  if (arguments.length > 3) surplus('binaryCrossEntropyWithLogits', arguments, 3, 'options');
  return ofLogits('binaryCrossEntropyWithLogits', input, target, options);
}

/**
 * Binary cross-entropy of sigmoid(x), as `nn.functional.binaryCrossEntropyWithLogits`.
 * @param options.posWeight factor of the positive part, one for each class
 * @throws RangeError when the shapes differ, or a weight does not broadcast to them.
 * @example bceWithLogits(tensor([0, 2]), tensor([0, 1])) // 0.41
 */
export function bceWithLogits(
  input: Tensor,
  target: Tensor,
  options?: BceWithLogitsOptions,
): Tensor {
  if (arguments.length > 3) surplus('bceWithLogits', arguments, 3, 'options');
  return ofLogits('bceWithLogits', input, target, options);
}

function ofLogits(
  operation: string,
  input: Tensor,
  target: Tensor,
  given?: BceWithLogitsOptions,
): Tensor {
  const options = bceWithLogitsOptions.read(given, operation);
  checkPair(operation, input, target);
  checkSameShape(operation, input, target);
  const { posWeight } = options;
  checkWeight(operation, 'weight', options.weight, input);
  checkWeight(operation, 'posWeight', posWeight, input);
  return lossOfLogit(input, target, { terms: ofLogit(posWeight), options, posWeight });
}
