import { arange, tensor, zeros } from 'ostinato';
import { flat } from '../../support';

describe('to and its shorthands', () => {
  test('convert, or give the tensor itself', () => {
    const x = tensor([1.7, -1.7, 0]);
    expect(x.to('float32')).toBe(x);
    expect(x.to('float32', { copy: true })).not.toBe(x);
    expect(flat(x.to('int32'))).toEqual([1, -1, 0]);
    expect(flat(x.int())).toEqual([1, -1, 0]);
    expect(flat(x.bool())).toEqual([1, 1, 0]);
    expect([x.double().dtype, x.double().float().dtype]).toEqual(['float64', 'float32']);
    expect(x.to(arange(3)).dtype).toBe('int32');
    expect(x.typeAs(zeros([1], { dtype: 'float64' })).dtype).toBe('float64');
    expect(() => x.to('int64' as never)).toThrow(
      new TypeError("to: dtype must be float32, float64, int32, uint8 or bool, got 'int64'"),
    );
  });

  test('carry gradients back', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.double();
    expect(y.gradFn!.name).toBe('ToCopyBackward0');
    y.mul(2).sum().backward();
    expect([x.grad!.dtype, flat(x.grad!)]).toEqual(['float32', [2, 2]]);
    expect(x.int().requiresGrad).toBe(false);
  });
});
