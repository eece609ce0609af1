import { pow, tensor } from 'ostinato';
import { flat } from '../../support';

const ints = (...values: number[]) => tensor(values, { dtype: 'int32' });

// a = torch.tensor([0, 1, -1, -1, 2, -2], dtype=torch.int32); a.pow(torch.tensor([-1, -3, -3, -2, -1, -2], dtype=torch.int32))
it('integers to the negative elements of a tensor are integers, as in PyTorch', () => {
  const [a, b] = [ints(0, 1, -1, -1, 2, -2), ints(-1, -3, -3, -2, -1, -2)];
  expect(flat(a.pow(b))).toEqual([0, 1, -1, 1, 0, 0]);
  expect(flat(a.clone().pow_(b))).toEqual([0, 1, -1, 1, 0, 0]);
  expect(flat(pow(2, b))).toEqual([0, 0, 0, 0, 0, 0]);
  expect(() => a.pow(-1)).toThrow(
    new RangeError("pow: integers have no negative integer powers; convert with to('float32')"),
  );
});
