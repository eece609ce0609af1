import { enableGrad, isGradEnabled, noGrad, tensor } from 'ostinato';

const x = tensor([1, 2], { requiresGrad: true });

describe('noGrad, enableGrad', () => {
  test('operations inside noGrad have no history', () => {
    const y = noGrad(() => x.mul(2));
    expect([y.requiresGrad, y.gradFn, y.isLeaf]).toEqual([false, null, true]);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  test('return what the function returns', () => {
    expect(noGrad(() => 'value')).toBe('value');
    expect(enableGrad(() => 7)).toBe(7);
  });

  test('nest', () => {
    const modes = noGrad(() => {
      const inside = isGradEnabled();
      const again = enableGrad(() => [isGradEnabled(), noGrad(isGradEnabled), isGradEnabled()]);
      return [inside, ...again, isGradEnabled()];
    });
    expect(modes).toEqual([false, true, false, true, false]);
    expect(isGradEnabled()).toBe(true);
  });

  test('are undone when the function throws', () => {
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(isGradEnabled()).toBe(true);
    noGrad(() => {
      expect(() =>
        enableGrad(() => {
          throw new Error('inside');
        }),
      ).toThrow('inside');
      expect(isGradEnabled()).toBe(false);
    });
  });

  test('leave what was recorded before as it is', () => {
    const w = tensor([3], { requiresGrad: true });
    const y = w.mul(w);
    noGrad(() => y.backward());
    expect(w.grad!.item()).toBe(6);
  });

  test('refuse asynchronous functions and what is no function', () => {
    expect(() => noGrad(() => Promise.resolve(1))).toThrow(
      new TypeError(
        'noGrad: the function returned a promise; gradients are switched for synchronous code only, so await outside',
      ),
    );
    // eslint-disable-next-line @typescript-eslint/require-await
    expect(() => enableGrad(async () => 1)).toThrow(
      'enableGrad: the function returned a promise; gradients are switched for synchronous code only, so await outside',
    );
    expect(isGradEnabled()).toBe(true);
    expect(() => noGrad(5 as never)).toThrow(
      new TypeError('noGrad: body must be a function to run, got 5'),
    );
  });
});
