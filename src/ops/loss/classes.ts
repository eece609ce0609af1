/**
 * Class predictions as rows: [C], [N, C] or [N, C, d1, …] becomes [rows, C] with a class index for each row.
 * Owns the checks of such inputs; the losses on them are cross-entropy.ts and nll.ts.
 */
import { integer, type Fields, type Resolved } from '../../check';
import { numelOf, sameShape, showShape, type Shape } from '../../tensor/shape';
import { anyTensor } from '../../tensor/rules';
import { sizesOf, elementsOf, type Tensor } from '../../tensor/tensor';
import { cast } from '../copying/cast';
import { contiguous } from '../copying/clone';
import { verify } from '../kernels/bounds';
import { arange } from '../creation/factories';
import { checkTensor } from '../arguments/check';
import { checkFloat } from '../arguments/floating';
import { lossFields, type LossOptions, type Reduction } from './reduction';
import { dense } from '../kernels/copy';

/** Options of losses over classes. */
export interface ClassLossOptions extends LossOptions {
  /** Factor of each class's losses, [C]. */
  weight?: Tensor | null;
  /** The target value that is ignored. Default: −100. */
  ignoreIndex?: number;
}

/** The rows of the options of losses on classes. */
export const classLossFields: Fields<ClassLossOptions> = {
  ...lossFields,
  weight: anyTensor.orNull.or(null),
  ignoreIndex: integer.or(-100),
};

/** The dimension of the classes: 1, or 0 when there is no batch. */
const classDim = (x: Tensor): number => (x.ndim === 1 ? 0 : 1);

/** The shape of one class's elements: x's without the classes. */
export function positionShape(x: Tensor): Shape {
  const dim = classDim(x);
  return sizesOf(x).filter((_, d) => d !== dim);
}

/** The shape of `toRows` of a tensor of this shape. */
export function rowsShape(shape: Shape): Shape {
  const classes = shape[shape.length === 1 ? 0 : 1];
  const others = shape.length === 1 ? [] : [shape[0], ...shape.slice(2)];
  return [numelOf(others), classes];
}

/** [N, C, d1, …] as [N·d1·…, C]. */
export function toRows(x: Tensor): Tensor {
  const classes = sizesOf(x)[classDim(x)];
  const last =
    x.ndim <= 2
      ? x
      : x.permute([
          0,
          ...sizesOf(x)
            .map((_, d) => d)
            .slice(2),
          1,
        ]);
  return last.reshape([numelOf(positionShape(x)), classes]);
}

/** What `toRows` made of a tensor of this shape, in that shape again. */
export function fromRows(rows: Tensor, shape: Shape): Tensor {
  if (shape.length <= 2) return rows.reshape(shape);
  const last = shape.length - 1;
  const moved = rows.reshape([shape[0], ...shape.slice(2), shape[1]]);
  return moved.permute([0, last, ...shape.map((_, d) => d).slice(1, last)]);
}

export interface Classes {
  rows: number;
  classes: number;
  /** Class indices, contiguous int32, one for each row. */
  target: Tensor;
  /** [C] of the input's element type, contiguous. */
  weight: Tensor | null;
  ignoreIndex: number;
  reduction: Reduction;
  /** The target's shape: that of losses without reduction. */
  positions: Shape;
}

/** @throws TypeError, RangeError for an input that holds no classes. */
export function checkClassInput(operation: string, input: Tensor): void {
  checkTensor(operation, 'input', input);
  checkFloat(operation, input);
  if (input.ndim === 0) {
    throw new RangeError(
      `${operation}: input must be [C], [N, C] or [N, C, d1, …] with a score for each class, got a single number`,
    );
  }
}

/**
 * Checks input, class indices and options before any of it is used as an address.
 * @throws TypeError for wrong element types; RangeError for shapes that do not match and classes out of range.
 */
export function checkClasses(
  operation: string,
  input: Tensor,
  given: Tensor,
  options: Resolved<ClassLossOptions>,
): Classes {
  checkTensor(operation, 'target', given);
  const target = given.dtype === 'uint8' ? cast(given, 'int32') : given;
  const classes = sizesOf(input)[classDim(input)];
  const positions = positionShape(input);
  if (target.dtype !== 'int32') {
    throw new TypeError(
      `${operation}: target must be int32 or uint8 class indices, got ${target.dtype}; convert it with to('int32')`,
    );
  }
  if (!sameShape(sizesOf(target), positions)) {
    throw new RangeError(
      `${operation}: input is ${showShape(sizesOf(input))}, so target must be ${showShape(positions)}, got ${showShape(sizesOf(target))}`,
    );
  }
  const { ignoreIndex, reduction } = options;
  const indices = dense(target);
  checkIndices(operation, indices, classes, ignoreIndex);
  return {
    rows: indices.numel,
    classes,
    target: indices,
    weight: checkWeight(operation, input, classes, options.weight),
    ignoreIndex,
    reduction,
    positions,
  };
}

function checkIndices(operation: string, target: Tensor, classes: number, ignore: number): void {
  const refusal = (what: string): string =>
    `${operation}: ${what} is not a class: the input has ${classes} (0 to ${classes - 1}), and ignoreIndex is ${ignore}`;
  verify(
    () => {
      const memory = elementsOf(target, target.numel);
      for (let i = 0; i < memory.length; i++) {
        const index = memory[i];
        if ((index >= 0 && index < classes) || index === ignore) continue;
        throw new RangeError(refusal(`target ${index} at position ${i}`));
      }
    },
    () => {
      const isClass = target.ge(0).logicalAnd(target.lt(classes));
      return [isClass.logicalOr(target.eq(ignore)), refusal('a target')];
    },
  );
}

export function checkWeight(
  operation: string,
  input: Tensor,
  classes: number,
  weight: Tensor | null,
): Tensor | null {
  if (weight === null) return null;
  checkTensor(operation, 'weight', weight);
  if (!sameShape(sizesOf(weight), [classes])) {
    throw new RangeError(
      `${operation}: weight must have one element for each of the ${classes} classes, got shape ${showShape(sizesOf(weight))}`,
    );
  }
  return contiguous(cast(weight, input.dtype));
}

/** Each row's class and its weight, [rows, 1]: both 0 in ignored rows. */
export function chosenWeights(
  like: Tensor,
  { target, weight, ignoreIndex, classes }: Classes,
): readonly [index: Tensor, weights: Tensor] {
  const column = target.reshape([-1, 1]);
  const isIgnored = column.eq(ignoreIndex);
  const index = column.maskedFill(isIgnored, 0);
  if (weight === null || classes === 0) {
    return [index, cast(isIgnored.logicalNot(), like.dtype)];
  }
  const each = weight.indexSelect(0, index.reshape([-1])).reshape([-1, 1]);
  return [index, each.maskedFill(isIgnored, 0)];
}

/** weight[t] at each row's class, 0 elsewhere and in ignored rows: [rows, C]. */
export function classWeights(
  like: Tensor,
  { target, weight, ignoreIndex, classes }: Classes,
): Tensor {
  const index = target.reshape([-1, 1]);
  const chosen = arange(classes, { dtype: 'int32' }).eq(index).logicalAnd(index.ne(ignoreIndex));
  return weight === null ? cast(chosen, like.dtype) : weight.where(chosen, 0);
}

/** The name of PyTorch's node: one for matrices, one for images, which other shapes are turned into. */
export function nllNode(input: Tensor, reduction: Reduction): string {
  if (input.ndim <= 2) return 'NllLossBackward0';
  return input.ndim === 4 || reduction !== 'none' ? 'NllLoss2DBackward0' : 'ViewBackward0';
}
