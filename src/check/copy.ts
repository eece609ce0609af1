/**
 * Telling this copy of the package from others in the process: a second folder, an emptied `require.cache`,
 * `jest.resetModules()`. Each has classes of its own, so that another's tensor is no instance of this one's `Tensor`.
 */
const mark = Symbol.for('ostinato.tensor');
const thisCopy = {};

/** Marks what inherits from `prototype` as a tensor of this copy. */
export function markTensors(prototype: object): void {
  Object.defineProperty(prototype, mark, { value: thisCopy });
}

/** Whether another copy has marked `value` as its tensor. */
export function isTensorOfAnotherCopy(value: object): boolean {
  const copy: unknown = Reflect.get(value, mark);
  return copy !== undefined && copy !== thisCopy;
}
