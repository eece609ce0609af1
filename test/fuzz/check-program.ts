// The ways in which a random program must agree with itself.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import { bitsOf, flat } from '../support';
import {
  along,
  describeProgram,
  direction,
  evaluate,
  leavesOf,
  lossOf,
  makeProgram,
  type Program,
} from './programs';

const plainly = { inPlace: false } as const;

/** What was found wrong; empty for a program that is right. */
export function checkProgram(seed: number, digest: (bits: string) => void): string[] {
  const program = makeProgram(seed);
  const found: string[] = [];
  const check = (what: string, f: () => string | null): void => {
    let wrong: string | null;
    try {
      wrong = f();
    } catch (error) {
      wrong = `threw ${String(error)}`;
    }
    if (wrong !== null) found.push(`${what}: ${wrong}`);
  };

  const leaves = leavesOf(program, 'float64');
  let hooks = 0;
  let made: Tensor[] = [];
  let gradients: (Tensor | null)[] = [];
  check('run', () => {
    try {
      made = evaluate(program, leaves, { inPlace: true, onHook: () => void hooks++ });
    } catch (error) {
      // The mean of nothing is NaN, which is in no loss's domain.
      if (error instanceof RangeError && error.message.includes('got NaN at position')) return null;
      throw error;
    }
    gradients = gradientsOf(made, leaves);
    digest(JSON.stringify([made, gradients].flat().map(bitsOf)));
    return null;
  });
  // The mean of nothing is NaN, and so is what comes after it: there is nothing to compare.
  const finite = made.every((x) => flat(x).every(Number.isFinite));
  if (found.length === 0 && made.length > 0 && finite) {
    check('again, not in place', () => {
      const others = leavesOf(program, 'float64');
      const result = evaluate(program, others, plainly);
      return sameBits(made, result) ?? near(gradientsOf(result, others), gradients, 1e-12);
    });
    check('compiled', () => compiledAgrees(program, made, gradients));
    check('compiled, of tensors from outside', () => capturedAgrees(program));
    if (program.steps.some(({ entry }) => entry.reference !== undefined)) {
      check('by its equations', () => {
        const others = leavesOf(program, 'float64');
        const result = evaluate(program, others, { inPlace: false, byReference: true });
        return near(result, made, 1e-10) ?? near(gradientsOf(result, others), gradients, 1e-9);
      });
    }
    check('float32', () => narrowAgrees(program, made));
    check('first derivative', () => derivative(program, gradients));
    check('second derivative', () => secondDerivative(program));
  }
  return found.length === 0 ? [] : [`    ${describeProgram(program)}`, ...found];
}

const gradientsOf = (made: readonly Tensor[], leaves: readonly Tensor[]): (Tensor | null)[] => {
  const loss = lossOf(made);
  if (!loss.requiresGrad) return leaves.map(() => null);
  return o.autograd.grad(loss, leaves, { allowUnused: true });
};

function sameBits(a: readonly Tensor[], b: readonly Tensor[]): string | null {
  const [first, second] = [a, b].map((tensors) => tensors.map((x) => JSON.stringify(bitsOf(x))));
  const at = first.findIndex((bits, i) => bits !== second[i]);
  return at < 0 && first.length === second.length ? null : `result ${at} has other bits`;
}

function near(
  actual: readonly (Tensor | null)[],
  expected: readonly (Tensor | null)[],
  tolerance: number,
): string | null {
  for (const [i, x] of actual.entries()) {
    const y = expected[i];
    if (x === null && y === null) continue;
    const a = x === null ? y!.mul(0) : x;
    const b = y === null ? x!.mul(0) : y;
    const [p, q] = [flat(a), flat(b)];
    const scale = q.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    const at = p.findIndex((value, k) => !(Math.abs(value - q[k]) <= tolerance * scale));
    if (at >= 0 || p.length !== q.length) return `${i}: element ${at} is ${p[at]}, not ${q[at]}`;
  }
  return null;
}

// What compile refuses, it refuses in a sentence: the shape of its result depends on values.
const isRefused = (error: unknown): boolean => /^compile: /.test((error as Error).message);

function compiledAgrees(
  program: Program,
  made: readonly Tensor[],
  gradients: readonly (Tensor | null)[],
): string | null {
  const compiled = o.compile((...inputs: Tensor[]) => evaluate(program, inputs, plainly));
  for (const call of ['first', 'second']) {
    const leaves = leavesOf(program, 'float64');
    let result: Tensor[];
    try {
      result = compiled(...leaves);
    } catch (error) {
      if (isRefused(error)) return null;
      throw error;
    }
    const wrong = sameBits(made, result) ?? near(gradientsOf(result, leaves), gradients, 1e-12);
    if (wrong !== null) return `${call} call, ${wrong}`;
  }
  return null;
}

// Without gradients, and from the fifth run on with packed weights that are kept; the tensors change in between, by value and by memory.
function capturedAgrees(program: Program): string | null {
  const leaves = leavesOf(program, 'float64').map((x) => x.detach());
  const compiled = o.compile(() => evaluate(program, leaves, plainly));
  const changes = [
    (x: Tensor): void => void x.mul_(0.99),
    (x: Tensor): void => void (x.data = x.mul(0.99)),
    (): void => undefined,
  ];
  for (const [turn, change] of changes.entries()) {
    const expected = evaluate(program, leaves, plainly);
    for (let run = 0; run < 6; run++) {
      let result: Tensor[];
      try {
        result = compiled();
      } catch (error) {
        if (isRefused(error)) return null;
        throw error;
      }
      const wrong = sameBits(expected, result);
      if (wrong !== null) return `after ${turn} changes, run ${run}, ${wrong}`;
    }
    leaves.forEach(change);
  }
  return null;
}

// float32 is as far from float64 as the program magnifies a rounding error of its leaves.
function narrowAgrees(program: Program, made: readonly Tensor[]): string | null {
  const narrow = evaluate(program, leavesOf(program, 'float32'), { inPlace: true });
  const moved = evaluate(
    program,
    leavesOf(program, 'float64', (value, leaf, i) => value + 1e-6 * direction(leaf, i, 3)),
    plainly,
  );
  for (const [i, x] of made.entries()) {
    const [a, b, c] = [narrow[i], x, moved[i]].map(flat);
    if (a.length !== b.length) return `result ${i} has ${a.length} elements, not ${b.length}`;
    const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    const magnified = b.reduce((most, value, k) => Math.max(most, Math.abs(value - c[k])), 0);
    const at = a.findIndex(
      (value, k) => !(Math.abs(value - b[k]) <= 1e-4 * scale + 10 * magnified),
    );
    if (at >= 0) return `result ${i}, element ${at} is ${a[at]}, not ${b[at]}`;
  }
  return null;
}

/** Whether a derivative is what central differences of f say, at one step at least: others meet a kink or rounding. */
function agrees(analytic: number, f: (h: number) => number): string | null {
  const differences = [1e-4, 1e-5, 1e-6, 1e-7].map((h) => (f(h) - f(-h)) / (2 * h));
  const size = Math.max(1, Math.abs(analytic));
  return differences.some((d) => Math.abs(d - analytic) <= 1e-5 * size)
    ? null
    : `${analytic}, by differences ${differences.join(', ')}`;
}

const shifted = (program: Program, h: number): Tensor[] =>
  leavesOf(program, 'float64', (value, leaf, i) => value + h * direction(leaf, i, 1));

function derivative(program: Program, gradients: readonly (Tensor | null)[]): string | null {
  return agrees(along(gradients, 1).item(), (h) =>
    o.noGrad(() => lossOf(evaluate(program, shifted(program, h), plainly)).item()),
  );
}

// The derivative along direction 1 of the gradient's product with direction 2.
function secondDerivative(program: Program): string | null {
  const product = (h: number, create: boolean): [Tensor, Tensor[]] => {
    const leaves = shifted(program, h);
    const loss = lossOf(evaluate(program, leaves, { inPlace: create }));
    if (!loss.requiresGrad) return [o.zeros([], { dtype: 'float64' }), leaves];
    const options = { allowUnused: true, createGraph: create };
    return [along(o.autograd.grad(loss, leaves, options), 2), leaves];
  };
  const [value, leaves] = product(0, true);
  const second = value.requiresGrad
    ? along(o.autograd.grad(value, leaves, { allowUnused: true }), 1).item()
    : 0;
  return agrees(second, (h) => product(h, false)[0].item());
}
