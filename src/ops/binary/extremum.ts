/**
 * maximum, minimum: the larger (smaller) of a and b, NaN if either is. The gradient goes to the one that was
 * chosen, in halves to both where they are equal. Saves a and b.
 */
import { save } from '../../autograd/node';
import { family } from '../../native/kernels';
import type { Tensor } from '../../tensor/tensor';
import { eq, gt, lt } from '../compare/compare';
import { logicalAnd, logicalOr } from '../compare/logical';
import { where } from '../compare/where';
import { binary, checkTensor, converted, meetType, recordBinary, recorded } from '../elementwise';
import { mul } from '../mul';

function extremum(
  name: string,
  node: string,
  loses: (x: Tensor, y: Tensor) => Tensor,
  ofTruth: (x: Tensor, y: Tensor) => Tensor,
): (a: Tensor, b: Tensor) => Tensor {
  const kernels = family(name);
  // Where neither loses and they are not equal, one is NaN, and so is the result: both take part.
  const gradient = (g: Tensor, own: Tensor, other: Tensor): Tensor =>
    where(loses(own, other), 0, where(eq(own, other), mul(g, 0.5), g));
  return (a, b) => {
    checkTensor(name, 'a', a);
    checkTensor(name, 'b', b);
    const dtype = meetType(name, a, b);
    if (dtype === 'bool') return ofTruth(a, b);
    const x = converted(a, dtype) as Tensor;
    const y = converted(b, dtype) as Tensor;
    const out = binary(name, kernels, x, y, dtype);
    if (!recorded(x, y)) return out;
    const savedX = save(name, x);
    const savedY = save(name, y);
    return recordBinary(
      node,
      x,
      y,
      out,
      (g) => gradient(g, savedX.get(), savedY.get()),
      (g) => gradient(g, savedY.get(), savedX.get()),
    );
  };
}

/** The larger of a and b elementwise, with broadcasting (torch.maximum). */
export const maximum = extremum('maximum', 'MaximumBackward0', lt, logicalOr);
/** The smaller of a and b elementwise, with broadcasting (torch.minimum). */
export const minimum = extremum('minimum', 'MinimumBackward0', gt, logicalAnd);
