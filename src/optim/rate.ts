/**
 * Learning rates: a number, or a tensor of one that is read at each step, so that whoever holds it sets the rate. In a group `lr` is always
 * read as a number; where a tensor was given, it is an accessor, and a schedule that sets it writes into the tensor.
 */
import { finiteFrom, refuse, rule, Rule } from '../check';
import { isFloat } from '../tensor/dtype';
import { isTensor } from '../tensor/rules';
import { showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { withGradMode } from '../autograd/mode';

const number = finiteFrom(0);

class RateRule extends Rule<number | Tensor> {
  override check(operation: string, name: string, value: unknown): number | Tensor {
    if (!isTensor(value)) return number.check(operation, name, value);
    if (value.numel !== 1) {
      const given = `one of shape ${showShape(sizesOf(value))}`;
      throw new RangeError(
        `${operation}: ${name} must be a number or a tensor of one element, got ${given}`,
      );
    }
    if (!isFloat(value.dtype)) {
      refuse(operation, name, 'a number or a tensor of a float', value.dtype);
    }
    number.check(operation, name, value.item());
    return value;
  }
}

/** What `lr` may be. */
export const rate: Rule<number | Tensor> = new RateRule(number.must);

/** Where the rate of `group` is a tensor, makes it one that is read and set through it. */
export function bindRate(operation: string, group: { lr?: unknown }): void {
  const { lr } = group;
  if (!isTensor(lr)) return;
  rate.check(operation, 'lr', lr);
  Object.defineProperty(group, 'lr', {
    enumerable: true,
    configurable: true,
    get: () => lr.item(),
    set(value: unknown) {
      if (typeof value === 'number') withGradMode(false, () => lr.fill_(value));
      else {
        Object.defineProperty(group, 'lr', { value, enumerable: true, configurable: true, writable: true }); // prettier-ignore
        bindRate(operation, group);
      }
    },
  });
}

/** A coefficient that may be 1. */
export const fraction = rule<number>(
  'a number from 0 to 1',
  (value) => typeof value === 'number',
  (value) => value >= 0 && value <= 1,
);
