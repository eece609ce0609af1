/** Checks of constructor arguments that layers share. */

/** @throws TypeError or RangeError unless `value` is an integer of at least `least`. */
export function checkCount(layer: string, name: string, value: unknown, least = 0): void {
  if (typeof value !== 'number') {
    throw new TypeError(
      `${layer}: ${name} must be a number, got ${value === null ? 'null' : typeof value}`,
    );
  }
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${layer}: ${name} must be an integer of at least ${least}, got ${value}`);
  }
}

/** @throws TypeError or RangeError unless `value` is a number from 0 to 1. */
export function checkProbability(operation: string, name: string, value: unknown): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${operation}: ${name} must be a number, got ${typeof value}`);
  }
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`${operation}: ${name} must be a probability from 0 to 1, got ${value}`);
  }
}

/** A boolean as PyTorch prints it. */
export const showBoolean = (value: boolean): string => (value ? 'True' : 'False');
