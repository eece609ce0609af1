// All rows together, and where each operation has its tests.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as ostinato from 'ostinato';
import { noGrad, tensor } from 'ostinato';
import { coverage, type Place } from './coverage';
import { inputsOf, listOf } from './gradients';
import { allCases } from './parity';
import { table } from './table';
import { layouts } from './values';

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

it('has every declared operation, and what coverage.ts says of every other', () => {
  const rows = new Set(table.map(({ name }) => name.split(' ')[0]));
  const compared = new Set(allCases.map(({ op }) => op));
  const lacking = Object.entries<Place>(coverage).filter(([name, place]) => {
    if (place === 'table') return !rows.has(name);
    return place === 'parity' ? !compared.has(name) : !existsSync(join(__dirname, place));
  });
  expect(lacking).toEqual([]);
  const declared = Object.values<unknown>(ostinato).flatMap((f) =>
    typeof f === 'function' && 'declaration' in f ? [(f.declaration as { name: string }).name] : [],
  );
  expect(declared.length).toBeGreaterThan(30);
  expect(declared.filter((name) => !rows.has(name))).toEqual([]);
});
