// A loop over time takes the packed weights of a cell's step again: with the bits of the whole sequence, and never those of weights
// that have changed.
import { manualSeed, noGrad, randn, type DType, type nn, type Tensor } from 'ostinato';
import { cells, layers } from './support';

const [T, I, H] = [5, 3, 9];
type State = Tensor | [Tensor, Tensor];
interface Loopable extends nn.Module {
  readonly weight_hh: Tensor;
  forward(x: Tensor, state?: State): State;
}
const hiddenOf = (state: State): Tensor => (Array.isArray(state) ? state[0] : state);
const numbersOf = (x: Tensor): number[] => x.flatten().toArray<number[]>();
const gradientsOf = (module: nn.Module): number[] =>
  [...module.parameters()].flatMap((one) => numbersOf(one.grad!));

describe.each(Object.keys(layers) as (keyof typeof layers)[])('%sCell', (name) => {
  const make = (dtype: DType = 'float32'): Loopable =>
    new cells[`${name}Cell`](I, H, { dtype }) as unknown as Loopable;

  // Rows that share the weights as they are read, and more.
  describe.each([3, 40])('of %d rows', (N) => {
    test.each(['float32', 'float64'] as const)('has the bits of the layer, %s', (dtype) => {
      manualSeed(1);
      const cell = make(dtype);
      const layer = new layers[name](I, H, { dtype }) as nn.RNN;
      const own = [...cell.parameters()];
      noGrad(() => {
        for (const [i, one] of [...layer.parameters()].entries()) one.copy_(own[i]);
      });
      const x = randn([T, N, I], { dtype });
      const [whole] = layer.forward(x);
      whole.sum().backward();
      let state = cell.forward(x.select(0, 0));
      const steps = [hiddenOf(state)];
      for (let t = 1; t < T; t++) {
        state = cell.forward(x.select(0, t), state);
        steps.push(hiddenOf(state));
      }
      for (const [t, h] of steps.entries())
        expect(numbersOf(h)).toEqual(numbersOf(whole.select(0, t)));
      steps
        .map((h) => h.sum())
        .reduce((sum, one) => sum.add(one))
        .backward();
      const expected = gradientsOf(layer);
      for (const [i, value] of gradientsOf(cell).entries())
        expect(value).toBeCloseTo(expected[i], dtype === 'float32' ? 3 : 11);
    });

    test('takes weights that have changed', () => {
      const cell = make();
      const x = randn([N, I]);
      for (let use = 0; use < 3; use++) cell.forward(x);
      noGrad(() => {
        for (const one of cell.parameters()) one.mul_(1.5);
      });
      const twin = make();
      twin.loadStateDict(cell.stateDict());
      const expected = numbersOf(hiddenOf(twin.forward(x)));
      for (let use = 0; use < 3; use++)
        expect(numbersOf(hiddenOf(cell.forward(x)))).toEqual(expected);
    });

    test('multiplies a state that is not given by a NaN among the weights', () => {
      const cell = make();
      noGrad(() => cell.weight_hh.fill_(NaN));
      for (let use = 0; use < 3; use++) {
        const h = numbersOf(hiddenOf(cell.forward(randn([N, I]))));
        expect(h.every(Number.isNaN)).toBe(true);
      }
    });
  });
});
