/** Metrics of a validation: named ones, which count over all batches, and functions, whose means over the batches are taken. */
import {
  arrayOf,
  describe,
  either,
  functionOf,
  isArray,
  nearest,
  oneOf,
  recordOf,
} from '../../check';
import { isFloat } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

/** A metric that has a name. */
export type MetricName = 'accuracy' | 'mae' | 'mse' | 'rmse';

/** A number that says how well an output meets its target: of a batch. */
export type MetricFunction = (output: Tensor, target: Tensor) => number | Tensor;

/** Metrics by the names that they have in the history, or the names of some. */
export type Metrics = readonly MetricName[] | Readonly<Record<string, MetricName | MetricFunction>>;

/** The same, each by its name in the history. */
export type NamedMetrics = ReadonlyMap<string, MetricName | MetricFunction>;

/** What of the batches so far is kept: a metric is a function of a sum and a count. */
interface Sum {
  total: number;
  count: number;
}

interface Kind {
  /** Adds a batch. */
  add(output: Tensor, target: Tensor, sum: Sum): void;
  /** The metric, of the mean. */
  readonly result: (mean: number) => number;
  /** Whether more is better. */
  readonly isHigher: boolean;
}

const same = (mean: number): number => mean;

// As cross entropy has it: scores [N, C, …] or [C], classes [N, …] or []; −100 marks what does not count.
function addAccuracy(output: Tensor, target: Tensor, sum: Sum): void {
  const sizes = sizesOf(output);
  const expected = sizes.length === 1 ? [] : [sizes[0], ...sizes.slice(2)];
  const fits = sizes.length > 0 && !isFloat(target.dtype);
  if (!fits || String(expected) !== String(sizesOf(target))) {
    throw new RangeError(
      `train.fit: accuracy takes scores [N, C, …] and integer classes [N, …], got ${showShape(sizes)} and ${target.dtype} ${showShape(sizesOf(target))}; give a function of (output, target) for others`,
    );
  }
  const guessed = output.argmax(sizes.length === 1 ? 0 : 1).toTypedArray();
  const wanted = target.toTypedArray();
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i] === -100) continue;
    sum.count++;
    if (wanted[i] === guessed[i]) sum.total++;
  }
}

const addErrors =
  (of: (difference: Tensor) => Tensor) =>
  (output: Tensor, target: Tensor, sum: Sum): void => {
    if (String(sizesOf(output)) !== String(sizesOf(target))) {
      throw new RangeError(
        `train.fit: output and target must have one shape, got ${showShape(sizesOf(output))} and ${showShape(sizesOf(target))}`,
      );
    }
    sum.total += of(output.sub(target).double()).sum().item();
    sum.count += output.numel;
  };
const addSquares = addErrors((difference) => difference.square());

const kinds: Readonly<Record<MetricName, Kind>> = {
  accuracy: { add: addAccuracy, result: same, isHigher: true },
  mae: { add: addErrors((difference) => difference.abs()), result: same, isHigher: false },
  mse: { add: addSquares, result: same, isHigher: false },
  rmse: { add: addSquares, result: Math.sqrt, isHigher: false },
};
export const metricNames = Object.keys(kinds) as MetricName[];

function ofFunction(name: string, metric: MetricFunction): Kind {
  return {
    add(output, target, sum) {
      const found = metric(output, target);
      const value = isTensor(found) && found.numel === 1 ? found.item() : found;
      if (typeof value !== 'number') {
        throw new TypeError(
          `train.fit: metric '${name}' must return a number or a Tensor of one element, got ${describe(found)}`,
        );
      }
      sum.total += value;
      sum.count++;
    },
    result: same,
    isHigher: false,
  };
}

/** Whether a metric of the options is better when it is higher: of those whose name says so. */
export const isHigherBetter = (metrics: NamedMetrics, name: string): boolean => {
  const given = metrics.get(name);
  return typeof given === 'string' && kinds[given].isHigher;
};

// eslint-disable-next-line no-restricted-syntax -- the names of the table above
const anyName = oneOf(...metricNames);

/** What the option may be. */
export const anyMetrics = either<Metrics>(
  arrayOf(anyName, `an array of names (${metricNames.join(', ')})`),
  recordOf(
    either<MetricName | MetricFunction>(anyName, functionOf()),
    'an object of names and functions of (output, target)',
  ),
);

/** What the rule has let through, by name. */
export const named = (metrics: Metrics): NamedMetrics =>
  new Map(isArray(metrics) ? metrics.map((name) => [name, name]) : Object.entries(metrics));

/** Metrics of the batches of one validation. */
export class MetricSums {
  readonly #kinds: readonly (readonly [string, Kind, Sum])[];

  constructor(metrics: NamedMetrics) {
    this.#kinds = [...metrics].map(([name, metric]) => [
      name,
      typeof metric === 'string' ? kinds[metric] : ofFunction(name, metric),
      { total: 0, count: 0 },
    ]);
  }

  /** Adds a batch. */
  add(output: Tensor, target: Tensor): void {
    for (const [, kind, sum] of this.#kinds) kind.add(output, target, sum);
  }

  /** The metrics by name; NaN where nothing was counted. */
  results(): Record<string, number> {
    return Object.fromEntries(
      this.#kinds.map(([name, kind, { total, count }]) => [name, kind.result(total / count)]),
    );
  }
}

/** The known name that is nearest to one that is not, for a message. */
export const nearestOf = (name: string, names: readonly string[]): string => {
  const near = nearest(name, names);
  return near === undefined ? `known are ${names.join(', ')}` : `did you mean '${near}'?`;
};
