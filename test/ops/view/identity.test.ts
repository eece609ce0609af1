// Which results are the argument itself, which share its memory, and which are copies: as in torch 2.13.
import { nn, ones, tensor, zeros, type Tensor } from 'ostinato';
import { flat } from '../../support';

const { functional: F } = nn;
const vector = (): Tensor => tensor([1, 2, 3]);
const sameMemory = (x: Tensor, y: Tensor): boolean => {
  const before = flat(y);
  x.add_(1);
  return flat(y).some((value, i) => value !== before[i]);
};

// r.data_ptr() == x.data_ptr() and r is not x
const views: [string, (x: Tensor) => Tensor][] = [
  ['transpose(0, 0)', (x) => x.transpose(0, 0)],
  ['swapaxes(0, 0)', (x) => x.swapaxes(0, 0)],
  ['swapdims(0, 0)', (x) => x.swapdims(0, 0)],
  ['t()', (x) => x.t()],
  ['T', (x) => x.T],
  ['reshape', (x) => x.reshape(x.shape)],
  ['reshape(-1)', (x) => x.reshape([-1])],
  ['reshapeAs', (x) => x.reshapeAs(x)],
  ['view', (x) => x.view(x.shape)],
  ['viewAs', (x) => x.viewAs(x)],
  ['expand', (x) => x.expand(x.shape)],
  ['expandAs', (x) => x.expandAs(x)],
  ['permute', (x) => x.permute([0])],
  ['movedim', (x) => x.movedim(0, 0)],
  ['narrow', (x) => x.narrow(0, 0, 3)],
  ['squeeze', (x) => x.squeeze()],
  ['ravel', (x) => x.ravel()],
  ['unflatten', (x) => x.unflatten(0, [3])],
  ['at', (x) => x.at('...')],
  ['split', (x) => x.split(3)[0]],
  ['chunk', (x) => x.chunk(1)[0]],
  ['detach', (x) => x.detach()],
];
test.each(views)('%s is a new view', (_, f) => {
  const x = vector();
  const y = f(x);
  expect(y).not.toBe(x);
  expect(sameMemory(x, y)).toBe(true);
  y.unsqueeze_(0);
  expect([x.shape, y.shape]).toEqual([[3], [1, 3]]);
});

test.each([
  ['transpose', (x: Tensor) => x.transpose(0, 0)],
  ['t', (x: Tensor) => x.t()],
  ['reshape', (x: Tensor) => x.reshape([])],
])('%s of a 0-dimensional tensor is a new view', (_, f) => {
  const x = tensor(5);
  const y = f(x);
  expect([y === x, y.shape, sameMemory(x, y)]).toEqual([false, [], true]);
});

// r is x
const itself: [string, (x: Tensor) => Tensor][] = [
  ['contiguous', (x) => x.contiguous()],
  ['to', (x) => x.to('float32')],
  ['float', (x) => x.float()],
  ['type', (x) => x.type('float32')],
  ['typeAs', (x) => x.typeAs(x)],
  ['flatten', (x) => x.flatten()],
  ['dropout that is off', (x) => F.dropout(x, 0.5, { training: false })],
  ['alphaDropout that is off', (x) => F.alphaDropout(x, 0.5)],
  ['Identity', (x) => new nn.Identity().forward(x)],
];
test.each(itself)('%s is the tensor itself', (_, f) => {
  const x = vector();
  expect(f(x)).toBe(x);
});

const copies: [string, (x: Tensor) => Tensor][] = [
  ['repeatInterleave(1)', (x) => x.repeatInterleave(1)],
  ['repeatInterleave(1, 0)', (x) => x.repeatInterleave(1, 0)],
  ['repeat', (x) => x.repeat([1])],
  ['tile', (x) => x.tile([1])],
  ['pad', (x) => F.pad(x, [0, 0])],
  ['pad by nothing', (x) => F.pad(x, [])],
  ['pad that crops', (x) => F.pad(x, [0, -1])],
  ['roll', (x) => x.roll(0)],
  ['flip', (x) => x.flip([])],
  ['clone', (x) => x.clone()],
];
test.each(copies)('%s is a copy', (_, f) => {
  const x = vector();
  expect(sameMemory(x, f(x))).toBe(false);
});

test.each(['constant', 'reflect', 'replicate', 'circular'] as const)(
  'pad by 0 with mode %s is a copy, with gradients',
  (mode) => {
    const x = zeros([1, 2, 3], { requiresGrad: true });
    const y = F.pad(x, [0, 0], { mode });
    y.mul_(2).sum().backward();
    expect(flat(x.grad!)).toEqual(flat(ones([6]).mul(2)));
    expect(flat(x)).toEqual([0, 0, 0, 0, 0, 0]);
  },
);

test('the new views have gradients', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const seen = [x.t(), x.transpose(0, 0), x.reshape([2])];
  expect(seen.map((y) => y.gradFn?.name)).toEqual([
    'TBackward0',
    'TransposeBackward0',
    'ViewBackward0',
  ]);
  seen
    .reduce((a, b) => a.add(b))
    .sum()
    .backward();
  expect(flat(x.grad!)).toEqual([3, 3]);
});
