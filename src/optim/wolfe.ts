/** The line search of L-BFGS: a step along a direction that meets the strong Wolfe conditions, by cubic interpolation. */
import type { Tensor } from '../tensor/tensor';

/** A point on the line: the step, the objective there, its gradient, and the gradient along the direction. */
export interface Point {
  readonly t: number;
  readonly f: number;
  readonly g: Tensor;
  readonly slope: number;
}

/** The objective at step t along the direction. */
export type Evaluate = (t: number) => Point;

/** The minimum of the cubic through two points with their slopes, between bounds. */
function interpolate(a: Point, b: Point, bounds?: readonly [number, number]): number {
  const [low, high] = bounds ?? (a.t <= b.t ? [a.t, b.t] : [b.t, a.t]);
  const d1 = a.slope + b.slope - (3 * (a.f - b.f)) / (a.t - b.t);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const at =
    a.t <= b.t
      ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  const above = low > at ? low : at;
  return high < above ? high : above;
}

/**
 * A point with f(t) ≤ f(0) + c1·t·slope(0) and |slope(t)| ≤ c2·|slope(0)| (Nocedal and Wright, algorithms 3.5 and 3.6), or the best one of
 * `maxEvaluations` and one more.
 * @param start the point at step 0
 * @param first the step to begin with
 * @param longest the largest element of the direction, by which a bracket too short to matter is known
 */
export function strongWolfe(
  evaluate: Evaluate,
  start: Point,
  first: number,
  longest: number,
  maxEvaluations: number,
): { readonly point: Point; readonly evaluations: number } {
  const [c1, c2, toleranceChange] = [1e-4, 0.9, 1e-9];
  const tooHigh = (point: Point): boolean => point.f > start.f + c1 * point.t * start.slope;
  const flat = (point: Point): boolean => Math.abs(point.slope) <= -c2 * start.slope;

  // A bracket that contains such a point.
  let before = start;
  let now = evaluate(first);
  let evaluations = 1;
  let rounds = 0;
  let bracket: [Point, Point] | null = null;
  while (rounds < maxEvaluations) {
    if (tooHigh(now) || (rounds > 1 && now.f >= before.f)) {
      bracket = [before, now];
      break;
    }
    if (flat(now)) return { point: now, evaluations };
    if (now.slope >= 0) {
      bracket = [before, now];
      break;
    }
    const next = interpolate(before, now, [now.t + 0.01 * (now.t - before.t), now.t * 10]);
    before = now;
    now = evaluate(next);
    evaluations++;
    rounds++;
  }
  bracket ??= [start, now];

  // The bracket is made shorter.
  let [low, high]: [0 | 1, 0 | 1] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0];
  let insufficient = false;
  while (rounds < maxEvaluations) {
    const [a, b] = bracket;
    if (Math.abs(b.t - a.t) * longest < toleranceChange) break;
    let t = interpolate(a, b);
    const [least, most] = a.t <= b.t ? [a.t, b.t] : [b.t, a.t];
    const margin = 0.1 * (most - least);
    if (Math.min(most - t, t - least) < margin) {
      // Near an end, twice or at it: a tenth of the bracket away from there.
      if (insufficient || t >= most || t <= least) {
        t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
        insufficient = false;
      } else insufficient = true;
    } else insufficient = false;
    now = evaluate(t);
    evaluations++;
    rounds++;
    if (tooHigh(now) || now.f >= bracket[low].f) {
      bracket[high] = now;
      [low, high] = bracket[0].f <= bracket[1].f ? [0, 1] : [1, 0];
    } else {
      const done = flat(now);
      if (!done && now.slope * (bracket[high].t - bracket[low].t) >= 0)
        bracket[high] = bracket[low];
      bracket[low] = now;
      if (done) break;
    }
  }
  return { point: bracket[low], evaluations };
}
