// Every line of table.ts: first and second derivatives against differences, in float64.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autograd, noGrad, tensor, type Tensor } from 'ostinato';
import { coverage, type Place } from './coverage';
import { table, type Entry } from './table';
import { countOf, layouts, leaf, spread, type Layout } from './values';

const { gradcheck, gradgradcheck } = autograd;

function inputsOf(entry: Entry, shapes: readonly (readonly number[])[], layout: Layout): Tensor[] {
  return shapes.map((shape, i) => {
    const base = layout.base(shape);
    const domain = entry.domains?.[i] ?? entry.domain;
    return leaf(spread(countOf(base), domain, i, entry.kinks), base);
  });
}

const listOf = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(out) ? (out as readonly Tensor[]) : [out as Tensor];

describe.each(layouts.map((layout) => [layout.name, layout] as const))('%s', (_, layout) => {
  const viewed =
    ({ f }: Entry) =>
    (...bases: Tensor[]): readonly Tensor[] =>
      listOf(f(...bases.map(layout.view)));

  it.each(table.map((entry) => [entry.name, entry] as const))('%s', (_name, entry) => {
    for (const shapes of entry.shapes) {
      const inputs = inputsOf(entry, shapes, layout);
      expect(gradcheck(viewed(entry), inputs)).toBe(true);
      expect(gradgradcheck(viewed(entry), inputs)).toBe(true);
    }
  });

  it.each(table.map((entry) => [entry.name, entry] as const))(
    '%s: one pass and primitives give one gradient',
    (_name, entry) => {
      for (const shapes of entry.shapes) {
        const inputs = inputsOf(entry, shapes, layout);
        const outs = viewed(entry)(...inputs);
        const gradOutputs = outs.map((out) =>
          tensor(spread(out.numel), { dtype: 'float64' }).reshape(out.shape),
        );
        const options = { gradOutputs, retainGraph: true, allowUnused: true };
        const fused = autograd.grad(outs, inputs, options);
        const recorded = autograd.grad(outs, inputs, { ...options, createGraph: true });
        for (const [i, one] of fused.entries()) {
          const [a, b] = [one?.toTypedArray() ?? [], recorded[i]?.toTypedArray() ?? []];
          expect(a.length).toBe(b.length);
          for (let k = 0; k < a.length; k++) {
            expect(Math.abs(a[k] - b[k])).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(b[k])));
          }
        }
      }
    },
  );
});

it('records nothing under noGrad', () => {
  for (const entry of table) {
    const inputs = inputsOf(entry, entry.shapes[0], layouts[0]);
    for (const out of noGrad(() => listOf(entry.f(...inputs)))) {
      expect({ name: entry.name, gradFn: out.gradFn, wants: out.requiresGrad }).toEqual({
        name: entry.name,
        gradFn: null,
        wants: false,
      });
    }
  }
});

it('keeps float32 in both directions', () => {
  for (const entry of table) {
    const inputs = inputsOf(entry, entry.shapes[0], layouts[0]).map((x) =>
      tensor(Array.from(x.toTypedArray())).reshape(x.shape).clone().detach().requiresGrad_(),
    );
    const outs = listOf(entry.f(...inputs));
    const loss = outs.map((out) => out.sum()).reduce((a, b) => a.add(b));
    // Weights of classes are float64 in the table; the result is the input's type all the same.
    expect({ name: entry.name, dtype: outs[0].dtype }).toEqual({
      name: entry.name,
      dtype: 'float32',
    });
    loss.backward();
    for (const x of inputs) if (x.grad !== null) expect(x.grad.dtype).toBe('float32');
  }
});

it('has what coverage.ts says of every operation that is not declared', () => {
  const rows = new Set(table.map(({ name }) => name.split(' ')[0]));
  const cases = JSON.parse(readFileSync(join(__dirname, '../fixtures/ops.json'), 'utf8')) as {
    op: string;
  }[];
  const compared = new Set(cases.map(({ op }) => op));
  const lacking = Object.entries<Place>(coverage).filter(([name, place]) => {
    if (place === 'table') return !rows.has(name);
    return place === 'parity' ? !compared.has(name) : !existsSync(join(__dirname, place));
  });
  expect(lacking).toEqual([]);
});
