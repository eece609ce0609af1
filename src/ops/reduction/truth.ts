/** any, all: whether some or every element is not 0. Bool results, no gradients. */
import { kernel } from '../../native/kernels';
import { empty, type Tensor } from '../../tensor/tensor';
import { cast } from '../cast';
import { checkTensor } from '../elementwise';
import { reduceOver, type Dims } from '../reduce';

export interface KeepdimOptions {
  /** Keep the reduced dimensions with size 1. */
  keepdim?: boolean;
}

type Truth = (x: Tensor, dim?: Dims, options?: KeepdimOptions) => Tensor;

function truth(name: string): Truth {
  const kernels = { u8: kernel(name) };
  return (x, dim, options = {}) => {
    checkTensor(name, 'x', x);
    const source = cast(x, 'bool');
    return reduceOver(name, kernels, source, dim, options.keepdim ?? false, (shape) =>
      empty(shape, 'bool'),
    ).out;
  };
}

/** Whether any element, over all dimensions or over `dim`, is not 0 (torch.any). False of no elements. */
export const any = truth('any');
/** Whether all elements, over all dimensions or over `dim`, are not 0 (torch.all). True of no elements. */
export const all = truth('all');
