// detectAnomaly names the operation that made the first NaN of a backward pass, and its forward call.
import {
  autograd,
  inferenceMode,
  isGradEnabled,
  setGradEnabled,
  tensor,
  type Tensor,
} from 'ostinato';

const leaf = (): Tensor => tensor([0, 1], { requiresGrad: true });
const thrownBy = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
};

function makesNaN(x: Tensor): Tensor {
  return x.log().mul(0).exp().sqrt().mul(x.sqrt().mul(0)).sum();
}

it('names the operation, and where it was called', () => {
  const error = thrownBy(() => autograd.detectAnomaly(() => makesNaN(leaf()).backward()));
  expect(error.message).toMatch(
    /^backward: MulBackward0 returned NaN in its gradient 1; the cause of this error has the forward call$/,
  );
  expect((error.cause as Error).stack).toContain('makesNaN');
});

it('says nothing outside, without NaN, or when it is not to look', () => {
  expect(() => makesNaN(leaf()).backward()).not.toThrow();
  const x = leaf();
  expect(autograd.detectAnomaly(() => (x.square().sum().backward(), 7))).toBe(7);
  expect(x.grad!.toArray()).toEqual([0, 2]);
  expect(() =>
    autograd.detectAnomaly(() => makesNaN(leaf()).backward(), { checkNan: false }),
  ).not.toThrow();
});

it('is switched on and off', () => {
  autograd.setDetectAnomaly(true);
  try {
    expect(thrownBy(() => makesNaN(leaf()).backward()).cause).toBeInstanceOf(Error);
  } finally {
    autograd.setDetectAnomaly(false);
  }
  expect(() => makesNaN(leaf()).backward()).not.toThrow();
});

it('adds the forward call to what a backward throws', () => {
  const x = leaf();
  const error = thrownBy(() =>
    autograd.detectAnomaly(() => {
      const y = x.mul(1);
      const z = y.square();
      y.zero_();
      z.sum().backward();
    }),
  );
  expect(error.message).toMatch(/^backward: a tensor of shape \[2\] that square needs/);
  expect((error.cause as Error).message).toBe('the forward call of PowBackward0');
});

it('setGradEnabled and inferenceMode', () => {
  expect(setGradEnabled(false, () => isGradEnabled())).toBe(false);
  expect(isGradEnabled()).toBe(true);
  setGradEnabled(false);
  try {
    expect(leaf().mul(2).requiresGrad).toBe(false);
    expect(setGradEnabled(true, () => leaf().mul(2).requiresGrad)).toBe(true);
  } finally {
    setGradEnabled(true);
  }
  expect(inferenceMode(() => leaf().mul(2)).requiresGrad).toBe(false);
  expect(() => setGradEnabled(1 as never)).toThrow(
    new TypeError('setGradEnabled: mode must be true or false, got 1'),
  );
  expect(() => inferenceMode(3 as never)).toThrow(
    new TypeError('inferenceMode: body must be a function to run, got 3'),
  );
});
