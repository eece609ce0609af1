// at, setAt, gather, scatter and the like against PyTorch: see test/fixtures/index.py.
import { arange, slice, tensor, type Index, type Tensor } from 'ostinato';
import fixtures from '../../fixtures/index.json';
import { flat } from '../../support';

type Nested = number | boolean | Nested[];
type Coded =
  | number
  | boolean
  | string
  | null
  | Nested[]
  | { slice: (number | null)[] }
  | { int: Nested }
  | { mask: Nested };
type Get = [number[], Coded[], number[], number[], number[], string];
type Put = [number[], Coded[], number[] | null, number[], number[], number[] | null];
type Along = [
  name: string,
  shape: number[],
  dim: number,
  index: Nested,
  srcShape: number[] | null,
  outShape: number[],
  out: number[],
  dx: number[],
  dsrc: number[] | null,
];

function decode(index: Coded): Index {
  if (index === null || typeof index !== 'object' || Array.isArray(index)) return index as Index;
  if ('slice' in index) return slice(index.slice[0], index.slice[1], index.slice[2]);
  if ('int' in index) return tensor(index.int, { dtype: 'int32' });
  return tensor(index.mask, { dtype: 'bool' });
}

const numbers = (shape: number[], start = 0): Tensor => {
  const count = shape.reduce((n, size) => n * size, 1);
  const values = arange(start, start + count, 1, { dtype: 'float64' });
  return values.view(shape).clone().requiresGrad_();
};

const weighted = (out: Tensor): Tensor => out.mul(numbers([...out.shape], 1).detach()).sum();

describe('at', () => {
  test.each(fixtures.get as Get[])('%j at %j', (shape, index, outShape, values, gradient, name) => {
    const x = numbers(shape);
    const out = x.at(...index.map(decode));
    expect(out.shape).toEqual(outShape);
    expect(flat(out)).toEqual(values);
    expect(out.gradFn!.name).toBe(name);
    weighted(out).backward();
    expect(flat(x.grad!)).toEqual(gradient);
  });
});

describe('setAt', () => {
  test.each(fixtures.set as Put[])(
    '%j at %j, value of shape %j',
    (shape, index, valueShape, values, gradient, valueGradient) => {
      const x = numbers(shape);
      const value = valueShape === null ? 5 : numbers(valueShape, 100);
      const y = x.clone();
      expect(y.setAt(index.map(decode), value)).toBe(y);
      expect(flat(y)).toEqual(values);
      weighted(y).backward();
      expect(flat(x.grad!)).toEqual(gradient);
      if (typeof value !== 'number') expect(flat(value.grad!)).toEqual(valueGradient);
    },
  );

  test.each(fixtures.set as Put[])('%j at %j, not recorded', (shape, index, valueShape, values) => {
    const y = numbers(shape).detach();
    y.setAt(index.map(decode), valueShape === null ? 5 : numbers(valueShape, 100).detach());
    expect(flat(y)).toEqual(values);
    expect(y.requiresGrad).toBe(false);
  });
});

describe('along a dimension', () => {
  const operations: Record<string, (x: Tensor, dim: number, index: Tensor, src: Tensor) => Tensor> =
    {
      gather: (x, dim, index) => x.gather(dim, index),
      scatter: (x, dim, index, src) => x.scatter(dim, index, src),
      scatter_add: (x, dim, index, src) => x.scatterAdd(dim, index, src),
      index_select: (x, dim, index) => x.indexSelect(dim, index),
      index_add: (x, dim, index, src) => x.indexAdd(dim, index, src),
      index_copy: (x, dim, index, src) => x.indexCopy(dim, index, src),
    };

  test.each(fixtures.along as Along[])(
    '%s %j dim %d index %j src %j',
    (name, shape, dim, index, srcShape, outShape, values, dx, dsrc) => {
      const x = numbers(shape);
      const src = numbers(srcShape ?? [], 100);
      const out = operations[name](x, dim, tensor(index, { dtype: 'int32' }), src);
      expect(out.shape).toEqual(outShape);
      expect(flat(out)).toEqual(values);
      weighted(out).backward();
      expect(flat(x.grad!)).toEqual(dx);
      if (dsrc !== null) expect(flat(src.grad!)).toEqual(dsrc);
    },
  );
});
