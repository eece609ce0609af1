/** Cells that a user writes: an LSTM cell of primitive operations, compiled and not, against the fused layer. */
import { nn, noGrad, type Tensor } from 'ostinato';
import { showRatio, showTiming } from '../measure';
import type { Row, Verdict } from '../report/row';
import { fill, shapes, show, type Sizes } from './recurrent';
import { alternate, type Context, type Special } from './special';
import { disagreement, filled, sample } from './work';

/** The gates i, f, g, o of a step, written as its equations are. */
class HandWrittenCell extends nn.Module {
  readonly input: nn.Linear;
  readonly hidden: nn.Linear;
  constructor(inputSize: number, hiddenSize: number) {
    super();
    this.input = new nn.Linear(inputSize, 4 * hiddenSize);
    this.hidden = new nn.Linear(hiddenSize, 4 * hiddenSize);
  }
  forward(x: Tensor, [h, c]: readonly [Tensor, Tensor]): [Tensor, Tensor] {
    const [i, f, g, o] = this.input.forward(x).add(this.hidden.forward(h)).chunk(4, -1);
    const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(cell.tanh()), cell];
  }
}

/** One side: a sequence forward, and backward where that is measured. */
interface Side {
  run(): Tensor;
  /** The output and all gradients. */
  result(): Tensor[];
}

// Asked for at the size that products bound; the small one shows what calls cost.
const most = 1.5;
const bounded = shapes.middle;
const apart = 1e-4;

function makeSides([B, T, I, H]: Sizes, training: boolean): Side[] {
  const layer = new nn.LSTM(I, H);
  fill(layer);
  const cell = new HandWrittenCell(I, H);
  const [weightIh, weightHh, biasIh, biasHh] = layer.parameters();
  noGrad(() => {
    cell.input.weight.copy_(weightIh);
    cell.input.bias.copy_(biasIh);
    cell.hidden.weight.copy_(weightHh);
    cell.hidden.bias.copy_(biasHh);
  });
  const x = filled([T, B, I], 0);
  const [h, c] = [filled([B, H], 1), filled([B, H], 2)];
  const gradient = filled([T, B, H], 3);
  const side = (
    module: nn.Module,
    parameters: readonly nn.Parameter[],
    forward: () => Tensor,
  ): Side => {
    const run = (): Tensor => {
      if (!training) return noGrad(forward);
      module.zeroGrad();
      const out = forward();
      out.backward({ gradient });
      return out;
    };
    return {
      run,
      result: () =>
        [run(), ...(training ? parameters.map((p) => p.grad!) : [])].map((y) => y.detach().clone()),
    };
  };
  const unrolled = [true, false].map((compile) => {
    const recurrent = new nn.Recurrent<readonly [Tensor, Tensor]>(cell, { compile });
    const { input, hidden } = cell;
    const parameters = [input.weight, hidden.weight, input.bias, hidden.bias];
    return side(cell, parameters, () => recurrent.forward(x, [h, c])[0]);
  });
  const [h0, c0] = [h.unsqueeze(0), c.unsqueeze(0)];
  return [...unrolled, side(layer, layer.parameters(), () => layer.forward(x, [h0, c0])[0])];
}

function against(ratio: number, difference: number): Verdict {
  const goal = `≤ ${most}× the fused layer`;
  return difference <= apart
    ? { goal, value: showRatio(ratio), reached: ratio <= most }
    : { goal, value: 'results differ', reached: null };
}

function measure(name: string, sizes: Sizes, training: boolean, { settings }: Context): Row {
  const sides = makeSides(sizes, training);
  const [ours, plain, fused] = sides.map((one) => one.result());
  const same = ours.every((x, i) =>
    Buffer.from(x.toTypedArray().buffer).equals(Buffer.from(plain[i].toTypedArray().buffer)),
  );
  const difference = disagreement(ours, fused.map(sample));
  const [compiled, uncompiled, layer] = alternate(
    sides.map((one) => () => void one.run()),
    settings,
  );
  const ratio = compiled.median / layer.median;
  return {
    name,
    group: 'custom cells',
    own: `${showTiming(compiled)} compiled, ${showTiming(uncompiled)} not, ${showTiming(layer)} as nn.LSTM`,
    peers: {},
    bound: '',
    verdicts: [
      ...(sizes === bounded ? [against(ratio, difference)] : []),
      { goal: 'bits of its uncompiled self', value: same ? 'equal' : 'differ', reached: same },
    ],
  };
}

function row(sizes: Sizes, training: boolean): Special {
  const name = `hand-written LSTM cell, ${training ? 'forward and backward' : 'forward'}, ${show(sizes)}`;
  return {
    name,
    group: 'custom cells',
    measure: (context) => Promise.resolve(measure(name, sizes, training, context)),
  };
}

const { tiny, middle } = shapes;

export const custom: readonly Special[] = [
  row(middle, false),
  row(middle, true),
  row(tiny, false),
  row(tiny, true),
];
