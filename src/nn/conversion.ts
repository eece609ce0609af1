/** Parameters and buffers in another element type or memory. They stay the same objects, so that an optimizer keeps working on them. */
import { noGrad } from '../autograd/mode';
import { cast } from '../ops/copying/cast';
import { moveToShared } from '../ops/copying/share';
import { isFloat, type DType } from '../tensor/dtype';
import { executor } from '../tensor/executor';
import { floatDType } from '../tensor/rules';
import { replaceData, type Tensor } from '../tensor/tensor';

/** A module, as far as it has tensors. */
interface Holder {
  parameters(): readonly Tensor[];
  buffers(): readonly Tensor[];
}

/**
 * Converts float parameters and buffers and all gradients.
 * @throws TypeError unless `dtype` is float32 or float64.
 */
export function convertTo(module: Holder, dtype: DType): void {
  floatDType.check('to', 'dtype', dtype);
  executor.refuse('Module.to', 'it changes parameters; call it outside');
  const convert = (x: Tensor): void => {
    if (isFloat(x.dtype) && x.dtype !== dtype) replaceData(x, cast(x, dtype));
    if (x.grad !== null && x.grad.dtype !== dtype) x.grad = cast(x.grad, dtype);
  };
  noGrad(() => {
    for (const x of module.parameters()) convert(x);
    for (const x of module.buffers()) convert(x);
  });
}

/** Moves them and their gradients to memory that threads share. */
export function moveAllToShared(module: Holder): void {
  for (const x of [...module.parameters(), ...module.buffers()]) {
    moveToShared(x);
    if (x.grad !== null) moveToShared(x.grad);
  }
}
