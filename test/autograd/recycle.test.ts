/** Memory of gradients: what only the engine has seen is used again, what a user has seen never changes. */
import { autograd, enableGrad, nn, optim, randn, tensor, type Tensor } from 'ostinato';

const n = 600;
const leaf = (value: number): Tensor => tensor(new Float32Array(n).fill(value)).requiresGrad_();
const all = (value: number): number[] => new Array<number>(n).fill(value);
const values = (x: Tensor | null): number[] => [...x!.toTypedArray()];

// Enough backward passes to overwrite anything that was released.
function churn(): void {
  for (let i = 0; i < 5; i++) {
    const [a, b] = [leaf(i), leaf(2)];
    a.mul(b).mul(b).sum().backward();
    new optim.SGD([a, b]).zeroGrad();
  }
}

const churnWithGrad = (): void => enableGrad(churn);

// A step of gradient descent takes the gradients off, without user code seeing them.
const descend = (...params: Tensor[]): void => new optim.SGD(params, { lr: 1 }).step();

const forget = (...params: Tensor[]): void => new optim.SGD(params).zeroGrad();

// Bytes by which ArrayBuffers have grown after `rounds` synchronous rounds: nothing is collected meanwhile.
function growth(rounds: number, round: () => void): number {
  for (let i = 0; i < 3; i++) round();
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < rounds; i++) round();
  return process.memoryUsage().arrayBuffers - before;
}

describe.each([
  ['forgotten by an optimizer', (x: Tensor): void => forget(x)],
  ['replaced by null', (x: Tensor): void => void (x.grad = null)],
])('gradients that user code has not seen and that are %s', (_name, drop) => {
  test('take no new memory', () => {
    const size = 1 << 18;
    const x = tensor(new Float32Array(size).fill(3)).requiresGrad_();
    const bytes = growth(20, () => {
      x.sum().backward();
      drop(x);
    });
    expect(bytes).toBeLessThan(2 * 4 * size);
    expect(x.grad).toBeNull();
    x.sum().mul(6).backward();
    const kept = x.grad!;
    drop(x);
    churn();
    x.sum().backward();
    expect(kept.toTypedArray().every((v) => v === 6)).toBe(true);
  });
});

test('a gradient that was read stays as it is', () => {
  const x = leaf(3);
  x.mul(x).sum().backward();
  const kept = x.grad;
  forget(x);
  churn();
  expect(values(kept)).toEqual(all(6));
});

test('a gradient that the user put there stays as it is', () => {
  const x = leaf(3);
  const given = tensor(new Float32Array(n).fill(7));
  x.grad = given;
  forget(x);
  churn();
  expect(values(given)).toEqual(all(7));
});

test('what a hook has seen or made stays as it is', () => {
  const [x, y] = [leaf(3), leaf(4)];
  const seen: Tensor[] = [];
  const product = x.mul(y);
  product.registerHook((g) => void seen.push(g));
  x.registerHook((g) => {
    seen.push(g, g.mul(2));
    return seen[2];
  });
  product.mul(5).sum().backward();
  descend(x);
  expect(values(x)).toEqual(all(3 - 40));
  forget(x, y);
  churn();
  expect(seen.map((g) => g.toTypedArray()[n - 1])).toEqual([5, 20, 40]);
  expect(seen.every((g) => g.toTypedArray().every((v) => v === g.toTypedArray()[0]))).toBe(true);
});

test('gradients returned by autograd.grad stay as they are', () => {
  const x = leaf(3);
  const middle = x.mul(x);
  const [dMiddle, dx] = autograd.grad(middle.mul(2).sum(), [middle, x]);
  churn();
  expect(values(dMiddle)).toEqual(all(2));
  expect(values(dx)).toEqual(all(12));
});

test('retained gradients stay as they are', () => {
  const x = leaf(3);
  const middle = x.mul(x);
  middle.retainGrad();
  middle.mul(2).sum().backward();
  forget(x);
  churn();
  expect(values(middle.grad)).toEqual(all(2));
});

test('one gradient for several inputs is not given away while another waits', () => {
  const [x, y, z] = [leaf(1), leaf(2), leaf(3)];
  // add passes one and the same tensor to both sides, twice to x.
  const sum = x.add(y).add(x);
  sum.mul(z).add(sum).sum().backward();
  // Each has memory of its own.
  expect(values(x.grad)).toEqual(all(8));
  x.grad!.mul_(0);
  expect(values(y.grad)).toEqual(all(4));
  expect(values(z.grad)).toEqual(all(4));
});

test('gradients may be forgotten in the middle of a walk', () => {
  const [x, y] = [leaf(1), leaf(2)];
  y.registerHook(() => forget(x, y));
  const z = leaf(5);
  x.add(z.add(y.mul(3)))
    .mul(2)
    .sum()
    .backward();
  churn();
  expect(values(y.grad)).toEqual(all(6));
  expect(values(z.grad)).toEqual(all(2));
});

test('a kept graph gives the same gradients again', () => {
  const [x, y] = [leaf(2), leaf(3)];
  const lossOf = (a: Tensor, b: Tensor): Tensor => a.mul(b).tanh().mul(a).sum();
  const loss = lossOf(x, y);
  loss.backward({ retainGraph: true });
  forget(x, y);
  churn();
  loss.backward({ retainGraph: true });
  const [a, b] = [leaf(2), leaf(3)];
  lossOf(a, b).backward();
  expect([values(x.grad), values(y.grad)]).toEqual([values(a.grad), values(b.grad)]);
});

test('gradients with a history are left alone', () => {
  const [x, b] = [leaf(3), leaf(1)];
  const y = x.mul(x).mul(x).add(b);
  y.sum().backward({ createGraph: true });
  const first = x.grad!;
  forget(x, b);
  churn();
  first.sum().backward();
  expect(values(x.grad)).toEqual(all(18));
});

test('training steps take no new memory for gradients', () => {
  const layer = new nn.LSTM(5, 128);
  const optimizer = new optim.Adam(layer.parameters());
  const x = tensor(new Float32Array(3 * 2 * 5).map((_, i) => Math.sin(i))).reshape([3, 2, 5]);
  const bytes = growth(20, () => {
    optimizer.zeroGrad();
    layer.forward(x)[0].sum().backward();
    nn.utils.clipGradNorm_(layer.parameters(), 0.5);
    optimizer.step();
  });
  const ofParameters = layer.parameters().reduce((sum, p) => sum + 4 * p.numel, 0);
  expect(bytes).toBeLessThan(2 * ofParameters);
});

test('a tensor that a hook returns stays its own', () => {
  const x = leaf(1);
  const given = tensor(new Float32Array(n).fill(3));
  x.registerHook(() => given);
  for (let i = 0; i < 4; i++) x.mul(2).sum().backward();
  expect(values(x.grad)).toEqual(all(12));
  expect(values(given)).toEqual(all(3));
});

test('a gradient that a hook keeps stays as it is while the leaf accumulates', () => {
  const x = leaf(1);
  const seen: Tensor[] = [];
  x.registerHook((g) => void seen.push(g));
  for (let i = 0; i < 3; i++) x.mul(2).sum().backward();
  expect(seen.map((g) => values(g))).toEqual([all(2), all(2), all(2)]);
  expect(values(x.grad)).toEqual(all(6));
});

test('intermediate results of gradient rules take no new memory', () => {
  // Each gradient is a product of the size of the result, summed over a dimension.
  const [a, b] = [randn([512, 1]).requiresGrad_(), randn([1, 512]).requiresGrad_()];
  const gradient = randn([512, 512]);
  // One forward for all rounds: its result would be new memory in each, and a collection of these the difference.
  const product = a.mul(b);
  const bytes = growth(20, () => {
    a.grad = b.grad = null;
    product.backward({ gradient, retainGraph: true });
  });
  expect(bytes).toBeLessThan(2 * 4 * 512 * 512);
});

test('a walk inside of a rule leaves the intermediate results of the outer one alone', () => {
  const inner = leaf(2);
  class Walking extends autograd.Function {
    static forward(ctx: autograd.FunctionContext, x: Tensor): Tensor {
      ctx.saveForBackward(x);
      return x.clone();
    }
    static backward(ctx: autograd.FunctionContext, g: Tensor): Tensor {
      const [x] = ctx.savedTensors;
      const product = g.mul(x);
      enableGrad(() => inner.mul(inner).mul(inner).sum().backward());
      churnWithGrad();
      return product;
    }
  }
  const x = leaf(3);
  Walking.apply(x.mul(2)).mul(5).sum().backward();
  expect(values(inner.grad)).toEqual(all(12));
  // g x of the function is 5 · 6.
  expect(values(x.grad)).toEqual(all(60));
});

test('a gradient in memory that others had before is read anew', () => {
  // Aᵀ of few rows by a transposed gradient: such a matrix is packed from its fifth use on.
  const A = randn([64, 4]).requiresGrad_();
  const B = randn([4, 64]).requiresGrad_();
  for (let i = 0; i < 12; i++) {
    A.grad = B.grad = null;
    const weights = randn([64, 64]);
    A.matmul(B).t().mul(weights).sum().backward();
    const expected = A.detach().t().matmul(weights.t().contiguous());
    expect(B.grad!.toTypedArray()).toEqual(expected.toTypedArray());
  }
});
