import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { contiguousStrides } from '../../src/tensor/shape';
import type { DType } from '../../src/tensor/dtype';
import { elementsOf, empty, setHistory, Tensor } from '../../src/tensor/tensor';

interface Case {
  shape: number[];
  dtype: DType;
  values?: (number | boolean | string)[];
  progression?: [start: number, step: number];
  grad?: 'leaf' | 'mul';
  text: string;
}

const cases = JSON.parse(readFileSync(join(__dirname, '../fixtures/print.json'), 'utf8')) as Case[];

const number = (v: number | boolean | string): number =>
  typeof v === 'string' ? Number(v.replace('inf', 'Infinity')) : Number(v);

function made({ shape, dtype, values, progression, grad }: Case): Tensor {
  const out = empty(shape, dtype);
  const memory = elementsOf(out, out.numel);
  for (let i = 0; i < memory.length; i++) {
    memory[i] = values ? number(values[i]) : progression![0] + progression![1] * i;
  }
  if (grad !== undefined) setHistory(out, grad === 'mul' ? { name: 'MulBackward0' } : null, true);
  return out;
}

const title = ({ shape, dtype, text }: Case): string =>
  `${dtype} [${shape.join(', ')}] ${text.slice(0, 40).replace(/\s+/g, ' ')}`;

describe('toString', () => {
  it.each(cases.map((one) => [title(one), one] as const))('%s', (_, one) => {
    expect(made(one).toString()).toBe(one.text);
  });

  it('reads views in place', () => {
    const base = empty([2, 3], 'float32');
    elementsOf(base, 6).set([1, 2, 3, 4, 5, 6]);
    const turned = new Tensor(base.storage, base.dtype, [3, 2], [1, 3], base.offset);
    expect(turned.toString()).toBe('tensor([[1., 4.],\n        [2., 5.],\n        [3., 6.]])');
    const repeated = new Tensor(base.storage, base.dtype, [2, 2], [0, 1], base.offset + 4);
    expect(String(repeated)).toBe('tensor([[5., 6.],\n        [5., 6.]])');
  });

  it('copies no more than it shows of a large tensor', () => {
    // A view of one element: 2^40 of them in memory would not fit.
    const one = empty([1], 'float32');
    elementsOf(one, 1)[0] = 0.5;
    const huge = new Tensor(one.storage, one.dtype, [2 ** 20, 2 ** 20], [0, 0], one.offset);
    expect(huge.toString().split('\n')[0]).toBe(
      'tensor([[0.5000, 0.5000, 0.5000,  ..., 0.5000, 0.5000, 0.5000],',
    );
  });

  it('of too many elements to be shown is their sizes', () => {
    const one = empty([1], 'float32');
    const sizes = new Array<number>(40).fill(2);
    const huge = new Tensor(one.storage, 'float32', sizes, sizes.map(() => 0)); // prettier-ignore
    expect(String(huge)).toBe(`tensor(...,\n       size=(${sizes.join(', ')}))`);
    expect(String(empty(new Array<number>(18).fill(2), 'int32'))).toMatch(/^tensor\(\.\.\., size=\(2, .*\),\n *dtype=int32\)$/);
  }); // prettier-ignore

  it('is what console.log and util.inspect show, also inside other values', () => {
    const x = empty([2], 'float32');
    elementsOf(x, 2).set([1, -1]);
    expect(inspect(x)).toBe('tensor([ 1., -1.])');
    expect(inspect({ x })).toBe('{ x: tensor([ 1., -1.]) }');
    expect(x.strides).toEqual(contiguousStrides([2]));
  });
});
