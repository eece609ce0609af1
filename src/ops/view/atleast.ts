/** atleast1d, atleast2d, atleast3d, broadcastTensors: several tensors seen with dimensions that they lack. */
import { isTensor } from '../../tensor/rules';
import { broadcastShapes, type Shape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { listedTensors, type Listed } from '../arguments/tensors';
import { expand } from './expand';
import { reshape } from './reshape';
import { unsqueeze } from './select';

/** A number as [1]. */
export const least1d = (x: Tensor): Tensor => (x.ndim === 0 ? reshape(x, [1]) : x);
/** A number as [1, 1], a vector as [1, N]. */
export const least2d = (x: Tensor): Tensor =>
  x.ndim === 0 ? reshape(x, [1, 1]) : x.ndim === 1 ? unsqueeze(x, 0) : x;
/** A number as [1, 1, 1], a vector as [1, N, 1], a matrix as [M, N, 1]. */
export function least3d(x: Tensor): Tensor {
  if (x.ndim === 0) return reshape(x, [1, 1, 1]);
  if (x.ndim === 1) return unsqueeze(unsqueeze(x, 0), 2);
  return x.ndim === 2 ? unsqueeze(x, 2) : x;
}

// One tensor gives one, everything else an array.
function ofEach(
  operation: string,
  given: readonly unknown[],
  seen: (x: Tensor) => Tensor,
): Tensor | Tensor[] {
  const list = listedTensors(operation, given).map(seen);
  return given.length === 1 && isTensor(given[0]) ? list[0] : list;
}

/**
 * Tensors seen with at least one dimension: a number as [1] (torch.atleast_1d). Views.
 * @param tensors one tensor, which gives one; several, or an array of them, which give an array
 * @throws TypeError for what is no tensor.
 * @example atleast1d(tensor(5)) // [5]
 */
export function atleast1d(x: Tensor): Tensor;
export function atleast1d(...tensors: Listed): Tensor[];
export function atleast1d(...tensors: Listed): Tensor | Tensor[] {
  return ofEach('atleast1d', tensors, least1d);
}

/**
 * Tensors seen with at least two dimensions: a number as [1, 1], a vector as [1, N] (torch.atleast_2d). Views.
 * @param tensors one tensor, which gives one; several, or an array of them, which give an array
 * @throws TypeError for what is no tensor.
 * @example atleast2d(tensor([1, 2])) // [[1, 2]]
 */
export function atleast2d(x: Tensor): Tensor;
export function atleast2d(...tensors: Listed): Tensor[];
export function atleast2d(...tensors: Listed): Tensor | Tensor[] {
  return ofEach('atleast2d', tensors, least2d);
}

/**
 * Tensors seen with at least three dimensions: a number as [1, 1, 1], a vector as [1, N, 1], a matrix as [M, N, 1]
 * (torch.atleast_3d). Views.
 * @param tensors one tensor, which gives one; several, or an array of them, which give an array
 * @throws TypeError for what is no tensor.
 * @example atleast3d(tensor([1, 2])) // [[[1], [2]]]
 */
export function atleast3d(x: Tensor): Tensor;
export function atleast3d(...tensors: Listed): Tensor[];
export function atleast3d(...tensors: Listed): Tensor | Tensor[] {
  return ofEach('atleast3d', tensors, least3d);
}

/**
 * The tensors expanded to the shape that they broadcast to together (torch.broadcast_tensors). Views.
 * @param tensors one by one, or one array of them
 * @throws TypeError for what is no tensor; RangeError when the shapes do not broadcast.
 * @example broadcastTensors(tensor([1, 2]), tensor([[3]])).map((x) => x.toArray()) // [[[1, 2]], [[3, 3]]]
 */
export function broadcastTensors(...tensors: Listed): Tensor[] {
  const list = listedTensors('broadcastTensors', tensors);
  const shape = list.reduce<Shape>(
    (sizes, x) => broadcastShapes('broadcastTensors', sizes, sizesOf(x)),
    [],
  );
  return list.map((x) => expand(x, shape));
}
