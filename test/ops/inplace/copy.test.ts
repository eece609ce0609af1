import { arange, tensor, zeros } from 'ostinato';
import { flat } from '../../support';

describe('copy_, fill_, zero_', () => {
  test('write the same memory and return the tensor', () => {
    const x = zeros([2, 3]);
    const { storage } = x;
    expect(x.copy_(tensor([1, 2, 3]))).toBe(x);
    expect(flat(x)).toEqual([1, 2, 3, 1, 2, 3]);
    expect(x.fill_(7)).toBe(x);
    expect(flat(x)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(x.fill_(tensor(2))).toBe(x);
    expect(x.zero_()).toBe(x);
    expect(flat(x)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(x.storage).toBe(storage);
  });

  test('convert', () => {
    expect(flat(zeros([2], { dtype: 'int32' }).copy_(tensor([1.9, -1.9])))).toEqual([1, -1]);
    expect(flat(zeros([2], { dtype: 'bool' }).copy_(tensor([0, 5])))).toEqual([0, 1]);
    expect(flat(zeros([2], { dtype: 'bool' }).fill_(3))).toEqual([1, 1]);
    expect(flat(zeros([2]).copy_(tensor([true, false])))).toEqual([1, 0]);
  });

  test('a number that int32 cannot hold is refused', () => {
    const x = zeros([2], { dtype: 'int32' });
    expect(flat(x.fill_(-2.9))).toEqual([-2, -2]);
    for (const value of [2 ** 31, NaN, Infinity]) {
      const rule = `${value} does not fit int32 (integers from -2147483648 to 2147483647); convert the tensor with to('float64')`;
      expect(() => x.fill_(value)).toThrow(new RangeError(`fill_: ${rule}`));
      expect(() => x.setAt([0], value)).toThrow(new RangeError(`setAt: ${rule}`));
    }
    expect(flat(x)).toEqual([-2, -2]);
  });

  test('write through views only what they cover', () => {
    const x = arange(6).view([2, 3]).clone();
    x.at(':', 1).fill_(9);
    x.t().at(0).zero_();
    expect(flat(x)).toEqual([0, 9, 2, 0, 9, 5]);
  });

  test('copy_ reads overlapping memory before it writes', () => {
    const x = arange(4).view([2, 2]).clone();
    x.copy_(x.t());
    expect(flat(x)).toEqual([0, 2, 1, 3]);
    const y = arange(5).clone();
    y.at('1:5').copy_(y.at('0:4'));
    expect(flat(y)).toEqual([0, 0, 1, 2, 3]);
  });
});
