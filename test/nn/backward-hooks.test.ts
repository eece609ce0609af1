import { compile, manualSeed, nn, noGrad, ones, optim, randn, tensor, type Tensor } from 'ostinato';
import { flat } from '../support';

type Grads = readonly (Tensor | null)[];
const shown = (grads: Grads): unknown[] => grads.map((grad) => grad && grad.toArray());

/** y = 2·x₀ + 3·x₁ from one row, so that each gradient is read off. */
function layer(): nn.Linear {
  const made = new nn.Linear(2, 1);
  noGrad(() => {
    made.weight.copy_(tensor([[2, 3]]));
    made.bias.fill_(0);
  });
  return made;
}
const row = (): Tensor => tensor([[1, 1]], { requiresGrad: true });

describe('a full backward hook', () => {
  it('gets the gradients of inputs and outputs, after those of the parameters are under way', () => {
    const net = layer();
    const calls: unknown[] = [];
    net.registerFullBackwardHook((module, gradInput, gradOutput) => {
      calls.push([module === net, shown(gradInput), shown(gradOutput)]);
    });
    const x = row();
    const y = net.forward(x);
    expect(y.gradFn?.name).toBe('BackwardHookFunctionBackward');
    y.mul(5).backward();
    expect(calls).toEqual([[true, [[[10, 15]]], [[[5]]]]]);
    expect(flat(x.grad!)).toEqual([10, 15]);
    expect(flat(net.weight.grad!)).toEqual([5, 5]);
  });

  it('replaces the gradients of the inputs, one after the other', () => {
    const net = layer();
    net.registerFullBackwardHook((_, [grad]) => [grad!.mul(2)]);
    net.registerFullBackwardHook((_, [grad]) => grad!.add(1));
    const x = row();
    net.forward(x).backward();
    expect(flat(x.grad!)).toEqual([5, 7]);
    expect(flat(net.weight.grad!)).toEqual([1, 1]);
    const none = layer();
    none.registerFullBackwardHook(() => [null]);
    const z = row();
    none.forward(z).backward();
    expect(z.grad).toBeNull();
  });

  it('has null for what needs no gradient, and is called though no input does', () => {
    const net = layer();
    const calls: unknown[] = [];
    net.registerFullBackwardHook((_, gradInput, gradOutput) => {
      calls.push([shown(gradInput), shown(gradOutput)]);
    });
    net.forward(ones([1, 2])).backward();
    expect(calls).toEqual([[[null], [[[1]]]]]);
    noGrad(() => net.forward(row()));
    expect(calls.length).toBe(1);
  });

  it('sees the tensors of an array of results', () => {
    manualSeed(0);
    const net = new nn.LSTM(2, 3);
    const seen: (readonly number[] | null)[][] = [];
    net.registerFullBackwardHook((_, gradInput, gradOutput) => {
      seen.push([...gradInput, ...gradOutput].map((grad) => grad && grad.shape));
    });
    net
      .forward(randn([4, 1, 2], { requiresGrad: true }))[0]
      .sum()
      .backward();
    expect(seen).toEqual([[[4, 1, 2], [4, 1, 3], null]]);
  });

  it('is called in the order of backward over a model, and no more once it is removed', () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
    const order: string[] = [];
    const handles = [...model.modules()].map((each) =>
      each.registerFullBackwardHook((module) => void order.push(module.constructor.name)),
    );
    const x = row();
    model.forward(x).backward();
    expect(order).toEqual(['Linear', 'Tanh', 'Linear', 'Sequential']);
    for (const remove of handles) remove();
    expect(Object.hasOwn(model, 'forward')).toBe(false);
    model.forward(x).backward();
    expect(order.length).toBe(4);
  });

  it('changes no gradient by being there', () => {
    const grads = [false, true].map((hooked) => {
      manualSeed(3);
      const model = new nn.Sequential(new nn.Linear(4, 5), new nn.ReLU(), new nn.Linear(5, 2));
      if (hooked)
        for (const each of model.modules()) each.registerFullBackwardHook(() => undefined);
      const x = randn([6, 4], { requiresGrad: true });
      model.forward(x).square().sum().backward();
      return [x, ...model.parameters()].map((each) => flat(each.grad!));
    });
    expect(grads[1]).toEqual(grads[0]);
  });
});

describe('a full backward pre-hook', () => {
  it('replaces the gradients of the outputs before the module has them', () => {
    const net = layer();
    net.registerFullBackwardPreHook((_, [grad]) => [grad!.mul(2)]);
    const seen: unknown[] = [];
    net.registerFullBackwardHook((_, __, gradOutput) => void seen.push(shown(gradOutput)));
    const x = row();
    net.forward(x).backward();
    expect([flat(x.grad!), flat(net.weight.grad!)]).toEqual([[4, 6], [2, 2]]); // prettier-ignore
    expect(seen).toEqual([[[[2]]]]);
  });
});

describe('what a hook returns', () => {
  const backward = (hook: () => unknown): (() => void) => {
    const net = layer();
    net.registerFullBackwardHook(hook as nn.FullBackwardHook);
    return () => net.forward(row()).backward();
  };

  it.each<[string, () => unknown, Error]>([
    ['too many', () => [null, null], new RangeError('registerFullBackwardHook: a hook of Linear returned 2 gradients, but there are 1')],
    ['a number', () => 3, new TypeError('registerFullBackwardHook: a hook of Linear must return a gradient for each input, as an array of tensors and nulls, or nothing, got 3')],
    ['numbers', () => [3], new TypeError('registerFullBackwardHook: a hook of Linear must return a gradient for each input, as an array of tensors and nulls, or nothing, got [3]')],
    ['another shape', () => [ones([3])], new RangeError('registerFullBackwardHook: gradient 0 of a hook of Linear must have the shape [1, 2] of its input, or one that [1, 2] broadcasts to, got [3]')],
  ])('%s', (_, hook, error) => expect(backward(hook)).toThrow(error)); // prettier-ignore
});

it('a pre-hook that returns another shape is named with its module', () => {
  const net = new nn.Sequential(layer());
  net.registerFullBackwardPreHook(() => [ones([3])]);
  expect(() => net.forward(row()).backward()).toThrow(
    new RangeError(
      'registerFullBackwardPreHook: gradient 0 of a hook of Sequential must have the shape [1, 1] of its output, or one that [1, 1] broadcasts to, got [3]',
    ),
  );
});

it('is noticed by a compiled step', () => {
  const net = layer();
  const step = compile.step({
    model: net,
    optimizer: new optim.SGD(net.parameters(), { lr: 0.5 }),
    loss: (x: Tensor) => net.forward(x).sum(),
  });
  for (let i = 0; i < 3; i++) step(ones([1, 2]));
  let calls = 0;
  net.registerFullBackwardHook(() => void calls++);
  try {
    step(ones([1, 2]));
    expect(calls).toBe(1);
  } catch (error) {
    expect((error as Error).message).toMatch(/^compile\.step: /);
  }
});
