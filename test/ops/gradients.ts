// What every row of a table must hold: first and second derivatives against differences, in float64.
import { autograd, tensor, type Tensor } from 'ostinato';
import type { Entry } from './entry';
import { countOf, layouts, leaf, spread, type Layout } from './values';

const { gradcheck, gradgradcheck } = autograd;

export function inputsOf(
  entry: Entry,
  shapes: readonly (readonly number[])[],
  layout: Layout,
): Tensor[] {
  return shapes.map((shape, i) => {
    const base = layout.base(shape);
    const domain = entry.domains?.[i] ?? entry.domain;
    return leaf(spread(countOf(base), domain, i, entry.kinks), base);
  });
}

export const listOf = (out: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(out) ? (out as readonly Tensor[]) : [out as Tensor];

/** Declares the tests of the gradients of a table's rows. */
export function testGradients(table: readonly Entry[]): void {
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
              expect(Math.abs(a[k] - b[k])).toBeLessThanOrEqual(
                1e-13 * Math.max(1, Math.abs(b[k])),
              );
            }
          }
        }
      },
    );
  });
}
