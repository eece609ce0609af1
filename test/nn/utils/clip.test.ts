// Clipping against PyTorch (test/fixtures/optim.py), parameters as a vector.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as nn from '../../../src/nn';
import { tensor, zeros } from '../../../src/ops';
import { elementsOf, type Tensor } from '../../../src/tensor/tensor';
import { relativeError } from '../../support';

interface Clip {
  normType: number | 'Infinity';
  maxNorm: number;
  total: number;
  grads: number[][];
}
const { clips } = JSON.parse(
  readFileSync(join(__dirname, '../../fixtures/optim.json'), 'utf8'),
) as {
  clips: Clip[];
};

// The parameters of optim.py, and the gradients of its first step.
function parameters(): Tensor[] {
  return [[5, 3], [17], []].map((shape, k) => {
    const n = shape.reduce((product, size) => product * size, 1);
    const param = zeros(shape, { requiresGrad: true });
    const grad = Float32Array.from({ length: n }, (_, i) => (((i * 7 + 13 + k) % 31) - 15) / 16);
    param.grad = tensor(grad).reshape(shape).clone();
    return param;
  });
}
const grads = (params: readonly Tensor[]): number[][] =>
  params.map((param) => Array.from(param.grad!.toTypedArray()));

describe('clipGradNorm_', () => {
  const { clipGradNorm_ } = nn.utils;

  it.each(clips.map((one) => [one.normType, one.maxNorm, one] as const))(
    'norm %s to at most %d',
    (normType, maxNorm, { total, grads: expected }) => {
      const params = parameters();
      const norm = clipGradNorm_(params, maxNorm, { normType: Number(normType) });
      expect(norm.shape).toEqual([]);
      expect(relativeError([norm.item()], [total])).toBeLessThanOrEqual(1e-6);
      grads(params).forEach((grad, k) => {
        expect(relativeError(grad, expected[k])).toBeLessThanOrEqual(1e-6);
      });
    },
  );

  it('takes one parameter, passes over those without gradients, and mixed types', () => {
    const params = parameters();
    expect(clipGradNorm_(params[2], 1).item()).toBe(Math.abs(params[2].grad!.item()));
    expect(clipGradNorm_(zeros([3], { requiresGrad: true }), 1).item()).toBe(0);
    const double = zeros([2], { dtype: 'float64', requiresGrad: true });
    double.grad = tensor([3, 4], { dtype: 'float64' });
    const single = zeros([1], { requiresGrad: true });
    single.grad = tensor([12]);
    expect(clipGradNorm_([double, single], 6.5).item()).toBe(13);
    expect(relativeError(double.grad.toTypedArray(), [1.5, 2])).toBeLessThanOrEqual(1e-6);
    expect(single.grad.item()).toBeCloseTo(6, 5);
  });

  it('reaches a gradient that is not contiguous', () => {
    const param = zeros([2, 2], { requiresGrad: true });
    param.grad = tensor([[3, 0], [4, 0]]).t(); // prettier-ignore
    expect(clipGradNorm_([param], 1).item()).toBe(5);
    expect(relativeError(param.grad.toTypedArray(), [0.6, 0.8, 0, 0])).toBeLessThanOrEqual(1e-6);
  });

  it('raises the gradients’ version', () => {
    const params = parameters();
    const before = params[0].grad!.version;
    clipGradNorm_(params, 0.1);
    expect(params[0].grad!.version).toBe(before + 1);
  });

  it('with errorIfNonfinite refuses infinite and NaN norms and changes nothing', () => {
    for (const bad of [Infinity, NaN]) {
      const params = parameters();
      elementsOf(params[1].grad!, 17)[3] = bad;
      const before = grads(params);
      const clip = (): unknown => clipGradNorm_(params, 1, { errorIfNonfinite: true });
      expect(clip).toThrow(
        `clipGradNorm_: the norm of order 2 of the gradients is ${bad}, so they cannot be clipped`,
      );
      expect(grads(params)).toEqual(before);
    }
  });

  it.each([
    [
      () => clipGradNorm_([1] as never, 1),
      TypeError,
      'clipGradNorm_: parameters[0] must be a Tensor, got 1',
    ],
    [
      () => clipGradNorm_(null as never, 1),
      TypeError,
      'clipGradNorm_: parameters must be a tensor or several, such as model.parameters(), got null',
    ],
    [
      () => clipGradNorm_([], -1),
      RangeError,
      'clipGradNorm_: maxNorm must be a number of at least 0, got -1',
    ],
    [
      () => clipGradNorm_([], '1' as never),
      TypeError,
      "clipGradNorm_: maxNorm must be a number of at least 0, got '1'",
    ],
    [
      () => clipGradNorm_([], 1, { normType: NaN }),
      RangeError,
      'clipGradNorm_: normType must be a number of at least 0, got NaN',
    ],
  ])('refuses bad arguments', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});

describe('clipGradValue_', () => {
  it('cuts every element and keeps NaN', () => {
    const param = zeros([4], { requiresGrad: true });
    param.grad = tensor([-3, 0.25, 2, NaN]);
    nn.utils.clipGradValue_([param], 0.5);
    expect(param.grad.toArray()).toEqual([-0.5, 0.25, 0.5, NaN]);
    expect(() => nn.utils.clipGradValue_([param], -1)).toThrow(
      new RangeError('clipGradValue_: clipValue must be a number of at least 0, got -1'),
    );
  });
});

describe('getTotalNorm and clipGradsWithNorm_', () => {
  it('are the two halves of clipGradNorm_', () => {
    const [whole, halves] = [parameters(), parameters()];
    nn.utils.clipGradNorm_(whole, 0.5);
    const norm = nn.utils.getTotalNorm(halves.map((param) => param.grad!));
    nn.utils.clipGradsWithNorm_(halves, 0.5, norm);
    expect(grads(halves)).toEqual(grads(whole));
  });
});

describe('parameters as a vector', () => {
  it('there and back', () => {
    const [from, to] = [new nn.Linear(3, 2), new nn.Linear(3, 2)];
    const vector = nn.utils.parametersToVector(from.parameters());
    expect(vector.shape).toEqual([8]);
    expect(vector.requiresGrad).toBe(true);
    nn.utils.vectorToParameters(vector, to.parameters());
    expect(to.weight.toArray()).toEqual(from.weight.toArray());
    expect(to.bias.toArray()).toEqual(from.bias.toArray());
    expect(() => nn.utils.vectorToParameters(zeros([7]), to.parameters())).toThrow(
      'vectorToParameters: the parameters need a vector of 8 elements, got shape [7]',
    );
  });

  it('reads a vector in the memory of the parameters before it writes them', () => {
    const memory = tensor([1, 2, 3, 4]);
    nn.utils.vectorToParameters(memory.narrow(0, 0, 3), [memory.narrow(0, 1, 3)]);
    expect(memory.toArray()).toEqual([1, 1, 2, 3]);
    nn.utils.vectorToParameters(memory, [memory.narrow(0, 2, 2), memory.narrow(0, 0, 2)]);
    expect(memory.toArray()).toEqual([2, 3, 1, 1]);
  });
});
