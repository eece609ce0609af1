/** Parameters of distributions: numbers and tensors of one shape, and conditions on their values. */
import { describe, isArray, optionsTable, boolean, refuse } from '../check';
import { noGrad } from '../autograd/mode';
import { full } from '../ops/creation/factories';
import { cast } from '../ops/copying/cast';
import { verify } from '../ops/kernels/bounds';
import { isFloat, type DType } from '../tensor/dtype';
import { isTensor } from '../tensor/rules';
import { broadcastShapes, sameShape, type Shape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';

/** A parameter as users give it: a number for all, or a tensor of floats. */
export type GivenParameter = Tensor | number;

/** Options of every distribution. */
export interface DistributionOptions {
  /** Whether parameters and values are looked at, which reads them. Default: true. */
  validateArgs?: boolean;
}

export const distributionOptions = optionsTable<DistributionOptions>('Distribution', {
  validateArgs: boolean.or(true),
});

/** What values must be: in words, and as a condition on each. */
export type Constraint = readonly [must: string, holds: (x: Tensor) => Tensor];

export const aboveZero: Constraint = ['above 0', (x) => x.gt(0)];
export const atLeastZero: Constraint = ['at least 0', (x) => x.ge(0)];
export const anyReal: Constraint = ['a number', (x) => x.eq(x)];
export const fromZeroToOne: Constraint = ['from 0 to 1', (x) => x.ge(0).logicalAnd(x.le(1))];

/**
 * Parameters of one shape and one element type of floats; numbers are float32 where no tensor says otherwise.
 * @throws TypeError for what is neither a number nor a tensor of floats; RangeError for shapes that do not broadcast.
 */
export function broadcastAll<Name extends string>(
  operation: string,
  given: Readonly<Record<Name, unknown>>,
): Record<Name, Tensor> {
  const entries = Object.entries<unknown>(given);
  for (const [name, x] of entries) {
    if (typeof x === 'number') continue;
    if (!isTensor(x)) {
      const hint = isArray(x) ? '; make it a tensor with tensor(…)' : '';
      throw new TypeError(
        `${operation}: ${name} must be a number or a Tensor, got ${describe(x)}${hint}`,
      );
    }
    if (!isFloat(x.dtype)) refuse(operation, name, 'a tensor of floats', x);
  }
  const tensors = entries.flatMap(([, x]) => (isTensor(x) ? [x] : []));
  const dtype = tensors.reduce<DType>(
    (type, x) => (x.dtype === 'float64' ? x.dtype : type),
    'float32',
  );
  const shape = tensors.reduce<Shape>((all, x) => broadcastShapes(operation, all, sizesOf(x)), []);
  const conformed = entries.map(([name, x]) => {
    if (!isTensor(x)) return [name, full([...shape], x as number, { dtype })] as const;
    const same = cast(x, dtype);
    return [name, sameShape(sizesOf(same), shape) ? same : same.expand(shape)] as const;
  });
  return Object.fromEntries(conformed) as Record<Name, Tensor>;
}

/** @throws RangeError for an element that is not what the constraint says. */
export function checkEach(
  operation: string,
  name: string,
  x: Tensor,
  constraint: Constraint,
): void {
  const [must, holds] = constraint;
  const rule = `${operation}: every element of ${name} must be ${must}`;
  verify(
    () => {
      const kept = noGrad(() => holds(x.detach()));
      if (kept.all().item() !== 0) return;
      const at = kept
        .expand(sizesOf(x))
        .toTypedArray()
        .findIndex((yes) => yes === 0);
      throw new RangeError(`${rule}, got ${x.toTypedArray()[at]} at position ${at}`);
    },
    () => [holds(x), rule],
  );
}

/** Location and scale of one shape, and whether values are looked at, out of the arguments of a constructor. */
export function locationAndScale(
  name: string,
  loc: GivenParameter,
  scale: GivenParameter,
  options: DistributionOptions | undefined,
): { loc: Tensor; scale: Tensor; validateArgs: boolean } {
  const { validateArgs } = distributionOptions.read(options, name);
  const given = broadcastAll(name, { loc, scale });
  if (validateArgs) {
    checkEach(name, 'loc', given.loc, anyReal);
    checkEach(name, 'scale', given.scale, aboveZero);
  }
  return { ...given, validateArgs };
}
