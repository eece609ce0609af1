/** Gives autograd the operations that the backward walk uses. */
import { noGrad } from '../autograd/mode';
import { setArithmetic } from '../autograd/arithmetic';
import { family } from '../native/families';
import { bumpVersion, type Tensor } from '../tensor/tensor';
import { clone } from './copying/clone';
import { applyBinary } from './kernels/launch';
import { add } from './elementwise/arithmetic';
import { onesLike } from './creation/factories';

const sums = family('add');

/** a += b without recording; a and b of one shape and type. */
function addInPlace(a: Tensor, b: Tensor): void {
  applyBinary('add', sums, a, b, a);
  bumpVersion(a);
}

const hasNaN = (a: Tensor): boolean => noGrad(() => a.isnan().any().item() !== 0);

setArithmetic({ add, addInPlace, clone, hasNaN, onesLike });
