// A tensor has at most 64 dimensions, whichever operation would add one more.
import { data, nn, ones, stack, zeros, type Tensor } from 'ostinato';

const full = ones(new Array<number>(64).fill(1));
const first = zeros(full.shape, { dtype: 'int32' });

const more: Record<string, () => Tensor> = {
  unsqueeze: () => full.unsqueeze(0),
  at: () => full.at(null),
  'at by positions': () => ones([2, 2]).at(first),
  stack: () => stack([full, full]),
  unfold: () => full.unfold(0, 1, 1),
  oneHot: () => nn.functional.oneHot(first, 3),
  embedding: () => nn.functional.embedding(first, ones([3, 2])),
  defaultCollate: () => data.defaultCollate([full, full]) as Tensor,
};

test.each(Object.entries(more))('%s', (_, make) => {
  expect(make).toThrow('Tensor: a result of 65 dimensions; a tensor has at most 64');
});
