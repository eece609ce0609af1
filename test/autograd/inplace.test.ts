// In-place changes and autograd: histories of tensors and views, version counters, what is refused.
import { noGrad, ones, tensor, zeros, type Tensor } from 'ostinato';
import { expectGradients, flat, leaf } from '../support';

describe('a tensor changed in place', () => {
  test('has the operation as its history', () => {
    const y = leaf([2]).mul(2);
    expect(y.mul_(3)).toBe(y);
    expect(y.gradFn!.name).toBe('MulBackward0');
    expectGradients((x) => x.mul(2).mul_(3).add_(x).tanh_(), leaf([3]));
  });

  test('that had no history gets one', () => {
    const w = leaf([3]);
    const total = zeros([3], { dtype: 'float64' });
    total.add_(w);
    expect([total.requiresGrad, total.isLeaf]).toEqual([true, false]);
    total.mul_(w).sum().backward();
    expect(flat(w.grad!)).toEqual(flat(w).map((x) => 2 * x));
  });

  test('saves what it overwrites where a gradient needs it', () => {
    expectGradients((x, y) => x.mul(1).mul_(y), leaf([3], 1), leaf([3], 2));
    expectGradients((x, y) => x.mul(1).div_(y), leaf([3], 1), leaf([3], 2));
    expectGradients((x) => x.mul(1).square_(), leaf([3]));
    expectGradients(
      (x) => {
        const y = x.mul(1);
        return y.mul_(y);
      },
      leaf([3]),
    );
  });

  test('many times over', () => {
    expectGradients(
      (x) => {
        const y = x.clone();
        for (let i = 0; i < 5; i++) y.mul_(x).add_(1);
        return y;
      },
      leaf([2]),
    );
  });

  test('by copy_, fill_ and zero_: the old history gets zeros', () => {
    expectGradients((x, v) => x.clone().copy_(v).mul(x), leaf([2, 3], 1), leaf([3], 2));
    expectGradients((x, v) => x.clone().fill_(v).mul(x), leaf([2, 3], 1), leaf([], 2));
    expectGradients((x) => x.clone().zero_().add(x), leaf([2, 3]));
    const x = leaf([2]);
    const y = x.mul(2);
    y.copy_(tensor([1, 2]));
    expect(y.gradFn!.name).toBe('CopyBackwards');
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([0, 0]);
  });

  test('by a leaf, which stays the leaf', () => {
    const w = leaf([2]);
    const y = zeros([2], { dtype: 'float64' }).copy_(w);
    expect([y.isLeaf, w.isLeaf]).toEqual([false, true]);
    y.sum().backward();
    expect(flat(w.grad!)).toEqual([1, 1]);
    expect(y.grad).toBeNull();
  });
});

describe('a view changed in place', () => {
  test('reaches its base', () => {
    const x = leaf([2, 3]);
    const y = x.clone();
    y.at(0).mul_(2);
    expect(y.gradFn!.name).toBe('CopySlices');
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([2, 2, 2, 1, 1, 1]);
  });

  const views: [string, (x: Tensor) => Tensor, number[]][] = [
    ['select', (x) => x.select(1, 1), [2]],
    ['slice with a step', (x) => x.slice(1, 0, 4, 2), [2, 2]],
    ['transpose', (x) => x.t(), [4, 2]],
    ['a view of a view', (x) => x.t().at('1:3').at(':', 0), [2]],
    ['diagonal', (x) => x.diagonal(), [2]],
    ['reshape', (x) => x.view([8]).at('2:5'), [3]],
    ['split', (x) => x.split(2, 1)[1], [2, 2]],
    ['unbind', (x) => x.unbind(0)[1], [4]],
    ['unsqueeze', (x) => x.unsqueeze(1).at(':', 0, 1), [2]],
  ];
  test.each(views)('%s', (_, view, shape) => {
    expectGradients(
      (x) => {
        const y = x.mul(1);
        view(y).mul_(3);
        return y.mul(x);
      },
      leaf([2, 4]),
    );
    expectGradients(
      (x, v) => {
        const y = x.mul(1);
        view(y).copy_(v);
        return y.mul(x);
      },
      leaf([2, 4], 1),
      leaf(shape, 2),
    );
  });

  test('whose base is transposed in memory', () => {
    expectGradients(
      (v) => {
        const base = zeros([3, 2], { dtype: 'float64' }).t().detach();
        base.at(0).copy_(v);
        base.at(':', 1).mul_(v.at(0));
        return base.mul(base);
      },
      leaf([3]),
    );
  });

  test('through another view of the same base', () => {
    expectGradients(
      (x) => {
        const y = x.mul(1);
        const [a, b] = [y.at(0), y.at(1)];
        a.mul_(b);
        b.add_(a);
        return y.mul(a);
      },
      leaf([2, 3]),
    );
  });

  test('made before its base changed sees the change, in values and history', () => {
    const x = leaf([2, 2]);
    const y = x.mul(1);
    const row = y.at(0);
    y.mul_(10);
    expect(flat(row)).toEqual(flat(y).slice(0, 2));
    expect(row.gradFn!.name).toBe('AsStridedBackward0');
    row.sum().backward();
    expect(flat(x.grad!)).toEqual([10, 10, 0, 0]);
  });

  test('of a base without history gives it one', () => {
    const w = leaf([3]);
    const table = zeros([2, 3], { dtype: 'float64' });
    const row = table.at(1);
    row.add_(w);
    expect([table.requiresGrad, row.requiresGrad]).toEqual([true, true]);
    table.mul(2).sum().backward();
    expect(flat(w.grad!)).toEqual([2, 2, 2]);
  });

  test('setAt inside a loop: partial sums into a result', () => {
    expectGradients(
      (signal) => {
        const result = zeros([4], { dtype: 'float64' });
        let state = zeros([], { dtype: 'float64' });
        for (let i = 0; i < 4; i++) {
          state = state.mul(0.5).add(signal.at(i));
          result.setAt([i], state);
        }
        return result.mul(result);
      },
      leaf([4]),
    );
  });
});

describe('a view from before its base required gradients', () => {
  test('leads to the base, and cannot be changed where the base cannot', () => {
    const x = zeros([3]);
    const view = x.view(3);
    const before = [x.detach().view(3), noGrad(() => x.view(3))];
    x.requiresGrad_();
    expect([view.requiresGrad, ...before.map((other) => other.requiresGrad)]).toEqual([
      ...[true, false, false],
    ]);
    view.mul(2).sum().backward();
    expect(flat(x.grad!)).toEqual([2, 2, 2]);
    expect(() => view.add_(1)).toThrow(
      /^add_: a leaf that requires gradients cannot be changed in place; .*$/,
    );
  });

  test('is a leaf again when the base requires none', () => {
    const x = zeros([3], { requiresGrad: true });
    const view = x.view(3);
    x.requiresGrad_(false);
    expect([view.requiresGrad, view.isLeaf]).toEqual([false, true]);
    view.add_(1);
    expect(flat(x)).toEqual([1, 1, 1]);
  });
});

describe('version counters', () => {
  test('a saved tensor changed in place is found at backward', () => {
    const x = leaf([2]);
    const y = x.tanh();
    const z = y.mul(y);
    y.add_(1);
    expect(() => z.sum().backward()).toThrow(
      new Error(
        'backward: a tensor of shape [2] that mul needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before mul',
      ),
    );
  });

  test('also through a view, a detached tensor, and inside noGrad', () => {
    const changes: ((y: Tensor) => void)[] = [
      (y) => y.at(0).zero_(),
      (y) => y.detach().zero_(),
      (y) => {
        noGrad(() => y.zero_());
      },
      (y) => {
        noGrad(() => y.t().at(0)).fill_(2);
      },
      (y) => y.detach().setAt([0], 1),
    ];
    for (const change of changes) {
      const y = leaf([2, 2]).exp();
      const z = y.mul(y);
      change(y);
      expect(() => z.sum().backward()).toThrow(
        'backward: a tensor of shape [2, 2] that mul needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before mul',
      );
    }
  });

  test('a change of what was not saved is fine', () => {
    const x = leaf([2]);
    const y = x.mul(2);
    const z = y.add(1);
    y.zero_();
    z.sum().backward();
    expect(flat(x.grad!)).toEqual([2, 2]);
  });

  test('an index changed in place is found as well', () => {
    const x = leaf([3]);
    const index = tensor([0, 2], { dtype: 'int32' });
    const picked = x.at(index);
    index.zero_();
    expect(() => picked.sum().backward()).toThrow(
      'backward: a tensor of shape [2] that at needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before at',
    );
  });
});

describe('what is refused', () => {
  const leafError = (operation: string): Error =>
    new Error(
      `${operation}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
    );

  test('leaves that require gradients, and their views', () => {
    const x = tensor([[1, 2]], { requiresGrad: true });
    expect(() => x.add_(1)).toThrow(leafError('add_'));
    expect(() => x.at(0).mul_(2)).toThrow(leafError('mul_'));
    expect(() => x.zero_()).toThrow(leafError('zero_'));
    expect(() => x.setAt([0, 0], 5)).toThrow(leafError('setAt'));
    expect(() => x.view([2]).copy_(tensor([1, 2]))).toThrow(leafError('copy_'));
    noGrad(() => x.add_(1));
    expect(flat(x)).toEqual([2, 3]);
    expect(x.isLeaf).toBe(true);
  });

  test('tensors whose elements share memory', () => {
    const x = ones([1, 3]).expand([2, 3]);
    const message =
      'add_: several elements of the expanded tensor (shape [2, 3]) refer to one memory location; change a clone() instead';
    expect(() => x.add_(1)).toThrow(new RangeError(message));
    expect(() => noGrad(() => x.add_(1))).toThrow(new RangeError(message));
    expect(() => x.at(0).add_(1)).not.toThrow();
  });

  test('a recorded change of a view made inside noGrad', () => {
    const y = leaf([2, 2]).mul(1);
    const row = noGrad(() => y.at(0));
    expect(() => row.mul_(y.at(1))).toThrow(
      'mul_: this view was made inside noGrad, so that its change cannot be recorded; make the view outside, or change it inside noGrad(() => …)',
    );
    expect(() => row.mul_(2)).not.toThrow();
    expect(() => noGrad(() => row.mul_(y.at(1)))).not.toThrow();
  });

  test('values that do not fit', () => {
    const x = zeros([2, 3]);
    expect(() => x.copy_(zeros([2]))).toThrow(
      new RangeError('copy_: a value of shape [2] does not fit into shape [2, 3]'),
    );
    expect(() => x.add_(zeros([4, 2, 3]))).toThrow(
      new RangeError('add_: a value of shape [4, 2, 3] does not fit into shape [2, 3]'),
    );
    expect(() => x.fill_(zeros([1]))).toThrow(
      new RangeError('fill_: the value must be a number or a 0-dimensional tensor, got shape [1]'),
    );
    expect(() => zeros([2], { dtype: 'int32' }).add_(0.5)).toThrow(
      new TypeError(
        "add_: the result is float32, which a int32 tensor cannot hold; convert it first with to('float32')",
      ),
    );
    expect(() => zeros([2], { dtype: 'bool' }).mul_(zeros([2]))).toThrow(
      new TypeError(
        "mul_: the result is float32, which a bool tensor cannot hold; convert it first with to('float32')",
      ),
    );
    expect(flat(x)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
