import { autograd, enableGrad, nn, tensor, type Tensor } from 'ostinato';
import { flat } from '../support';

const point = (): Tensor => tensor([1, 2], { requiresGrad: true });

describe('registerHook', () => {
  test('on a leaf: sees the whole gradient, once a backward', () => {
    const x = point();
    const seen: number[][] = [];
    x.registerHook((g) => {
      seen.push(flat(g));
    });
    x.mul(2).add(x).sum().backward();
    x.sum().backward();
    expect(seen).toEqual([
      [3, 3],
      [1, 1],
    ]);
    expect(flat(x.grad!)).toEqual([4, 4]);
  });

  test('on another tensor: what it returns flows on', () => {
    const x = point();
    const y = x.mul(3);
    y.registerHook((g) => g.mul(10));
    y.sum().backward();
    expect(flat(x.grad!)).toEqual([30, 30]);
  });

  test('several run in order, each on what the one before left', () => {
    const x = point();
    x.registerHook((g) => g.add(1));
    x.registerHook((g) => g.mul(10));
    x.sum().backward();
    expect(flat(x.grad!)).toEqual([20, 20]);
  });

  test('one that returns nothing changes nothing', () => {
    const x = point();
    x.registerHook(() => undefined);
    x.registerHook(() => null);
    x.sum().backward();
    expect(flat(x.grad!)).toEqual([1, 1]);
  });

  test('the function returned removes it', () => {
    const x = point();
    const remove = x.registerHook((g) => g.mul(10));
    x.sum().backward();
    remove();
    remove();
    x.sum().backward();
    expect(flat(x.grad!)).toEqual([11, 11]);
  });

  test('one that removes itself leaves the others in their turn', () => {
    const x = point();
    const calls: string[] = [];
    const remove = x.registerHook(() => {
      calls.push('first');
      remove();
    });
    x.registerHook(() => {
      calls.push('second');
    });
    x.sum().backward();
    x.sum().backward();
    expect(calls).toEqual(['first', 'second', 'second']);
  });

  test('runs for autograd.grad too', () => {
    const x = point();
    x.registerHook((g) => g.mul(2));
    const [g] = autograd.grad([x.sum()], [x]);
    expect(flat(g!)).toEqual([2, 2]);
    expect(x.grad).toBeNull();
  });

  test('is per result of an operation with several', () => {
    const x = point();
    const [a, b] = x.unbind(0);
    a.registerHook((g) => g.mul(5));
    a.add(b).backward();
    expect(flat(x.grad!)).toEqual([5, 1]);
  });

  test('may start a backward of its own, also through the same leaf', () => {
    const x = point();
    const y = point();
    const product = x.mul(2);
    product.registerHook(() => {
      enableGrad(() => y.mul(x).sum().backward());
    });
    product.add(x).sum().backward();
    expect(flat(x.grad!)).toEqual([1 + 3, 2 + 3]);
    expect(flat(y.grad!)).toEqual([1, 2]);
  });

  test('refuses what is no gradient', () => {
    const x = point();
    expect(() => x.registerHook(5 as never)).toThrow(
      new TypeError('registerHook: the hook must be a function, got 5'),
    );
    expect(() => tensor([1]).registerHook(() => null)).toThrow(
      new Error('registerHook: the tensor does not require gradients'),
    );
    const remove = x.registerHook(() => tensor([1]));
    expect(() => x.sum().backward()).toThrow(
      new RangeError(
        "registerHook: a hook must keep the gradient's shape and dtype: got float32 [1] for float32 [2]",
      ),
    );
    remove();
    x.registerHook(() => 7 as never);
    expect(() => x.sum().backward()).toThrow(
      new TypeError('registerHook: a hook must return a Tensor or nothing, got 7'),
    );
  });
});

describe('retainGrad', () => {
  test('keeps and accumulates the gradient of a tensor that is no leaf', () => {
    const x = point();
    const y = x.mul(3);
    y.retainGrad();
    y.retainGrad();
    const loss = y.mul(y).sum();
    loss.backward({ retainGraph: true });
    expect(flat(y.grad!)).toEqual([6, 12]);
    loss.backward();
    expect(flat(y.grad!)).toEqual([12, 24]);
  });

  test('keeps what the hooks leave, whenever they were registered', () => {
    const x = point();
    const y = x.mul(3);
    y.retainGrad();
    y.registerHook((g) => g.mul(100));
    y.sum().backward();
    expect(flat(y.grad!)).toEqual([100, 100]);
    expect(flat(x.grad!)).toEqual([300, 300]);
  });

  test('has memory of its own', () => {
    const x = point();
    const y = x.view([2]);
    y.retainGrad();
    y.backward({ gradient: tensor([1, 1]) });
    y.grad!.zero_();
    expect(flat(x.grad!)).toEqual([1, 1]);
  });

  test('on a leaf changes nothing; without gradients it is an error', () => {
    const x = point();
    x.retainGrad();
    x.sum().backward();
    expect(flat(x.grad!)).toEqual([1, 1]);
    expect(() => tensor([1]).retainGrad()).toThrow(
      new Error('retainGrad: the tensor does not require gradients'),
    );
  });
});

test('a handle removes its hook as a function and by its method', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const layer = new nn.Linear(2, 1);
  const calls: string[] = [];
  const handles = [
    x.registerHook(() => void calls.push('tensor')),
    layer.registerForwardPreHook(() => void calls.push('before')),
    layer.registerForwardHook(() => void calls.push('after')),
  ];
  layer.forward(x).sum().backward();
  expect(calls).toEqual(['before', 'after', 'tensor']);
  for (const handle of handles) {
    handle.remove();
    handle.remove();
  }
  layer.forward(x).sum().backward();
  expect(calls).toHaveLength(3);
  expect(Object.hasOwn(layer, 'forward')).toBe(false);
  handles[0]();
});
