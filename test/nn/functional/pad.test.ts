import { arange, autograd, nn, ones, tensor, zeros, type Tensor } from 'ostinato';
import { leaf } from '../../support';

const { pad } = nn.functional;
const x = arange(1, 13).to('float64').view([1, 3, 4]);
const row = x.narrow(1, 0, 1);

// x = torch.arange(1., 13).view(1, 3, 4); F.pad(x[:, :1], [2, 1], mode=m), F.pad(x, [1, -1, 2, 0], mode=m)
const rows = [
  ['reflect', [3, 2, 1, 2, 3, 4, 3], [[10, 9, 10, 11], [6, 5, 6, 7], [2, 1, 2, 3], [6, 5, 6, 7], [10, 9, 10, 11]]],
  ['replicate', [1, 1, 1, 2, 3, 4, 4], [[1, 1, 2, 3], [1, 1, 2, 3], [1, 1, 2, 3], [5, 5, 6, 7], [9, 9, 10, 11]]],
  ['circular', [3, 4, 1, 2, 3, 4, 1], [[7, 5, 6, 7], [11, 9, 10, 11], [3, 1, 2, 3], [7, 5, 6, 7], [11, 9, 10, 11]]],
] as const; // prettier-ignore

describe.each(rows)('pad, %s', (mode, one, two) => {
  it('has the values of PyTorch, negative amounts included', () => {
    expect(pad(row, [2, 1], { mode }).toArray()).toEqual([[one]]);
    expect(pad(x, [1, -1, 2, 0], { mode }).toArray()).toEqual([two]);
  });

  it('has first and second derivatives, of strided tensors too', () => {
    const f = (t: Tensor): Tensor => pad(t, [2, 1], { mode }).square();
    const transposed = (t: Tensor): Tensor => f(t.transpose(0, 1));
    expect(autograd.gradcheck(f, [leaf([2, 4])])).toBe(true);
    expect(autograd.gradgradcheck(f, [leaf([2, 4])])).toBe(true);
    expect(autograd.gradcheck(transposed, [leaf([4, 2])])).toBe(true);
  });

  it('refuses a value, other ranks and dimensions without elements', () => {
    expect(() => pad(row, [1, 1], { mode, value: 2 })).toThrow(
      new RangeError(`pad: mode '${mode}' takes no value, got 2`),
    );
    expect(() => pad(ones([2]), [1, 1], { mode })).toThrow(
      new RangeError(
        `pad: mode '${mode}' takes one pair for two or three dimensions, two for three or four, three for four or five; got 1 for shape [2]`,
      ),
    );
    expect(() => pad(zeros([2, 0]), [1, 1], { mode })).toThrow(
      new RangeError(
        `pad: mode '${mode}' needs elements in every dimension but the batch, got shape [2, 0]`,
      ),
    );
    expect(pad(zeros([0, 2, 3]), [1, 1], { mode }).shape).toEqual([0, 2, 5]);
  });
});

it('pad repeats the edge also where nothing else is left, as PyTorch does', () => {
  // F.pad(torch.arange(1., 5).view(1, 4), [-4, 5], mode='replicate')
  const cut = pad(arange(1, 5).view([1, 4]), [-4, 5], { mode: 'replicate' });
  expect(cut.toArray()).toEqual([[4, 4, 4, 4, 4]]);
});

it('pad refuses more than there is to mirror or to wrap, and booleans', () => {
  expect(() => pad(row, [4, 0], { mode: 'reflect' })).toThrow(
    new RangeError("pad: mode 'reflect' can add at most 3 to 4 elements of dimension 2, got 4"),
  );
  expect(() => pad(row, [0, 5], { mode: 'circular' })).toThrow(
    new RangeError("pad: mode 'circular' can add at most 4 to 4 elements of dimension 2, got 5"),
  );
  expect(() => pad(row.gt(0), [1, 1], { mode: 'reflect' })).toThrow(
    new TypeError("pad: mode 'reflect' takes numbers, got bool; convert with to('float32')"),
  );
  expect(pad(row.gt(0), [1, 1], { mode: 'circular' }).dtype).toBe('bool');
});

// F.pad(torch.tensor([True, False]), [1, 1], value=False), and with True
it('takes a boolean for a mask', () => {
  const mask = tensor([true, false]);
  expect(pad(mask, [1, 1], { value: false }).toArray()).toEqual([false, true, false, false]);
  expect(pad(mask, [1, 1], { value: true }).toArray()).toEqual([true, true, false, true]);
  expect(() => pad(zeros([2]), [1, 1], { value: true })).toThrow(
    new TypeError('pad: value must be a number, got true'),
  );
});
