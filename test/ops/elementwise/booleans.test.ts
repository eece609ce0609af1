// true and false as operands where ops.json has none: in place, and as values that are written.
import { noGrad, tensor, zeros } from 'ostinato';

const flags = () => tensor([true, false]);
const whole = () => tensor([3, -2], { dtype: 'int32' });
const floats = () => tensor([1.5, -2.5]);

it('changes tensors in place, in their own type', () => {
  // b = torch.tensor([True, False]); b.add_(True), b.mul_(False): tensor([True, True]), tensor([False, False])
  expect(flags().add_(true).toArray()).toEqual([true, true]);
  expect(flags().mul_(false).toArray()).toEqual([false, false]);
  expect(whole().add_(true).toArray()).toEqual([4, -1]);
  expect(floats().mul_(true).toArray()).toEqual([1.5, -2.5]);
  expect(floats().div_(true).toArray()).toEqual([1.5, -2.5]);
  expect(flags().add_(flags(), { alpha: false }).toArray()).toEqual([true, false]);
});

it('is written where a number may be', () => {
  expect(zeros([2]).fill_(true).toArray()).toEqual([1, 1]);
  expect(flags().fill_(true).toArray()).toEqual([true, true]);
  expect(whole().setAt([0], false).toArray()).toEqual([0, -2]);
  expect(flags().setAt([0], false).toArray()).toEqual([false, false]);
  expect(flags().maskedFill_(flags(), false).toArray()).toEqual([false, false]);
  expect(floats().where(flags(), true).toArray()).toEqual([1.5, 1]);
  const at = tensor([1], { dtype: 'int32' });
  expect(zeros([2]).scatter(0, at, true).toArray()).toEqual([0, 1]);
});

it('is not subtracted, as in PyTorch', () => {
  expect(() => floats().sub_(true)).toThrow(
    new TypeError('sub_: is not defined for booleans, got true; pass 1'),
  );
  expect(() => flags().div_(true)).toThrow(
    new TypeError(
      "div_: the result is float32, which a bool tensor cannot hold; convert it first with to('float32')",
    ),
  );
});

it('has the gradient that the number has', () => {
  const x = floats().requiresGrad_();
  x.mul(true).add(true).div(true).sum().backward();
  expect(noGrad(() => x.grad!.toArray())).toEqual([1, 1]);
});
