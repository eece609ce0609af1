// Checks of a record of operations.py: results, gradients, second derivatives, layouts, in place, compiled.
import { autograd, compile, manualSeed, noGrad, Tensor } from 'ostinato';
import { expectBits, expectRefusal, expectSame, listOf, type Comparison } from './compare';
import {
  isGap,
  type Code,
  type Layout,
  type Named,
  type OperationRecord,
  type Reader,
} from './reader';
import type { Category, Report } from './report';
import { isSpecial, methodOf, receivers, target, translate, type Target } from './translate';

/** OpInfo draws with this seed where an operation is random. */
export const seed = 42;
const layouts: Layout[] = ['interleaved', 'transposed', 'offset'];
/** A compiled function has results of fixed shapes: these depend on values, so that tracing them is refused. */
const shapedByValues = new Set([
  'nonzero',
  'unique',
  'uniqueConsecutive',
  'maskedSelect',
  'bincount',
]);
/** Others do where this argument is a tensor. */
const shapingArguments: Record<string, string> = {
  narrow: 'start',
  repeatInterleave: 'repeats',
  tensorSplit: 'tensor_indices_or_sections',
  quantile: 'q',
  nanquantile: 'q',
};

/** Without a copy, which rows there are depends on where the elements are. */
const views = new Set(['x.view', 'x.viewAs']);

/** As PyTorch writes the call: `(self=float32[3], other=2, alpha=1)`. */
export function titleOf(args: Named): string {
  const show = (code: Code): string => {
    if (typeof code === 'string') return `'${code}'`;
    if (Array.isArray(code)) return `[${code.map(show).join(', ')}]`;
    if (typeof code !== 'object' || code === null) return String(code);
    if ('t' in code) return `${code.t[0]}[${code.t[1].join(',')}]`;
    if ('s' in code)
      return typeof code.s === 'string' ? code.s : code.s.map((x) => x ?? '').join(':');
    return 'n' in code ? code.n : 'd' in code ? code.d : '_';
  };
  const given = args.filter(([, code]) => !isGap(code));
  return `(${given.map(([name, code]) => (name === null ? '' : `${name}=`) + show(code)).join(', ')})`;
}

/** Tensors of the arguments in the order of PyTorch's signature, each once. */
export function tensorsIn(...values: unknown[]): Tensor[] {
  const found = new Set<Tensor>();
  const visit = (x: unknown): void => {
    if (x instanceof Tensor) found.add(x);
    else if (Array.isArray(x)) x.forEach(visit);
  };
  visit(values);
  return [...found];
}

export interface Differentiated {
  first: (Tensor | null)[];
  second?: (Tensor | null)[];
}

type Weighted = Pick<OperationRecord, 'weights' | 'recorded' | 'weights2'>;

/** Gradients of the results' weighted sum, and those of the gradients' weighted sum, as operations.py takes them. */
export function differentiate(
  outs: unknown[],
  leaves: Tensor[],
  record: Weighted,
  reader: Reader,
  createGraph: boolean,
): Differentiated {
  const decode = reader.decoder();
  const floats = outs.filter((y): y is Tensor => y instanceof Tensor && y.requiresGrad);
  const weights = (record.weights ?? []).map((code) => decode(code) as Tensor);
  if (floats.length !== weights.length)
    throw new Error(`${floats.length} results require gradients, in PyTorch ${weights.length}`);
  if (createGraph) weights.forEach((w) => w.requiresGrad_());
  const options = { gradOutputs: weights, allowUnused: true, createGraph, retainGraph: true };
  const first = autograd.grad(floats, leaves, options);
  if (!createGraph) return { first };
  const again = (record.weights2 ?? []).map((code) => decode(code) as Tensor);
  const recorded = first.filter((_, i) => record.recorded?.[i]);
  const pairs = recorded.map((g, i) => [g, again[i]] as const).filter(([g]) => g?.requiresGrad) as [
    Tensor,
    Tensor,
  ][];
  const inputs = [...leaves, ...weights];
  if (pairs.length === 0) return { first, second: inputs.map(() => null) };
  const second = autograd.grad(pairs.map(([g]) => g), inputs, {
    gradOutputs: pairs.map(([, v]) => v),
    allowUnused: true,
  }); // prettier-ignore
  return { first, second };
}

interface Call {
  args: unknown[];
  /** Tensors in PyTorch's order. */
  tensors: Tensor[];
  leaves: Tensor[];
  outs: () => unknown[];
}

/** A fresh call: its own tensors, and the seed that PyTorch had. */
function prepared(to: Target, named: Named, reader: Reader, layout?: Layout): Call {
  const decode = reader.decoder(layout);
  const tensors = tensorsIn(...named.map(([, code]) => decode(code)));
  const args = translate(to, named, decode);
  const outs = (): unknown[] => {
    manualSeed(seed);
    return listOf(to.call(...args));
  };
  return { args, tensors, leaves: tensors.filter((x) => x.requiresGrad), outs };
}

export function checkOperation(record: OperationRecord, reader: Reader, report: Report): void {
  const seen = new Set<unknown>();
  for (const name of record.names) {
    const to = target(name);
    if (to === undefined || seen.has(to.call)) continue;
    seen.add(to.call);
    checkTarget(to, record, reader, report);
  }
}

function checkTarget(to: Target, record: OperationRecord, reader: Reader, report: Report): void {
  const { args: named, kind, error } = record;
  const entry = to.name;
  const title = titleOf(named);
  const check = (category: Category, run: () => void): void =>
    report.check(category, entry, title, run);
  const how: Comparison = {
    elementwise: record.elementwise,
    shapeOnly: to.isUninitialised,
  };

  if (error !== undefined) {
    const category = kind === 'other' ? 'other dtype' : 'error input';
    check(category, () => expectRefusal(() => prepared(to, named, reader).outs(), error));
    return;
  }
  const category = kind === 'empty' ? 'empty' : kind === 'other' ? 'other dtype' : 'output';
  const values = (outs: unknown[]): void => expectSame(outs, record.out as Code, reader, how);
  const first = (layout?: Layout): void => {
    const { outs, leaves } = prepared(to, named, reader, layout);
    const { first: got } = differentiate(outs(), leaves, record, reader, false);
    expectSame(got, record.gradients as Code, reader);
  };
  const hasGradient = record.gradients !== undefined;

  check(category, () => values(prepared(to, named, reader).outs()));
  if (hasGradient) check(kind === 'empty' ? 'empty' : 'gradient', () => first());
  if (record.second !== undefined)
    check('second derivative', () => {
      const { outs, leaves } = prepared(to, named, reader);
      const got = differentiate(outs(), leaves, record, reader, true);
      expectSame(got.first, record.gradients as Code, reader, { nullIsZero: true });
      expectSame(got.second, record.second as Code, reader, { nullIsZero: true });
    });
  if (kind !== 'other') checkForms(to, record, reader, check, values, first);
}

const layoutsOf = (to: Target): Layout[] => {
  if (views.has(to.name)) return ['offset'];
  return to.isRandom ? ['interleaved', 'offset'] : layouts;
};

/** The same call by another way: as a method, on other layouts, in place, compiled. */
function checkForms(
  to: Target,
  record: OperationRecord,
  reader: Reader,
  check: (category: Category, run: () => void) => void,
  values: (outs: unknown[]) => void,
  first: (layout?: Layout) => void,
): void {
  const { args: named } = record;
  const isMethod = to.name.startsWith('x.');
  const base = to.name.replace('x.', '');
  const method = isMethod || isSpecial(base) ? undefined : methodOf(base);
  const { tensors } = noGrad(() => prepared(to, named, reader));
  const isFirst =
    tensors.length > 0 && reader.values(named[receivers[base] ?? 0]?.[1] ?? null) !== undefined;
  if (method !== undefined && isFirst)
    check('method', () => values(prepared({ ...to, call: method.call }, named, reader).outs()));
  if (tensors.some((x) => x.numel > 1))
    for (const layout of layoutsOf(to))
      check('strided', () => {
        values(prepared(to, named, reader, layout).outs());
        if (record.gradients !== undefined) first(layout);
      });
  const inPlace = methodOf(`${base.split('.').pop()}_`);
  if (record.inPlace !== undefined && inPlace !== undefined && isFirst)
    for (const layout of ['contiguous', ...layoutsOf(to)] as Layout[])
      check('in place', () => checkInPlace({ ...to, call: inPlace.call }, record, reader, layout));
  const isTraceable = record.out?.every((code) => reader.values(code) !== undefined);
  if (tensors.length > 0 && isTraceable && !to.isUninitialised)
    check('compile', () => {
      if (isShapedByValues(base, record, reader)) expectUntraceable(to, record, reader);
      else checkCompiled(to, record, reader);
    });
}

function checkInPlace(to: Target, record: OperationRecord, reader: Reader, layout: Layout): void {
  const run = (): unknown => noGrad(() => prepared(to, record.args, reader, layout).outs()[0]);
  if (record.inPlace === null) expectRefusal(run, 'cannot be done in place');
  else expectSame(run(), record.inPlace as Code, reader, { elementwise: record.elementwise });
}

/** Whether an element of an index is a mask. */
const hasMask = ({ args }: OperationRecord, reader: Reader): boolean => {
  const decode = reader.decoder();
  return tensorsIn(...args.slice(1).map(([, code]) => decode(code))).some(
    (x) => x.dtype === 'bool',
  );
};

/** How many rows are compared with their neighbours. */
function comparedRows({ args }: OperationRecord): number {
  const { self, dim } = Object.fromEntries(args) as { self: Code; dim?: Code };
  const shape = typeof self === 'object' && self !== null && 't' in self ? self.t[1] : [];
  return typeof dim === 'number' ? (shape.at(dim) ?? 1) : shape.reduce((all, n) => all * n, 1);
}

function isShapedByValues(base: string, record: OperationRecord, reader: Reader): boolean {
  // Of one row or none there is one result, whatever its values are.
  if (base === 'uniqueConsecutive' && comparedRows(record) < 2) return false;
  const given = record.args.find(([name]) => name === shapingArguments[base]);
  if (base === '__getitem__') return hasMask(record, reader);
  return shapedByValues.has(base) || (given !== undefined && reader.values(given[1]) !== undefined);
}

function expectUntraceable(to: Target, record: OperationRecord, reader: Reader): void {
  const call = prepared(to, record.args, reader);
  const plain = (...by: Tensor[]): Tensor[] => listOf(to.call(...replaced(call.args, call.tensors, by))) as Tensor[]; // prettier-ignore
  expectRefusal(() => compile(plain)(...call.tensors), 'the shape depends on values', /^compile: /);
}

/** The arguments with tensors in place of others. */
function replaced(args: unknown[], tensors: readonly Tensor[], by: readonly Tensor[]): unknown[] {
  const replace = (x: unknown): unknown => {
    if (x instanceof Tensor) return by[tensors.indexOf(x)];
    if (Array.isArray(x)) return x.map(replace);
    if (typeof x !== 'object' || x === null) return x;
    return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, replace(v)]));
  };
  return args.map(replace);
}

/** Compiled, with the uncompiled bits: results and gradients. */
function checkCompiled(to: Target, record: OperationRecord, reader: Reader): void {
  const run = (isCompiled: boolean): unknown[] => {
    const call = prepared(to, record.args, reader);
    const plain = (...by: Tensor[]): Tensor[] =>
      listOf(to.call(...replaced(call.args, call.tensors, by))) as Tensor[];
    manualSeed(seed);
    const outs = isCompiled ? compile(plain)(...call.tensors) : plain(...call.tensors);
    if (record.gradients === undefined) return outs;
    return [...outs, ...differentiate(outs, call.leaves, record, reader, false).first];
  };
  const expected = run(false);
  const actual = run(true);
  if (actual.length !== expected.length) throw new Error('another number of results');
  actual.forEach((one, i) => expectBits(one, expected[i]));
}
