// The cases of the fixtures below: values, element types, gradients and names of backward nodes as PyTorch's, and what it refuses.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';
import { autograd, Tensor, tensor, type DType } from 'ostinato';
import { namesIn } from './exports';
import { refusals } from './refusals';

type Value = number | boolean | string;
interface Encoded {
  s: number[];
  d: DType;
  v: Value[];
  g?: boolean;
}
type Argument = Encoded | Value | readonly Argument[];
export interface Case {
  op: string;
  args: Argument[];
  options?: Record<string, Argument>;
  out: (Encoded | boolean)[];
  node?: string;
  grads?: (Encoded | null)[];
  error?: string;
}

/** The files of cases, each written by the script of its name (fixtures/cases.py). */
const fixtures = ['ops', 'tensor', 'elementwise', 'more'];

export const casesOf = (name: string): Case[] =>
  JSON.parse(readFileSync(join(__dirname, `../fixtures/${name}.json`), 'utf8')) as Case[];
export const allCases = fixtures.flatMap(casesOf);

const number = (v: Value): number =>
  typeof v === 'string' ? Number(v.replace('inf', 'Infinity')) : Number(v);
const isList = (x: Argument): x is readonly Argument[] => Array.isArray(x);
const isEncoded = (x: Argument): x is Encoded =>
  typeof x === 'object' && !Array.isArray(x) && 's' in x;

function decoded(x: Argument, op: string): unknown {
  if (isEncoded(x)) {
    const out = tensor(x.v.map(number), { dtype: x.d }).reshape(x.s).clone().detach();
    return x.g ? out.requiresGrad_() : out;
  }
  if (isList(x)) return x.map((one) => decoded(one, op));
  // Options such as reduction are words; numbers that JSON cannot hold are written as words too.
  if (typeof x === 'string' && /^-?(inf|nan|0)$/.test(x)) return number(x);
  if (typeof x === 'boolean' || typeof x === 'string' || typeof x === 'number') return x;
  throw new Error(`${op}: an argument of the fixture is not understood`);
}

type Operation = (...args: unknown[]) => unknown;
const operations = ostinato as unknown as Record<string, Operation>;

export function run(one: Case): { args: unknown[]; outs: unknown[] } {
  const args = one.args.map((x) => decoded(x, one.op));
  const options = Object.entries(one.options ?? {}).map(([k, v]) => [k, decoded(v, one.op)]);
  const all = [...args];
  if (options.length > 0) all.push(Object.fromEntries(options));
  const out = operations[one.op](...all);
  const several = typeof out === 'object' && !(out instanceof Tensor);
  return { args, outs: several ? [...(out as Iterable<unknown>)] : [out] };
}

export function expectTensor(actual: unknown, expected: Encoded, tolerance: number): void {
  if (!(actual instanceof Tensor)) throw new Error('expected a tensor');
  expect({ shape: actual.shape, dtype: actual.dtype }).toEqual({
    shape: expected.s,
    dtype: expected.d,
  });
  const ours = Array.from(actual.toTypedArray());
  for (const [i, value] of expected.v.map(number).entries()) {
    const close =
      Object.is(ours[i], value) ||
      (ours[i] === value && value !== 0) ||
      Math.abs(ours[i] - value) <= tolerance * Math.max(1, Math.abs(value));
    if (!close) throw new Error(`element ${i} is ${ours[i]}, PyTorch has ${value}`);
  }
}

export const toleranceOf = (dtype: DType): number => (dtype === 'float32' ? 2e-6 : 1e-11);

export const title = (one: Case): string => {
  const show = (x: Argument): string =>
    isEncoded(x)
      ? `${x.d}[${x.s.join(',')}]`
      : isList(x)
        ? `[${x.map(show).join(',')}]`
        : JSON.stringify(x);
  const options = Object.entries(one.options ?? {}).map(([k, v]) => `${k}: ${show(v)}`);
  return `${one.op}(${[...one.args.map(show), ...options].join(', ')})`;
};

/** Declares the tests of the cases of the operations in src/ops/<folder>. */
export function testParity(folder: string): void {
  const names = namesIn(folder);
  const cases = allCases.filter(({ op }) => names.includes(op));

  describe('as PyTorch', () => {
    for (const [at, one] of cases.filter(({ error }) => error === undefined).entries())
      it(`${at} ${title(one)}`, () => {
        const { args, outs } = run(one);
        for (const [i, expected] of one.out.entries()) {
          if (typeof expected === 'boolean') expect(outs[i]).toBe(expected);
          else expectTensor(outs[i], expected, toleranceOf(expected.d));
        }
        const first = outs[0];
        if (!(first instanceof Tensor)) return;
        if (one.node !== undefined) expect(first.gradFn?.name).toBe(one.node);
        if (one.grads === undefined) return;
        const leaves = args
          .flat()
          .filter((x): x is Tensor => x instanceof Tensor && x.requiresGrad);
        const weights = Array.from(
          { length: first.numel },
          (_unused, i) => (((i * 7) % 11) - 5) / 4,
        );
        const g = tensor(weights, { dtype: first.dtype }).reshape(first.shape).detach();
        const options = { gradOutputs: [g], allowUnused: true, retainGraph: true };
        const fused = autograd.grad([first], leaves, options);
        const recorded = autograd.grad([first], leaves, { ...options, createGraph: true });
        for (const [i, expected] of one.grads.entries()) {
          for (const gradient of [fused[i], recorded[i]]) {
            if (expected === null) expect(gradient).toBeNull();
            else expectTensor(gradient, expected, 10 * toleranceOf(expected.d));
          }
        }
      });
  });

  describe('refused as by PyTorch', () => {
    for (const [at, one] of cases.filter(({ error }) => error !== undefined).entries())
      it(`${at} ${title(one)}`, () => {
        let error: unknown;
        try {
          run(one);
        } catch (thrown) {
          error = thrown;
        }
        const { name, message } = error as Error;
        const sentences = refusals
          .filter(([, , calls]) => calls.includes(title(one)))
          .map(([kind, sentence]) => `${kind}: ${one.op}: ${sentence}`);
        expect(sentences).toContain(`${name}: ${message}`);
      });
  });
}
