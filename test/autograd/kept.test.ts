// What a graph keeps until backward: the memory that a gradient reads, and no operand besides.
import { addcdiv, addcmul, cat, lerp, nn, ones, randn, stack, where, type Tensor } from 'ostinato';
import { collectGarbage } from '../support';

type Operation = (a: Tensor, b: Tensor) => Tensor;

/**
 * Which of the operands' memories live on in the graph of f(a, b), neither of which is a leaf. What looks like an object on the stack
 * keeps one alive in JavaScriptCore (Bun), by chance: there the graph keeps what lives on every time.
 */
async function kept(
  f: Operation,
  needs: readonly [boolean, boolean] = [true, true],
): Promise<string> {
  const isBun = 'Bun' in globalThis;
  let names = await keptOnce(f, needs);
  for (let more = isBun ? 9 : 0; more > 0 && names !== ''; more--) {
    const again = await keptOnce(f, needs);
    names = [...names].filter((name) => again.includes(name)).join('');
  }
  return names;
}

async function keptOnce(f: Operation, needs: readonly [boolean, boolean]): Promise<string> {
  const operand = (wanted: boolean): Tensor => {
    const leaf = randn([8, 8]);
    return wanted ? leaf.requiresGrad_().clone() : leaf;
  };
  const make = (): { memory: WeakRef<object>[]; out: Tensor } => {
    const operands = needs.map(operand) as [Tensor, Tensor];
    return {
      memory: operands.map(({ storage }) => new WeakRef(storage)),
      out: f(...operands).sum(),
    };
  };
  const { memory, out } = make();
  for (let round = 0; round < 3; round++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const names = memory.map((one, i) => (one.deref() === undefined ? '' : 'ab'[i])).join('');
  // The graph itself is alive, and works.
  out.backward();
  return names;
}

const nothing: Record<string, Operation> = {
  add: (a, b) => a.add(b),
  'add, with alpha': (a, b) => a.add(b, { alpha: 2 }),
  'add of a number': (a) => a.add(1),
  'add, broadcast': (a, b) => a.add(b.select(0, 0)),
  sub: (a, b) => a.sub(b),
  rsub: (a, b) => a.rsub(b),
  add_: (a, b) => a.clone().add_(b),
  sub_: (a, b) => a.clone().sub_(b),
  'mul by a number': (a) => a.mul(2),
  'mul_ by a number': (a) => a.clone().mul_(2),
  'div by a number': (a) => a.div(2),
  'mul by a constant': (a) => a.mul(ones([8, 8])),
  'remainder of a number': (a) => a.remainder(2),
  floorDivide: (a) => a.floorDivide(2),
  neg: (a) => a.neg(),
  sum: (a) => a.sum(1),
  mean: (a) => a.mean(1),
  view: (a) => a.view([-1]).clone(),
  't and narrow': (a) => a.t().narrow(0, 0, 2).clone(),
  expand: (a) => a.unsqueeze(0).expand([2, 8, 8]).clone(),
  cat: (a, b) => cat([a, b]),
  stack: (a, b) => stack([a, b]),
  where: (a, b) => where(ones([8, 8]).gt(0), a, b),
  'lerp by a number': (a, b) => lerp(a, b, 0.5),
  'addcmul of a constant': (a, b) => addcmul(a, b, ones([8, 8])),
  'addcdiv by a constant': (a, b) => addcdiv(a, b, ones([8, 8])),
  diff: (a) => a.diff(),
  dropout: (a) => nn.functional.dropout(a, 0.5),
  copy_: (a, b) => a.clone().copy_(b),
  cumsum: (a) => a.cumsum(0),
};

test.each(Object.entries(nothing))('%s keeps no operand', async (_, f) => {
  expect(await kept(f)).toBe('');
});

test.each<[string, Operation, string, string]>([
  ['mul', (a, b) => a.mul(b), 'b', 'a'],
  ['div', (a, b) => a.div(b), 'b', 'ab'],
  ['lerp', (a, b) => lerp(ones([8, 8]), a, b), 'b', 'a'],
  ['addcmul', (a, b) => addcmul(ones([8, 8]), a, b), 'b', 'a'],
  ['addcdiv', (a, b) => addcdiv(ones([8, 8]), a, b), 'b', 'ab'],
])('%s keeps what the gradients that are wanted read', async (_, f, ofA, ofB) => {
  expect([await kept(f, [true, false]), await kept(f, [false, true])]).toEqual([ofA, ofB]);
});
