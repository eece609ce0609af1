// Operations of the user's own.
import { autograd, noGrad, ones, tensor, type DType, type Tensor } from 'ostinato';

type Context = autograd.FunctionContext;
const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  tensor(values, { dtype, requiresGrad: true });

/** What the types do not let a user write. */
const applied = (Class: object, receiver: unknown, ...args: unknown[]): Tensor =>
  Reflect.apply(Reflect.get(Class, 'apply') as () => Tensor, receiver, args) as Tensor;

class Cube extends autograd.Function {
  static forward(ctx: Context, x: Tensor): Tensor {
    ctx.saveForBackward(x);
    return x.pow(3);
  }
  static backward(ctx: Context, g: Tensor): Tensor {
    const [x] = ctx.savedTensors;
    return g.mul(x.square().mul(3));
  }
}

class Exp extends autograd.Function {
  static forward(ctx: Context, x: Tensor): Tensor {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  }
  static backward(ctx: Context, g: Tensor): Tensor {
    return g.mul(ctx.savedTensors[0]);
  }
}

// (a·scale, a + b) with a number among the arguments.
class Two extends autograd.Function {
  static forward(ctx: Context, a: Tensor, scale: number, b: Tensor): Tensor[] {
    ctx['scale'] = scale;
    return [a.mul(scale), a.add(b)];
  }
  static backward(ctx: Context, first: Tensor, second: Tensor): (Tensor | null)[] {
    const a = ctx.needsInputGrad[0] ? first.mul(ctx['scale'] as number).add(second) : null;
    return [a, null, ctx.needsInputGrad[2] ? second : null];
  }
}

it('gives its own gradient, and that one’s gradient', () => {
  const x = leaf([1, 2]);
  const y = Cube.apply(x);
  expect(y.gradFn!.name).toBe('CubeBackward');
  const [g] = autograd.grad(y.sum(), x, { createGraph: true });
  expect(g!.toArray()).toEqual([3, 12]);
  expect(autograd.grad(g!.sum(), x)[0]!.toArray()).toEqual([6, 12]);
  for (const Class of [Cube, Exp]) {
    expect(autograd.gradcheck((a) => Class.apply(a), [leaf([0.3, -0.7])])).toBe(true);
    expect(autograd.gradgradcheck((a) => Class.apply(a), [leaf([0.3, -0.7])])).toBe(true);
  }
});

it('takes what is no tensor, and returns several', () => {
  const [a, b] = [leaf([1, 2]), leaf([3, 4])];
  const [first, second] = Two.apply(a, 2, b);
  first.add(second).sum().backward();
  expect([a.grad!.toArray(), b.grad!.toArray()]).toEqual([[3, 3], [1, 1]]); // prettier-ignore
  expect(autograd.gradcheck((x, y) => Two.apply(x, 3, y), [leaf([0.3]), leaf([2])])).toBe(true);
  // An output that nothing uses: zeros.
  const c = leaf([1]);
  Two.apply(c, 5, b.detach().at('0:1'))[0].sum().backward();
  expect(c.grad!.toArray()).toEqual([5]);
});

it('lets setupContext save what backward needs', () => {
  const outputs: Tensor[] = [];
  class Scaled extends autograd.Function {
    static forward(x: Tensor, scale: number): Tensor {
      return x.square().mul(scale);
    }
    static setupContext(ctx: Context, inputs: [Tensor, number], output: Tensor): void {
      const [x, scale] = inputs;
      ctx.saveForBackward(x);
      ctx['scale'] = scale;
      outputs.push(output);
    }
    static backward(ctx: Context, g: Tensor): (Tensor | null)[] {
      return [g.mul(ctx.savedTensors[0]).mul(2 * (ctx['scale'] as number)), null];
    }
  }
  const x = leaf([1, -2]);
  const y = Scaled.apply(x, 3);
  expect([y.toArray(), outputs[0] === y]).toEqual([[3, 12], true]);
  const [g] = autograd.grad(y.sum(), x, { createGraph: true });
  expect(g!.toArray()).toEqual([6, -12]);
  expect(autograd.grad(g!.sum(), x)[0]!.toArray()).toEqual([6, 6]);
  expect(autograd.gradcheck((v: Tensor) => Scaled.apply(v, 3), [leaf([0.3, -0.7])])).toBe(true);
});

it('takes an undefined setupContext for none, and refuses what is no function', () => {
  class Without extends Cube {
    static setupContext = undefined;
  }
  expect(applied(Without, Without, leaf([2])).toArray()).toEqual([8]);
  class Bad extends Cube {
    static setupContext = 3;
  }
  expect(() => applied(Bad, Bad, leaf([2]))).toThrow(
    new TypeError('Bad: static setupContext must be a function, got 3'),
  );
});

it('records nothing without gradients, and nothing of what forward does', () => {
  expect(Cube.apply(tensor([2])).requiresGrad).toBe(false);
  expect(noGrad(() => Cube.apply(leaf([2]))).requiresGrad).toBe(false);
  expect(Cube.apply(leaf([2])).gradFn!.name).toBe('CubeBackward');
});

it('returns an input as a tensor of its own', () => {
  class Straight extends autograd.Function {
    static forward(_: Context, x: Tensor): Tensor {
      return x;
    }
    static backward(_: Context, g: Tensor): Tensor {
      return g.mul(10);
    }
  }
  const x = leaf([1]);
  const y = Straight.apply(x);
  expect(y).not.toBe(x);
  y.sum().backward();
  expect([x.grad!.item(), x.isLeaf]).toEqual([10, true]);
});

it('marks outputs, and says when no gradient came', () => {
  const seen: unknown[] = [];
  class Sorted extends autograd.Function {
    static forward(ctx: Context, x: Tensor): Tensor[] {
      const floats = x.mul(2);
      ctx.markNonDifferentiable(floats);
      ctx.setMaterializeGrads(false);
      return [x.mul(1), floats, x.gt(0), x.mul(3)];
    }
    static backward(_: Context, ...grads: (Tensor | null)[]): Tensor {
      seen.push(...grads.map((g) => g?.toArray() ?? null));
      return grads[0]!;
    }
  }
  const x = leaf([4]);
  const outs = Sorted.apply(x);
  expect(outs.map((y) => y.requiresGrad)).toEqual([true, false, false, true]);
  outs[0].sum().backward();
  expect(seen).toEqual([[1], null, null, null]);
});

it('keeps what backward and its caller hold', () => {
  const held: Tensor[] = [];
  const constant = ones([2], { dtype: 'float64' });
  class Keeping extends autograd.Function {
    static forward(_: Context, x: Tensor): Tensor {
      return x.mul(1);
    }
    static backward(_: Context, g: Tensor): Tensor {
      held.push(g, g.mul(2));
      return constant;
    }
  }
  const x = leaf([1, 2]);
  for (let i = 0; i < 3; i++) Keeping.apply(x.mul(1)).mul(3).sum().backward();
  expect(constant.toArray()).toEqual([1, 1]);
  expect(x.grad!.toArray()).toEqual([3, 3]);
  expect(held.map((g) => g.toArray())).toEqual([3, 6, 3, 6, 3, 6].map((g) => [g, g]));
});

it('refuses a change of what was saved, and a second derivative of what has none', () => {
  const x = leaf([1, 2]);
  const y = x.mul(1);
  const z = Cube.apply(y);
  y.zero_();
  expect(() => z.sum().backward()).toThrow(
    'backward: a tensor of shape [2] that Cube needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before Cube',
  );
  class Once extends Cube {
    static readonly onceDifferentiable = true;
  }
  const [g] = autograd.grad(Once.apply(x).sum(), x, { createGraph: true });
  expect(g!.toArray()).toEqual([3, 12]);
  expect(() => g!.sum().backward()).toThrow(
    'backward: Once is marked onceDifferentiable; write its backward in tensor operations to differentiate it twice',
  );
});

describe('refuses', () => {
  const made = (forward: unknown, backward: unknown): typeof Cube => {
    class Bad extends autograd.Function {}
    return Object.assign(Bad, { forward, backward }) as never;
  };
  const forward = (_: Context, x: Tensor): Tensor => x.mul(1);
  it.each<[string, () => unknown, Error]>([
    [
      'a call without a class',
      () => applied(autograd.Function, undefined, leaf([1])),
      new TypeError('Function.apply: must be called on a class, as MyFunction.apply(x)'),
    ],
    [
      'a class without forward',
      () => made(undefined, forward).apply(leaf([1])),
      new TypeError('Bad: static forward must be a function, got undefined'),
    ],
    [
      'a result that is none',
      () => made(() => 5, forward).apply(leaf([1])),
      new TypeError('Bad.forward: the result must be a tensor or an array of tensors, got 5'),
    ],
    [
      'a gradient that is none',
      () =>
        made(forward, () => 5)
          .apply(leaf([1]))
          .sum()
          .backward(),
      new TypeError(
        'Bad.backward: the result must be a gradient for each argument of forward: a tensor, or null, got 5',
      ),
    ],
    [
      'too many gradients',
      () =>
        made(forward, (_: Context, g: Tensor) => [g, g])
          .apply(leaf([1]))
          .sum()
          .backward(),
      new RangeError(
        'Bad.backward: the result must have a gradient or null for each of the 1 arguments, got 2',
      ),
    ],
    [
      'a gradient of what is no tensor',
      () => {
        const Bad = made(forward, (_: Context, g: Tensor) => [g, g]);
        applied(Bad, Bad, leaf([1]), 3)
          .sum()
          .backward();
      },
      new TypeError(
        'Bad.backward: argument 1 is no tensor, so its gradient must be null, got a Tensor',
      ),
    ],
    [
      'to save what is no tensor',
      () =>
        made((ctx: Context, x: Tensor) => {
          ctx.saveForBackward(3 as never);
          return x;
        }, forward).apply(leaf([1])),
      new TypeError('Bad.saveForBackward: tensors[0] must be a Tensor or null, got 3'),
    ],
  ])('%s', (_, run, error) => {
    expect(run).toThrow(error);
  });
});

// A function whose backward returns ones of a shape and a type, whatever it is given.
const returning = (shape: number[], dtype: DType): typeof Cube => {
  class Fixed extends autograd.Function {
    static forward(_: Context, x: Tensor): Tensor {
      return x.clone();
    }
    static backward(): Tensor {
      return ones(shape, { dtype });
    }
  }
  return Fixed;
};
const places: [string, (x: Tensor) => Tensor][] = [
  ['a leaf', (x) => x],
  ['what an operation made', (x) => x.mul(1)],
];

// torch 2.13: F.apply(ones(shape, requires_grad=True)).sum().backward(), x.grad
describe.each(places)('the gradient of %s', (_, place) => {
  it.each<[number[], DType, number[], number]>([
    [[2], 'float64', [2], 1],
    [[2], 'int32', [2], 1],
    [[2], 'uint8', [2], 1],
    [[2], 'bool', [2], 1],
    [[1, 2], 'float32', [2], 1],
    [[3, 2], 'float32', [2], 3],
    [[3, 2], 'float64', [2], 3],
    [[3], 'float32', [1], 3],
    [[3, 4], 'float32', [], 12],
    [[3, 4, 5], 'float32', [4, 1], 15],
    [[0, 2], 'float32', [2], 0],
    [[0], 'float32', [1], 0],
  ])('%j %s is converted and summed to %j', (shape, dtype, own, value) => {
    const x = ones(own, { requiresGrad: true });
    returning(shape, dtype).apply(place(x)).sum().backward();
    expect(x.grad!.dtype).toBe('float32');
    expect(x.grad!.toArray()).toEqual(ones(own).mul(value).toArray());
  });

  it.each<[number[], number[]]>([
    [[7], [2]],
    [[1], [2]],
    [[], [2]],
    [[3, 1], [2]],
    [[2, 3], [2]],
    [[2], [1, 2]],
    [[0], [2]],
  ])('%j is refused for %j', (shape, own) => {
    const x = ones(own, { requiresGrad: true });
    const y = returning(shape, 'float32').apply(place(x)).sum();
    expect(() => y.backward()).toThrow(
      new RangeError(
        `Fixed.backward: gradient 0 must have its argument's shape [${own.join(', ')}], or one that [${own.join(', ')}] broadcasts to, got [${shape.join(', ')}]`,
      ),
    );
  });
});

it('names the gradient that does not fit, and checks none that is not needed', () => {
  class Pair extends autograd.Function {
    static forward(_: Context, a: Tensor, b: Tensor): Tensor {
      return a.add(b);
    }
    static backward(_: Context, g: Tensor): Tensor[] {
      return [g, ones([7])];
    }
  }
  const a = ones([2], { requiresGrad: true });
  const both = Pair.apply(a, ones([2], { requiresGrad: true }).mul(1));
  expect(() => both.sum().backward()).toThrow(
    "Pair.backward: gradient 1 must have its argument's shape [2], or one that [2] broadcasts to, got [7]",
  );
  Pair.apply(a, ones([2]))
    .sum()
    .backward();
  expect(a.grad!.toArray()).toEqual([1, 1]);
});

it('differentiates what was converted and summed', () => {
  class Wide extends autograd.Function {
    static forward(ctx: Context, x: Tensor): Tensor {
      ctx.saveForBackward(x);
      return x.square();
    }
    static backward(ctx: Context, g: Tensor): Tensor {
      const [x] = ctx.savedTensors;
      return g.mul(x).double().expand([2, 2]);
    }
  }
  const x = ones([2], { requiresGrad: true });
  const [g] = autograd.grad(Wide.apply(x).sum(), x, { createGraph: true });
  expect([g!.dtype, g!.toArray()]).toEqual(['float32', [2, 2]]);
  expect(autograd.grad(g!.sum(), x)[0]!.toArray()).toEqual([2, 2]);
});
