// What a tensor says of itself cannot be changed: kernels read memory by it.
import * as o from 'ostinato';

const made: readonly (readonly [string, () => o.Tensor])[] = [
  ['a new tensor', () => o.arange(6).reshape([2, 3])],
  ['the result of an operation', () => o.arange(6).reshape([2, 3]).relu()],
  ['a sum', () => o.ones([2, 3, 4]).sum(2)],
  ['a product', () => o.ones([2, 4]).matmul(o.ones([4, 3]))],
  ['a view', () => o.arange(6).view([3, 2]).t()],
  ['an expanded tensor', () => o.ones([1, 3]).expand([2, 3])],
  ['a parameter', () => new o.nn.Parameter(o.ones([2, 3]))],
  ['a gradient', () => {
    const x = o.ones([2, 3]).requiresGrad_();
    x.square().sum().backward();
    return x.grad!;
  }],
]; // prettier-ignore

describe.each(made)('%s', (_, make) => {
  const answers: Readonly<Record<string, (x: o.Tensor) => readonly number[]>> = {
    shape: (x) => x.shape,
    'size()': (x) => x.size(),
    strides: (x) => x.strides,
  };
  test.each(Object.entries(answers))('%s: no change reaches the tensor', (_name, read) => {
    const x = make();
    const other = x.mul(2);
    const before = [...x.shape];
    const strides = [...x.strides];
    const list = read(x) as number[];
    for (const change of [
      () => void (list[0] = 100_000),
      () => void list.push(7),
      () => void (list.length = 0),
      () => void list.reverse(),
    ]) {
      try {
        change();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
    }
    expect(x.shape).toEqual(before);
    expect(x.strides).toEqual(strides);
    expect(other.shape).toEqual(before);
    expect(x.sum(0).shape).toEqual([3]);
  });

  test('shape is the same array each time', () => {
    const x = make();
    expect(x.shape).toBe(x.shape);
  });
});

test.each<readonly [string, (shape: number[]) => o.Tensor]>([
  ['zeros', (shape) => o.zeros(shape)],
  ['empty', (shape) => o.empty(shape)],
  ['full', (shape) => o.full(shape, 1)],
  ['randn', (shape) => o.randn(shape)],
  ['reshape', (shape) => o.ones([6]).reshape(shape)],
  ['view', (shape) => o.ones([6]).view(shape)],
  ['expand', (shape) => o.ones([1, 3]).expand(shape)],
  ['broadcastTo', (shape) => o.broadcastTo(o.ones([3]), shape)],
])('%s keeps no array of the user', (_, make) => {
  const shape = [2, 3];
  const x = make(shape);
  shape[0] = 100_000;
  shape.push(5);
  expect(x.shape).toEqual([2, 3]);
});
