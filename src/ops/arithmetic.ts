/** Gives autograd the few operations that its walk is made of. */
import { setArithmetic } from '../autograd/arithmetic';
import { add, addInto } from './add';
import { clone } from './clone';
import { onesLike } from './factories';

setArithmetic({ add, addInPlace: addInto, clone, onesLike });
