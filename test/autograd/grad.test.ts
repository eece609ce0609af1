import { autograd, tensor, zeros, type Tensor } from 'ostinato';
import { flat, leaf } from '../support';

const { grad } = autograd;

describe('autograd.grad', () => {
  test('returns gradients and leaves grad alone', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = tensor([3, 4], { requiresGrad: true });
    const [dx, dy] = grad([x.mul(y).sum()], [x, y]);
    expect([flat(dx!), flat(dy!)]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  test('refuses to differentiate by nothing', () => {
    const x = tensor(3, { requiresGrad: true });
    expect(() => grad(x.mul(x), [])).toThrow(
      new RangeError('autograd.grad: inputs must be one tensor at least, got []'),
    );
  });

  test('takes single tensors as well as lists', () => {
    const x = tensor(3, { requiresGrad: true });
    const [dx] = grad(x.mul(x), x);
    expect(dx!.item()).toBe(6);
  });

  test('several outputs count together, each by its gradOutput', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const [dx] = grad([x.mul(2), x.sum()], [x], { gradOutputs: [tensor([1, 10]), null] });
    expect(flat(dx!)).toEqual([3, 21]);
  });

  test('inputs that are no leaves', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(3);
    const z = y.mul(y);
    const [dy, dx] = grad(z, [y, x]);
    expect([dy!.item(), dx!.item()]).toEqual([12, 36]);
  });

  test('an output that is also an input', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(3);
    const [dy] = grad(y, y);
    expect(dy!.item()).toBe(1);
  });

  test('does not walk, nor consume, what is below its inputs', () => {
    const x = tensor([2], { requiresGrad: true });
    const below = x.tanh();
    let walked = 0;
    x.registerHook(() => {
      walked++;
    });
    const [g] = grad(below.mul(below), [below]);
    expect(walked).toBe(0);
    below.backward({ gradient: g! });
    expect(walked).toBe(1);
    expect(x.grad!.item()).toBeCloseTo(2 * Math.tanh(2) * (1 - Math.tanh(2) ** 2), 6);
  });

  test('consumes what it walks, unless told otherwise', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(x);
    grad(y, x, { retainGraph: true });
    grad(y, x);
    expect(() => grad(y, x)).toThrow(
      'backward: this graph was already consumed; pass { retainGraph: true } to the first backward call to use it twice',
    );
  });

  test('an input that no output depends on', () => {
    const x = tensor([2], { requiresGrad: true });
    const other = tensor([1], { requiresGrad: true });
    expect(() => grad(x.mul(2), [x, other])).toThrow(
      new Error(
        'autograd.grad: no output depends on input 1; pass { allowUnused: true } to get null for it, or { materializeGrads: true } for zeros',
      ),
    );
    const [dx, none] = grad(x.mul(2), [x, other], { allowUnused: true });
    expect(dx!.item()).toBe(2);
    expect(none).toBeNull();
  });

  test('refuses what has no gradients', () => {
    const x = tensor([2], { requiresGrad: true });
    expect(() => grad(x.mul(2), tensor([1]))).toThrow(
      new Error('autograd.grad: input 0 does not require gradients'),
    );
    expect(() => grad(tensor([1]), x)).toThrow(
      'autograd.grad: the tensor does not require gradients and was not made by an operation on one that does; set requiresGrad on a leaf before the forward pass',
    );
    expect(() => grad(x.mul(tensor([1, 2])), x)).toThrow(
      new RangeError(
        'autograd.grad: a tensor whose gradient is not given must have one element, got shape [2]; pass { gradOutputs } or reduce it, for example with sum()',
      ),
    );
    expect(() => grad([x.mul(2)], [x], { gradOutputs: [] })).toThrow(
      new RangeError('autograd.grad: there are 1 outputs but 0 gradOutputs; give one for each'),
    );
  });
});

describe('createGraph', () => {
  const cube = (x: Tensor): Tensor => x.mul(x).mul(x);

  test('second and third derivatives', () => {
    const x = tensor(2, { dtype: 'float64', requiresGrad: true });
    const [first] = grad(cube(x), x, { createGraph: true });
    const [second] = grad(first!, x, { createGraph: true });
    const [third] = grad(second!, x);
    expect([first!.item(), second!.item(), third!.item()]).toEqual([12, 12, 6]);
    expect(third!.requiresGrad).toBe(false);
  });

  test('a gradient penalty reaches the weights', () => {
    const x = leaf([3]);
    const w = leaf([3], 2);
    const f = (a: Tensor, b: Tensor): Tensor => {
      const [g] = grad(a.mul(b).tanh().sum(), a, { createGraph: true });
      return g!.mul(g!).sum();
    };
    expect(autograd.gradcheck(f, [x, w])).toBe(true);
  });

  test('backward with createGraph gives a grad with history', () => {
    const x = tensor(2, { requiresGrad: true });
    cube(x).backward({ createGraph: true });
    const first = x.grad!;
    expect(first.requiresGrad).toBe(true);
    x.grad = null;
    first.backward();
    expect(x.grad!.item()).toBe(12);
  });

  test('without it, gradients have no history', () => {
    const x = tensor([2], { requiresGrad: true });
    const [g] = grad(cube(x), x);
    expect(g!.requiresGrad).toBe(false);
    expect(g!.gradFn).toBeNull();
  });
});

test('one output takes its gradient without an array', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const gradOutputs = tensor([10, 100]);
  expect(flat(grad(x.mul(3), x, { gradOutputs })[0]!)).toEqual([30, 300]);
  expect(() => grad([x.mul(3), x.mul(2)], x, { gradOutputs })).toThrow(
    new RangeError('autograd.grad: there are 2 outputs but 1 gradOutputs; give one for each'),
  );
});

describe('results of one operation', () => {
  const pieces = (): { x: Tensor; a: Tensor; b: Tensor; c: Tensor } => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const [a, b, c] = x.mul(1).chunk(3);
    return { x, a, b, c };
  };

  test('are targets one by one', () => {
    const { x, a, b } = pieces();
    const [da, dx] = grad(a.mul(b).sum(), [a, x]);
    expect(flat(da!)).toEqual([2]);
    expect(flat(dx!)).toEqual([2, 1, 0]);
  });

  test('keep what is below a target for a later walk', () => {
    const { x, a, b } = pieces();
    const y = a.square().add(b);
    expect(flat(grad(y.sum(), a, { retainGraph: true })[0]!)).toEqual([2]);
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([2, 1, 0]);
  });

  test('have hooks of their own', () => {
    const { x, a, c } = pieces();
    a.registerHook((g) => g.mul(10));
    c.retainGrad();
    a.add(c.mul(2)).sum().backward();
    expect(flat(x.grad!)).toEqual([10, 0, 2]);
    expect(flat(c.grad!)).toEqual([2]);
  });

  test('a failed walk leaves none of their gradients behind', () => {
    const { x, a, b } = pieces();
    const remove = a.registerHook(() => {
      throw new Error('stop');
    });
    // The newest is visited first: b's gradient has been put aside when a's hook throws.
    const y = a.add(b.mul(5)).sum();
    expect(() => y.backward({ retainGraph: true })).toThrow('stop');
    remove();
    a.sum().backward();
    expect(flat(x.grad!)).toEqual([1, 0, 0]);
  });

  test('a walk within a walk leaves the gradients of the outer one alone', () => {
    const { x, a, b, c } = pieces();
    const other = c.mul(7).sum();
    a.registerHook(() => {
      expect(flat(grad(other, x, { retainGraph: true })[0]!)).toEqual([0, 0, 7]);
    });
    a.add(b.mul(5)).sum().backward();
    expect(flat(x.grad!)).toEqual([1, 5, 0]);
  });
});

describe('gradcheck', () => {
  test('finds a wrong gradient', () => {
    const x = leaf([3]);
    // detach hides one factor from the graph.
    expect(() => autograd.gradcheck((y) => y.mul(y.detach()), [x])).toThrow(
      'gradcheck: d output 0[0] / d input 0[0] is 0.4821526835576152 by backward, 0.9643053670849167 by central difference (input shape [3], output shape [3])',
    );
    expect(autograd.gradcheck((y) => y.mul(y.detach()), [x], { raiseException: false })).toBe(
      false,
    );
    expect(() => autograd.gradgradcheck((y) => y.mul(y).mul(y.mul(y).detach()), [x])).toThrow(
      'gradgradcheck: d output 0[0] / d input 0[0] is -0.059905271048902926 by backward, -0.17971581314259188 by central difference (input shape [3], output shape [3])',
    );
  });

  test('leaves its inputs as they were', () => {
    const x = leaf([3]);
    const before = flat(x);
    autograd.gradcheck((y) => y.tanh(), [x]);
    autograd.gradgradcheck((y) => y.tanh(), [x]);
    expect(flat(x)).toEqual(before);
    expect(x.grad).toBeNull();
  });

  test('takes several outputs, and inputs without gradients', () => {
    const x = leaf([2]);
    const f = (y: Tensor, z: Tensor): Tensor[] => [y.mul(z), y.add(z)];
    expect(autograd.gradcheck(f, [x, tensor([3, 4], { dtype: 'float64' })])).toBe(true);
    expect(autograd.gradgradcheck(f, [x, leaf([2], 2)])).toBe(true);
  });

  test('refuses what it cannot judge', () => {
    expect(() => autograd.gradcheck((y) => y, [zeros([2])])).toThrow(
      'gradcheck: no input requires gradients, so there is nothing to check',
    );
    expect(() => autograd.gradcheck((y) => y.mul(2), [zeros([2], { requiresGrad: true })])).toThrow(
      new TypeError(
        "gradcheck: input 0 is float32; finite differences need float64; convert it with to('float64')",
      ),
    );
    const strided = leaf([2, 3]).detach().t().requiresGrad_();
    expect(() => autograd.gradcheck((y) => y.mul(2), [strided])).toThrow(
      new RangeError('gradcheck: input 0 is not contiguous; pass contiguous() leaves'),
    );
  });
});
