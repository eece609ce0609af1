/** Conditions on the values of tensors, where they are not known: in a trace. */
import { noGrad } from '../../autograd/mode';
import type { Tensor } from '../../tensor/tensor';
import { contiguous } from '../copying/clone';
import { cast } from '../copying/cast';
import { firstOutside } from '../indexing/rows';

/** In a trace: has each of its runs throw a RangeError of this message unless all of `conditions`, bool, is true. */
export function verifyInRuns(conditions: Tensor, message: string): void {
  noGrad(() => firstOutside(contiguous(cast(conditions, 'int32')), 1, 2, message));
}
