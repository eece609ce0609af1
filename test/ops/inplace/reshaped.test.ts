// squeeze_, unsqueeze_, t_, transpose_, swapaxes_, swapdims_: sizes, values and histories as PyTorch's, views and versions.
import { arange, compile, noGrad, tensor, zeros, type Tensor } from 'ostinato';
import { expectGradients, flat, leaf } from '../../support';

const forms: readonly [string, readonly number[], (x: Tensor) => Tensor, (x: Tensor) => Tensor][] =
  [
    ['squeeze_', [1, 3, 1], (x) => x.squeeze_(), (x) => x.squeeze()],
    ['squeeze_ of a dimension', [1, 3, 1], (x) => x.squeeze_(-1), (x) => x.squeeze(-1)],
    ['squeeze_ of two', [1, 3, 1], (x) => x.squeeze_([0, 2]), (x) => x.squeeze([0, 2])],
    ['squeeze_ of a longer one', [2, 3], (x) => x.squeeze_(0), (x) => x.squeeze(0)],
    ['unsqueeze_', [2, 3], (x) => x.unsqueeze_(1), (x) => x.unsqueeze(1)],
    ['unsqueeze_ of a number', [], (x) => x.unsqueeze_(-1), (x) => x.unsqueeze(-1)],
    ['t_', [2, 3], (x) => x.t_(), (x) => x.t()],
    ['t_ of a vector', [3], (x) => x.t_(), (x) => x.t()],
    ['transpose_', [2, 3, 2], (x) => x.transpose_(0, -2), (x) => x.transpose(0, -2)],
    ['swapaxes_', [2, 3, 2], (x) => x.swapaxes_(0, 1), (x) => x.swapaxes(0, 1)],
    ['swapdims_', [0, 3], (x) => x.swapdims_(0, 1), (x) => x.swapdims(0, 1)],
  ];

const ranged = (shape: readonly number[]): Tensor =>
  arange(1, 1 + shape.reduce((a, b) => a * b, 1))
    .to('float64')
    .reshape(shape);

describe.each(forms)('%s', (_, shape, change, view) => {
  it('changes the tensor itself', () => {
    const x = ranged(shape);
    const expected = view(ranged(shape));
    // Read before, so that nothing of the old sizes is kept.
    expect([x.shape, x.strides.length]).toEqual([shape, shape.length]);
    const { version } = x;
    expect(change(x)).toBe(x);
    expect([x.shape, x.strides, x.isContiguous(), x.numel]).toEqual([
      expected.shape,
      expected.strides,
      expected.isContiguous(),
      expected.numel,
    ]);
    expect(x.toArray()).toEqual(expected.toArray());
    expect(x.version).toBe(version + 1);
  });

  it('has the gradients of the view, also of a part of another tensor', () => {
    expectGradients((x) => change(x.mul(2)).mul(3).square(), leaf(shape, 1));
    expectGradients(
      (x) => {
        const y = x.mul(2);
        const part = y.select(0, 1);
        change(part).mul_(3);
        return y.square();
      },
      leaf([2, ...shape], 1),
    );
  });

  it('traced', () => {
    const f = (x: Tensor): Tensor => change(x.mul(2)).add(1);
    const x = ranged(shape);
    const compiled = compile(f);
    for (let round = 0; round < 2; round++) {
      expect(compiled(x).toArray()).toEqual(f(x).toArray());
    }
  });
});

it('views that were made before cover the same elements', () => {
  // x = torch.tensor([[1., 2, 3]], requires_grad=True); y = x * 2; z = y[0]; y.t_(); y.mul_(2); z.sum().backward()
  const x = tensor([[1, 2, 3]], { requiresGrad: true });
  const y = x.mul(2);
  const row = y.select(0, 0);
  y.t_();
  y.mul_(2);
  expect(row.gradFn!.name).toBe('AsStridedBackward0');
  expect(flat(row)).toEqual([4, 8, 12]);
  row
    .mul(tensor([1, 10, 100]))
    .sum()
    .backward();
  expect(x.grad!.toArray()).toEqual([[4, 40, 400]]);
});

it('what the graph saved is no longer valid', () => {
  const x = tensor([[1, 2, 3]], { requiresGrad: true }).mul(2);
  const y = x.mul(x);
  x.t_();
  expect(() => y.sum().backward()).toThrow(
    new Error(
      'backward: a tensor of shape [3, 1] that mul needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before mul',
    ),
  );
});

it('refuses leaves that require gradients, and views of them, as PyTorch', () => {
  const sentence = (name: string): Error =>
    new Error(
      `${name}: a leaf that requires gradients cannot be changed in place; do it inside noGrad(() => …), or change a clone()`,
    );
  for (const x of [leaf([1, 3]), leaf([2, 1, 3]).select(0, 0)]) {
    expect(() => x.t_()).toThrow(sentence('t_'));
    expect(() => x.squeeze_()).toThrow(sentence('squeeze_'));
    expect(() => x.unsqueeze_(0)).toThrow(sentence('unsqueeze_'));
    expect(() => x.transpose_(0, 1)).toThrow(sentence('transpose_'));
    expect(() => x.swapaxes_(0, 1)).toThrow(sentence('swapaxes_'));
    expect(() => x.swapdims_(0, 1)).toThrow(sentence('swapdims_'));
    expect(x.shape).toEqual([1, 3]);
  }
});

it('takes leaves inside noGrad, which then have gradients of their new shape', () => {
  const x = tensor([[1, 2, 3]], { requiresGrad: true });
  noGrad(() => x.t_());
  expect([x.shape, x.isLeaf, x.requiresGrad]).toEqual([[3, 1], true, true]);
  x.square().sum().backward();
  expect(x.grad!.toArray()).toEqual([[2], [4], [6]]);
  expect(() => noGrad(() => x.t_())).toThrow(
    new Error(
      't_: the leaf has a gradient of its shape; set grad to null before its shape is changed',
    ),
  );
  const y = x.mul(2);
  noGrad(() => y.t_());
  x.grad = null;
  y.mul(y).sum().backward();
  expect(x.grad!.toArray()).toEqual([[8], [16], [24]]);
});

it('takes expanded tensors', () => {
  const x = tensor([1]).expand(3);
  expect(x.unsqueeze_(0).shape).toEqual([1, 3]);
  expect(x.t_().toArray()).toEqual([[1], [1], [1]]);
});

it('refuses what the operations refuse, and leaves the tensor as it was', () => {
  const x = zeros([2, 3, 4]);
  const refused: [() => Tensor, string][] = [
    [() => x.t_(), 't_: takes a tensor of at most 2 dimensions, got shape [2, 3, 4]'],
    [() => x.squeeze_(3), 'squeeze_: dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3'],
    [() => x.unsqueeze_(4), 'unsqueeze_: dim must be an integer from -4 to 3 for a tensor of 4 dimensions, got 4'],
    [() => x.transpose_(0, 3), 'transpose_: dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3'],
    [() => x.swapaxes_(0, 3), 'swapaxes_: dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3'],
    [() => x.swapdims_(0, 3), 'swapdims_: dim must be an integer from -3 to 2 for a tensor of 3 dimensions, got 3'],
  ]; // prettier-ignore
  for (const [call, sentence] of refused) expect(call).toThrow(new RangeError(sentence));
  expect([x.shape, x.version]).toEqual([[2, 3, 4], 0]);
});
