// Several results destructure by position and by name.
import type { Tensor } from 'ostinato';
import { compile, max, sort, tensor, topk, unique } from 'ostinato';
import { flat } from '../../support';

const x = tensor([
  [3, 1, 2],
  [4, 6, 5],
]);
test('destructure by position and by name', () => {
  for (const result of [
    x.sort(),
    sort(x, 1),
    x.topk(2),
    topk(x, 2),
    x.max(1),
    x.min(0),
    max(x, 1, { keepdim: true }),
    x.gt(2).max(1),
    compile((y: Tensor) => y.sort(1))(x),
  ]) {
    const [a, b] = result;
    const { values, indices } = result;
    expect(values).toBe(a);
    expect(indices).toBe(b);
    expect(result).toHaveLength(2);
    expect(result[0]).toBe(values);
    expect(result[1]).toBe(indices);
    expect(b.dtype).toBe('int32');
  }
  expect(flat(x.sort().values)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(flat(x.max(1).indices)).toEqual([0, 1]);
});
test('unique', () => {
  const y = tensor([2, 1, 2]);
  const { values, inverse, counts } = unique(y, { returnInverse: true, returnCounts: true });
  expect([values, inverse, counts].map(flat)).toEqual([
    [1, 2],
    [1, 0, 1],
    [1, 2],
  ]);
  expect(flat(unique(y, { returnCounts: true }).counts)).toEqual([1, 2]);
  expect(flat(unique(y, { returnInverse: true }).inverse)).toEqual([1, 0, 1]);
  const [, often] = unique(y, { returnCounts: true });
  expect(flat(often)).toEqual([1, 2]);
});
