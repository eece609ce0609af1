/** Gives autograd the operations that the backward walk uses. */
import { noGrad } from '../autograd/mode';
import { setArithmetic } from '../autograd/arithmetic';
import { family } from '../native/families';
import type { DType } from '../tensor/dtype';
import type { Shape } from '../tensor/shape';
import { bumpVersion, type Tensor } from '../tensor/tensor';
import { cast } from './copying/cast';
import { rowMajorCopy } from './copying/row-major';
import { applyBinary } from './kernels/launch';
import { add } from './elementwise/arithmetic';
import { constant, onesLike } from './creation/factories';
import { stack } from './joining/cat';
import { unbroadcast } from './declare/unbroadcast';

const sums = family('add');

/** a += b without recording; a and b of one shape and type. */
function addInPlace(a: Tensor, b: Tensor): void {
  applyBinary('add', sums, a, b, a);
  bumpVersion(a);
}

const hasNaN = (a: Tensor): boolean => noGrad(() => a.isnan().any().item() !== 0);

const zeros = (shape: Shape, dtype: DType): Tensor => constant(shape, 0, dtype);

setArithmetic({
  add,
  addInPlace,
  clone: rowMajorCopy,
  convert: cast,
  hasNaN,
  onesLike,
  stack,
  sumTo: unbroadcast,
  zeros,
});
