// Random calls of everything public, found from the exports: a call that works (test/surface/samples) with some of its
// arguments and options replaced by hostile ones, then with its result used. What comes back is a result that holds together or
// an error in our own form.
import { types } from 'node:util';
import * as o from 'ostinato';
import { fault } from '../surface/fault';
import { makeCall, sampleOf, type Sample } from '../surface/samples';
import { isMade, publicCalls, type PublicCall } from '../surface/surface';
import { anyTensor, hostile } from './hostile';
import { randomOf, type Random } from './random';

// Found once: the exports are read through the type checker.
let calls: readonly PublicCall[] | null = null;
const allCalls = (): readonly PublicCall[] =>
  (calls ??= publicCalls().filter((call) => isMade(call) && sampleOf(call.name) !== null));

/** Steps that are asked for are taken: not for hours. */
const steps = new Set(['length', 'maxLength']);
const mostSteps = 1000;
const bounded = (key: string, value: unknown): unknown =>
  steps.has(key) && typeof value === 'number' && value > mostSteps ? mostSteps : value;

function spoil(sample: Sample, options: readonly string[], random: Random): Sample {
  const args = [...sample.args];
  const changed = random.pick([0, 1, 1, 1, 2, 3]);
  for (let k = 0; k < changed && args.length > 0; k++) {
    const i = random.below(args.length);
    args[i] =
      sample.args[i] instanceof o.Tensor && random.chance(0.6)
        ? anyTensor(random)
        : hostile(random);
  }
  if (random.chance(0.05)) args.push(hostile(random));
  if (random.chance(0.05)) args.length = random.below(args.length + 1);
  let given: Record<string, unknown> | undefined = sample.options && { ...sample.options };
  for (const key of options) {
    if (random.chance(0.15)) given = { ...given, [key]: bounded(key, hostile(random)) };
    else if (random.chance(0.3) && given !== undefined) delete given[key];
  }
  return { on: sample.on, args, options: random.chance(0.3) ? undefined : given };
}

/** What is wrong with a tensor as such: its elements are where its memory is. */
function disorder(x: o.Tensor): string | null {
  const { shape, strides, offset, storage } = x as unknown as {
    shape: number[];
    strides: number[];
    offset: number;
    storage: { byteLength: number };
  };
  if (shape.length !== strides.length) return `${shape.length} sizes and ${strides.length} strides`;
  const bad = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad !== undefined) return `a size of ${bad}`;
  if (shape.includes(0)) return null;
  const bytes = { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1 }[x.dtype];
  const last = shape.reduce((sum, size, i) => sum + (size - 1) * Math.max(0, strides[i]), offset);
  const first = shape.reduce((sum, size, i) => sum + (size - 1) * Math.min(0, strides[i]), offset);
  return first < 0 || (last + 1) * bytes > storage.byteLength
    ? `elements ${first} to ${last} in ${storage.byteLength} bytes`
    : null;
}

function tensorsIn(value: unknown, depth = 0): o.Tensor[] {
  // A Proxy is not read.
  if (types.isProxy(value)) return [];
  // What only inherits from a tensor is none.
  if (value instanceof o.Tensor) return Object.hasOwn(value, 'storage') ? [value] : [];
  if (depth > 2 || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value))
    return Array.prototype.slice.call(value, 0, 20).flatMap((item) => tensorsIn(item, depth + 1));
  return [];
}

/** Uses a result as a program would: reads it, changes it and what it was made from, goes back through it. */
function use(result: unknown, sample: Sample, random: Random): void {
  const made = tensorsIn(result).filter((x) => x.numel < 1e5);
  for (const x of made) {
    const wrong = disorder(x);
    if (wrong !== null) throw new Error(`internal: a result with ${wrong}`);
    x.toArray();
  }
  const given = tensorsIn(sample.args);
  if (given.length > 0 && random.chance(0.3)) {
    const x = random.pick(given);
    attempt(() =>
      o.noGrad(() => (random.chance(0.5) ? x.zero_() : x.fill_(random.pick([1e9, -1, 3])))),
    );
  }
  for (const x of made) {
    if (!x.requiresGrad || random.chance(0.3)) continue;
    attempt(() => {
      const create = random.chance(0.3);
      const loss = x.sum();
      loss.backward({ createGraph: create, retainGraph: random.chance(0.3) });
      for (const { grad } of given) {
        if (grad === null) continue;
        const wrong = disorder(grad);
        if (wrong !== null) throw new Error(`internal: a gradient with ${wrong}`);
        if (create && grad.requiresGrad) grad.square().sum().backward();
      }
      if (random.chance(0.1)) loss.backward();
    });
    if (random.chance(0.2)) attempt(() => x.contiguous().view([-1]).add(1));
  }
}

// Faults found so far; an error in our form is none.
let faults: string[] = [];

function attempt(f: () => unknown): unknown {
  try {
    return f();
  } catch (error) {
    note(error);
    return undefined;
  }
}

function note(error: unknown): void {
  // What a hostile callback throws is the user's.
  if (error instanceof Error && error.message.startsWith('the user: ')) return;
  const wrong = fault(error);
  if (wrong !== null) faults.push(wrong);
}

/** Makes the call that `seed` decides; what was found wrong. */
export async function checkCall(seed: number): Promise<string[]> {
  const random = randomOf(seed);
  const call = random.pick(allCalls());
  o.manualSeed(seed);
  faults = [];
  const sample = spoil(sampleOf(call.name)!, call.options, random);
  await attemptAsync(async () => {
    const result = makeCall(call, sample);
    use(types.isPromise(result) ? await result : result, sample, random);
  });
  o.setNumThreads(1 + random.below(2));
  // setGradEnabled(false) without a function stays in force.
  o.setGradEnabled(true);
  return faults.map((wrong) => `${call.name}: ${wrong}`);
}

async function attemptAsync(f: () => Promise<void>): Promise<void> {
  try {
    await f();
  } catch (error) {
    note(error);
  }
}
