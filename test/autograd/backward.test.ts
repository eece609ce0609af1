import { add, autograd, full, mul, nn, ones, tensor, zeros, type Tensor } from 'ostinato';
import { attachNode } from '../../src/autograd/node';
import { ownNodeOf } from '../../src/tensor/tensor';
import { flat, leaf } from '../support';

describe('accumulation', () => {
  test('a leaf used twice gets the sum', () => {
    const x = tensor([2, 3], { requiresGrad: true });
    x.mul(x).add(x).sum().backward();
    expect(flat(x.grad!)).toEqual([5, 7]);
  });

  test('a second backward adds to grad; the tensor stays the same', () => {
    const x = tensor([2, 3], { requiresGrad: true });
    x.mul(2).sum().backward();
    const first = x.grad;
    x.mul(5).sum().backward();
    expect(x.grad).toBe(first);
    expect(flat(x.grad!)).toEqual([7, 7]);
  });

  test('many uses add up in the order of use, newest first', () => {
    // float32 sums depend on their order: ((1 + 2^-24) + 2^-24) is 1, 1 + (2^-24 + 2^-24) is not.
    const x = tensor([1], { requiresGrad: true });
    const tiny = 2 ** -24;
    const oldestIsLarge = add(add(x.mul(1), x.mul(tiny)), x.mul(tiny));
    oldestIsLarge.sum().backward();
    expect(x.grad!.item()).toBe(1 + 2 * tiny);
    const y = tensor([1], { requiresGrad: true });
    add(add(y.mul(tiny), y.mul(tiny)), y.mul(1))
      .sum()
      .backward();
    expect(y.grad!.item()).toBe(1);
  });

  test('two leaves that receive one gradient do not share its memory', () => {
    const a = tensor([1, 2], { requiresGrad: true });
    const b = tensor([3, 4], { requiresGrad: true });
    a.add(b).backward({ gradient: tensor([1, 1]) });
    a.grad!.zero_();
    expect(flat(b.grad!)).toEqual([1, 1]);
    expect(a.grad!.storage).not.toBe(b.grad!.storage);
  });

  test('grad does not share memory with the gradient argument', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const gradient = tensor([5, 6]);
    x.view([2]).backward({ gradient });
    gradient.zero_();
    expect(flat(x.grad!)).toEqual([5, 6]);
  });

  test('grad of an expanded gradient has memory of its own', () => {
    const x = zeros([2, 3], { requiresGrad: true });
    x.sum().backward();
    expect(x.grad!.isContiguous()).toBe(true);
    x.grad!.at(0, 0).fill_(9);
    expect(flat(x.grad!)).toEqual([9, 1, 1, 1, 1, 1]);
  });

  test('results that nothing uses get no gradient, those used by others do', () => {
    const x = leaf([3]);
    const [a, b, c] = x.unbind(0);
    b.mul(2).backward();
    expect(flat(x.grad!)).toEqual([0, 2, 0]);
    expect([a.grad, c.grad]).toEqual([null, null]);
  });

  test('only leaves get grad', () => {
    const x = tensor([1], { requiresGrad: true });
    const y = x.mul(2);
    y.mul(3).sum().backward();
    expect(y.grad).toBeNull();
    expect(y.isLeaf).toBe(false);
    expect(x.isLeaf).toBe(true);
  });

  test('a diamond of paths', () => {
    const x = tensor([3], { requiresGrad: true });
    const y = x.mul(x);
    const left = y.mul(2);
    const right = y.mul(y);
    left.add(right).sum().backward();
    expect(x.grad!.item()).toBe(2 * 3 * (2 + 2 * 9));
  });

  test('empty and 0-dimensional tensors', () => {
    const none = zeros([0, 3], { requiresGrad: true });
    none.mul(2).sum().backward();
    expect(none.grad!.shape).toEqual([0, 3]);
    const number = tensor(4, { requiresGrad: true });
    number.mul(number).backward();
    expect(number.grad!.shape).toEqual([]);
    expect(number.grad!.item()).toBe(8);
  });

  test('a leaf made while another graph waits', () => {
    const a = tensor([2], { requiresGrad: true });
    const half = a.mul(3);
    const b = tensor([5], { requiresGrad: true });
    half.mul(b).sum().backward();
    expect([a.grad!.item(), b.grad!.item()]).toEqual([15, 6]);
  });
});

describe('assigning grad', () => {
  test('takes null or a tensor of the same shape and type', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.grad = tensor([10, 20]);
    x.mul(2).sum().backward();
    expect(flat(x.grad)).toEqual([12, 22]);
    x.grad = null;
    x.sum().backward();
    expect(flat(x.grad!)).toEqual([1, 1]);
    expect(() => (x.grad = ones([3]))).toThrow(
      new RangeError("grad: must have the tensor's shape [2], got [3]"),
    );
    expect(() => (x.grad = ones([2], { dtype: 'float64' }))).toThrow(
      new TypeError('grad: must be float32 as the tensor is, got float64'),
    );
    expect(() => (x.grad = [1, 2] as never)).toThrow(
      new TypeError('grad: must be a Tensor or null, got [1, 2]'),
    );
    expect(flat(x.grad!)).toEqual([1, 1]);
  });
});

describe('element types', () => {
  test('a float32 leaf in a float64 expression gets a float32 gradient', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const w = tensor([3, 4], { dtype: 'float64', requiresGrad: true });
    const y = x.mul(w);
    expect(y.dtype).toBe('float64');
    y.sum().backward();
    expect(x.grad!.dtype).toBe('float32');
    expect(w.grad!.dtype).toBe('float64');
    expect(flat(x.grad!)).toEqual([3, 4]);
  });

  test('an int32 factor is converted and gets none', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.mul(tensor([3, 4], { dtype: 'int32' }));
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([3, 4]);
  });

  test('only floats can require gradients', () => {
    const x = tensor([1, 2], { dtype: 'int32' });
    expect(() => x.requiresGrad_()).toThrow(
      new TypeError(
        'requiresGrad_: only float32 and float64 tensors can have gradients, this one is int32',
      ),
    );
    expect(() => tensor([true], { requiresGrad: true })).toThrow(
      new TypeError(
        'requiresGrad: only float32 and float64 tensors can have gradients, this one is bool',
      ),
    );
  });

  test('requiresGrad can be set on leaves only, to a boolean', () => {
    const x = tensor([1], { requiresGrad: true });
    const y = x.mul(2);
    expect(() => (y.requiresGrad = false)).toThrow(
      'requiresGrad: can be set on leaves only, and an operation made this tensor; use detach() to get a leaf',
    );
    expect(() => (x.requiresGrad = 1 as unknown as boolean)).toThrow(
      new TypeError('requiresGrad: must be true or false, got 1'),
    );
    expect(x.requiresGrad_(false).requiresGrad).toBe(false);
  });
});

describe('retainGraph', () => {
  test('without it, the second backward says what to do', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(x);
    y.backward();
    expect(() => y.backward()).toThrow(
      new Error(
        'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
      ),
    );
    expect(x.grad!.item()).toBe(4);
  });

  test('with it, the graph is walked again', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(x);
    y.backward({ retainGraph: true });
    y.backward();
    expect(x.grad!.item()).toBe(8);
  });

  test('a new graph on a consumed one is refused', () => {
    const x = tensor([2], { requiresGrad: true });
    const carried = x.tanh();
    carried.sum().backward();
    expect(() => carried.mul(2).sum().backward()).toThrow(
      new Error(
        'backward: a part of this graph (TanhBackward0) was already consumed by an earlier backward; where a tensor from before it is used again, such as a recurrent state, detach() it first, else pass { retainGraph: true } to that backward',
      ),
    );
    expect(() => carried.detach().mul(2).sum()).not.toThrow();
  });

  test('consumed nodes let go of what they saved', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(x);
    const node = ownNodeOf(y) as unknown as { backward: unknown };
    y.backward();
    expect(node.backward).toBeNull();
  });
});

describe('what can be walked', () => {
  test('a tensor of several elements needs a gradient argument', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => x.mul(2).backward()).toThrow(
      new RangeError(
        'backward: a tensor whose gradient is not given must have one element, got shape [2]; pass { gradient } or reduce it, for example with sum()',
      ),
    );
    x.mul(2).backward({ gradient: tensor([1, 10]) });
    expect(flat(x.grad!)).toEqual([2, 20]);
  });

  test('the gradient argument has the shape and the type of the tensor', () => {
    const y = tensor([1, 2], { requiresGrad: true }).mul(2);
    expect(() => y.backward({ gradient: ones([1, 2]) })).toThrow(
      new RangeError('backward: the gradient has shape [1, 2], but the tensor has shape [2]'),
    );
    expect(() => y.backward({ gradient: ones([2], { dtype: 'float64' }) })).toThrow(
      new TypeError('backward: the gradient has dtype float64, but the tensor has float32'),
    );
    expect(() => y.backward({ gradient: [1, 2] as unknown as Tensor })).toThrow(
      new TypeError('backward: gradient must be a Tensor or null, got [1, 2]'),
    );
  });

  test('a tensor without history', () => {
    expect(() => tensor([1]).backward()).toThrow(
      'backward: the tensor does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass',
    );
    const x = tensor([1], { requiresGrad: true });
    expect(() => x.mul(2).detach().backward()).toThrow(
      'backward: the tensor does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass',
    );
    x.backward();
    expect(x.grad!.item()).toBe(1);
  });
});

describe('deep and wide graphs', () => {
  // A chain of `steps` additions; the seconds that building and walking it take.
  function seconds(steps: number): number {
    const x = tensor([1], { requiresGrad: true });
    const start = process.hrtime.bigint();
    let y: Tensor = x;
    for (let i = 0; i < steps; i++) y = y.add(1);
    y.backward();
    expect(x.grad!.item()).toBe(1);
    return Number(process.hrtime.bigint() - start) / 1e9;
  }

  test('100,000 steps neither overflow the stack nor take more than linear time', () => {
    seconds(20_000);
    const short = Math.min(seconds(20_000), seconds(20_000), seconds(20_000));
    const long = Math.min(seconds(100_000), seconds(100_000));
    expect(long / short).toBeLessThan(15);
  });

  test('one leaf used 20,000 times', () => {
    const x = full([3], 1, { dtype: 'float64', requiresGrad: true });
    let total: Tensor = zeros([3], { dtype: 'float64' });
    for (let i = 0; i < 20_000; i++) total = total.add(mul(x, i));
    total.sum().backward();
    expect(flat(x.grad!)).toEqual([199_990_000, 199_990_000, 199_990_000]);
  });
});

describe('detach', () => {
  test('shares memory, not history', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.mul(2);
    const z = y.detach();
    expect([z.requiresGrad, z.gradFn, z.isLeaf]).toEqual([false, null, true]);
    z.fill_(7);
    expect(flat(y)).toEqual([7, 7]);
    y.add(z).sum().backward();
    expect(flat(x.grad!)).toEqual([2, 2]);
  });

  test('detach_ makes a leaf of the tensor itself', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.mul(2);
    expect(y.detach_()).toBe(y);
    expect([y.requiresGrad, y.gradFn]).toEqual([false, null]);
    expect(() => x.at(0).detach_()).toThrow(
      'detach_: a view cannot be detached in place; use detach()',
    );
  });

  // The rule of log saves what exp made; the rule of exp saves its own result.
  test.each([
    ['an operand', (y: Tensor) => y.log().mul(3), 'log'],
    ['the result', (y: Tensor) => y.mul(3), 'exp'],
    ['both operands', (y: Tensor) => y.mul(y).mul(y), 'mul'],
  ])(
    'what was saved as %s and detached in place is refused with createGraph',
    (_, f, operation) => {
      const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
      const make = (change: (y: Tensor) => void): Tensor => {
        const y = x.exp();
        const out = f(y).sum();
        change(y);
        return out;
      };
      const [right] = autograd.grad(
        make((y) => y.detach()),
        x,
      );
      const detached = make((y) => y.detach_());
      expect(() => autograd.grad(detached, x, { createGraph: true })).toThrow(
        new Error(
          `backward: a tensor of shape [2] that ${operation} needs for its gradient was detached in place since, so that with createGraph the gradient's own gradient would be wrong; use detach() instead of detach_()`,
        ),
      );
      // Without it the values are enough.
      const [plain] = autograd.grad(
        make((y) => y.detach_()),
        x,
      );
      expect(flat(plain!)).toEqual(flat(right!));
    },
  );

  test('what was detached in place before is a constant', () => {
    const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
    const y = x.exp().detach_();
    const [g] = autograd.grad(y.mul(x).mul(x).sum(), x, { createGraph: true });
    const [h] = autograd.grad(g!.sum(), x);
    expect(flat(h!)).toEqual(flat(y).map((v) => 2 * v));
  });
});

describe('views', () => {
  const views: [string, (x: Tensor) => Tensor][] = [
    ['select', (x) => x.select(1, 2)],
    ['slice', (x) => x.slice(1, 1, 4, 2)],
    ['narrow', (x) => x.narrow(0, 1, 2)],
    ['transpose', (x) => x.transpose(0, 1)],
    ['t', (x) => x.t()],
    ['expand', (x) => x.expand([2, 3, 4])],
    ['permute', (x) => x.permute([1, 0])],
    ['reshape', (x) => x.reshape([2, 6])],
    ['view', (x) => x.view([-1])],
    ['flatten', (x) => x.flatten()],
    ['unsqueeze', (x) => x.unsqueeze(1)],
    ['squeeze', (x) => x.squeeze()],
    ['movedim', (x) => x.movedim(0, 1)],
    ['unflatten', (x) => x.unflatten(1, [2, 2])],
    ['diagonal', (x) => x.diagonal(1)],
    ['at', (x) => x.at(':', '::3')],
    ['split', (x) => x.split(2, 1)[1]],
    ['unbind', (x) => x.unbind(1)[3]],
  ];

  test.each(views)('%s shares memory and has the right gradients', (_, f) => {
    const x = leaf([3, 4]);
    expect(f(x).storage).toBe(x.storage);
    expect(autograd.gradcheck(f, [x])).toBe(true);
    expect(autograd.gradgradcheck(f, [x])).toBe(true);
    expect(autograd.gradcheck((y) => f(y).mul(f(y)), [x])).toBe(true);
  });

  test('a chain of views of a strided tensor', () => {
    const x = leaf([2, 3, 4]);
    const chain = (y: Tensor): Tensor =>
      y.permute([2, 0, 1]).slice(0, 1, 4, 2).select(2, 1).t().unsqueeze(0);
    expect(autograd.gradcheck(chain, [x])).toBe(true);
    expect(autograd.gradgradcheck(chain, [x])).toBe(true);
  });

  test('of a tensor that is no leaf', () => {
    const x = leaf([3, 4]);
    const f = (y: Tensor): Tensor => y.mul(2).t().at(1).mul(y.at(':', 1));
    expect(autograd.gradcheck(f, [x])).toBe(true);
  });
});

describe('a gradient that does not fit', () => {
  test('clamp converts to the common element type, and its gradients back', () => {
    const x = tensor([-1, 0.5, 2, 3], { requiresGrad: true });
    const max = tensor([1, 1, 1, 4], { dtype: 'float64', requiresGrad: true });
    const y = x
      .tanh()
      .mul(2)
      .clamp(zeros([4], { dtype: 'float64' }), max);
    expect(y.dtype).toBe('float64');
    y.sum().backward();
    expect(x.grad!.dtype).toBe('float32');
    const half = 2 * (1 - Math.tanh(0.5) ** 2);
    const last = 2 * (1 - Math.tanh(3) ** 2);
    const found = flat(x.grad!);
    expect([found[0], found[2]]).toEqual([0, 0]);
    expect(found[1]).toBeCloseTo(half, 6);
    expect(found[3]).toBeCloseTo(last, 6);
    expect(flat(max.grad!)).toEqual([0, 0, 1, 0]);
  });

  test.each([
    ['element type', (g: Tensor): Tensor => g.to('float64'), 'float64 gradient of shape [2]'],
    ['shape', (g: Tensor): Tensor => g.sum(), 'float32 gradient of shape []'],
  ])('is caught where it arrives: %s', (_name, wrong, what) => {
    const x = tensor([1, 2], { requiresGrad: true }).tanh();
    const y = attachNode('WrongBackward0', [x], x.detach().clone(), (g) => [wrong(g)]);
    expect(() => y.sum().backward()).toThrow(
      new Error(`internal: a ${what} reached TanhBackward0, whose result is float32 of shape [2]`),
    );
  });

  test('of a leaf that was converted after the forward pass', () => {
    const layer = new nn.Linear(2, 1);
    const loss = layer.forward(tensor([1, 2])).sum();
    layer.to('float64');
    expect(() => loss.backward()).toThrow(
      'backward: the gradient is float32 [1, 2], but the leaf is now float64 [1, 2]; run the forward pass again after converting it',
    );
  });
});
