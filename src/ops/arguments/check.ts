/** What every operation checks of its arguments first. */
import { got, isArray } from '../../check';
import { isFloat } from '../../tensor/dtype';
import { executor } from '../../tensor/executor';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

/** A tensor, or a number that broadcasts to any shape. */
export type Operand = Tensor | number;

/** An operand as users give it: `true` and `false` are numbers of type bool, as in PyTorch. */
export type GivenOperand = Operand | boolean;

/** @throws TypeError when `x` is not a tensor. */
export function checkTensor(operation: string, name: string, x: unknown): asserts x is Tensor {
  if (!isTensor(x)) refuseTensor(operation, name, x);
  executor.uses(x);
}

// A function of its own, here and wherever a check throws: V8 inlines what is short, and counts the sentence.
function refuseTensor(operation: string, name: string, x: unknown): never {
  throw new TypeError(
    `${operation}: ${name} must be a Tensor, got ${got(operation, name, x)}${isArray(x) ? '; make it one with tensor(…)' : ''}`,
  );
}

/** @throws TypeError when `x` is neither a tensor nor a number. */
export function checkOperand(operation: string, name: string, x: unknown): asserts x is Operand {
  if (typeof x !== 'number') checkTensor(operation, name, x);
}

/** @throws TypeError when the element types differ. */
export function checkTypes(operation: string, a: Tensor, b: Tensor, names = ['a', 'b']): void {
  if (a.dtype === b.dtype) return;
  throw new TypeError(
    `${operation}: ${names[0]} is ${a.dtype}, ${names[1]} is ${b.dtype}; convert one with to('${isFloat(a.dtype) ? a.dtype : b.dtype}')`,
  );
}
