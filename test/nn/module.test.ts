// Module: what it finds, its names and order, modes, conversion, printing, hooks.
import { noGrad } from '../../src/autograd';
import * as nn from '../../src/nn';
import { ones, tanh, tensor, zeros } from '../../src/ops';
import { randn } from '../../src/random';
import type { Tensor } from '../../src/tensor/tensor';
import { flat } from '../support';

class Inner extends nn.Module {
  scale = new nn.Parameter(ones([2]));
  plain = zeros([3]);
  fc = new nn.Linear(2, 2, { bias: false });
  constructor() {
    super();
    this.registerBuffer('seen', zeros([1]));
    this.registerBuffer('scratch', zeros([1]), { persistent: false });
  }
  forward(x: Tensor): Tensor {
    return this.fc.forward(x.mul(this.scale));
  }
}

class Net extends nn.Module {
  first = new nn.Linear(2, 2);
  own = new nn.Parameter(zeros([1]));
  inner = new Inner();
  list = new nn.ModuleList([new nn.Linear(2, 1), new nn.Tanh()]);
  forward(x: Tensor): Tensor {
    return this.list.at(0) instanceof nn.Linear ? this.inner.forward(this.first.forward(x)) : x;
  }
}

describe('what a module finds', () => {
  const net = new Net();

  it('parameters: own ones first, then children, in order of declaration', () => {
    expect(net.namedParameters().map(([name]) => name)).toEqual([
      'own',
      'first.weight',
      'first.bias',
      'inner.scale',
      'inner.fc.weight',
      'list.0.weight',
      'list.0.bias',
    ]);
    expect(net.parameters()[0]).toBe(net.own);
    expect(net.namedParameters({ recurse: false }).map(([name]) => name)).toEqual(['own']);
    expect(net.first.namedParameters({ prefix: 'a' }).map(([name]) => name)).toEqual([
      'a.weight',
      'a.bias',
    ]);
  });

  it('buffers that were registered, and no other tensor', () => {
    expect(net.namedBuffers().map(([name]) => name)).toEqual(['inner.seen', 'inner.scratch']);
    expect(net.buffers()[0]).toBe((net.inner as unknown as { seen: Tensor }).seen);
  });

  it('modules and children', () => {
    expect(net.namedModules().map(([name]) => name)).toEqual([
      '',
      'first',
      'inner',
      'inner.fc',
      'list',
      'list.0',
      'list.1',
    ]);
    expect(net.namedChildren().map(([name]) => name)).toEqual(['first', 'inner', 'list']);
    expect(net.modules()[0]).toBe(net);
  });

  it('a field that is set or replaced later', () => {
    const late = new nn.Module() as nn.Module & { extra?: nn.Module; weight?: nn.Parameter };
    expect(late.parameters()).toEqual([]);
    late.weight = new nn.Parameter(zeros([2]));
    late.extra = new nn.Linear(1, 1);
    expect(late.namedParameters().map(([name]) => name)).toEqual([
      'weight',
      'extra.weight',
      'extra.bias',
    ]);
    late.extra = new nn.Identity();
    expect(late.parameters()).toHaveLength(1);
  });

  it('a shared parameter or module once, in the state dict under each name', () => {
    const shared = new nn.Linear(2, 2);
    const twice = new nn.Module() as nn.Module & Record<string, unknown>;
    twice.a = shared;
    twice.b = shared;
    twice.tied = shared.weight;
    expect(twice.namedParameters().map(([name]) => name)).toEqual(['tied', 'a.bias']);
    expect(twice.children()).toEqual([shared]);
    expect([...twice.stateDict().keys()]).toEqual([
      'tied',
      'a.weight',
      'a.bias',
      'b.weight',
      'b.bias',
    ]);
    expect(twice.namedParameters({ removeDuplicate: false })).toHaveLength(5);
  });

  it('refuses a module that contains itself', () => {
    const parent = new nn.Module() as nn.Module & { child?: nn.Module & { parent?: nn.Module } };
    parent.child = new nn.Module();
    parent.child.parent = parent;
    const message =
      "modules: 'child.parent' of Module is a module that contains it; keep a reference to a parent in a #private field";
    for (const walk of [
      () => parent.parameters(),
      () => parent.stateDict(),
      () => parent.train(),
      () => parent.apply(() => undefined),
    ]) {
      expect(walk).toThrow(message);
    }
  });
});

describe('registering', () => {
  it('puts null where something is switched off', () => {
    const module = new nn.Module();
    module.registerParameter('bias', null);
    module.registerBuffer('mask', null);
    module.addModule('next', null);
    expect([...module.stateDict()]).toEqual([]);
    module.registerParameter('bias', new nn.Parameter(zeros([1])));
    expect([...module.stateDict().keys()]).toEqual(['bias']);
  });

  it.each([
    [
      'a name with a dot',
      'a.b',
      RangeError,
      "name must be a string of at least one character without dots, got 'a.b'",
    ],
    [
      'an empty name',
      '',
      RangeError,
      "name must be a string of at least one character without dots, got ''",
    ],
    [
      'the name of a method',
      'parameters',
      RangeError,
      "'parameters' is already something else in Module; use another name",
    ],
    [
      'training',
      'training',
      RangeError,
      "'training' is already something else in Module; use another name",
    ],
  ])('refuses %s', (_, name, kind, message) => {
    const module = new nn.Module();
    const calls: Record<string, () => void> = {
      registerParameter: () => module.registerParameter(name, new nn.Parameter(zeros([1]))),
      registerBuffer: () => module.registerBuffer(name, zeros([1])),
      addModule: () => module.addModule(name, new nn.Identity()),
    };
    for (const [operation, register] of Object.entries(calls)) {
      expect(register).toThrow(new kind(`${operation}: ${message}`));
    }
  });

  it('refuses values of another kind', () => {
    const module = new nn.Module();
    expect(() => module.registerParameter('a', zeros([1]))).toThrow(
      new TypeError(
        "registerParameter: 'a' must be a Parameter or null (wrap the tensor: new nn.Parameter(tensor)), got a Tensor",
      ),
    );
    expect(() => module.registerBuffer('a', 1 as unknown as Tensor)).toThrow(
      new TypeError("registerBuffer: 'a' must be a Tensor or null, got 1"),
    );
    expect(() => module.addModule('a', {} as nn.Module)).toThrow(
      new TypeError("addModule: 'a' must be a Module or null, got an object"),
    );
    expect(() => new nn.Parameter([1] as unknown as Tensor)).toThrow(
      new TypeError('Parameter: data must be a Tensor (make one with tensor(…)), got [1]'),
    );
    expect(() => new nn.Parameter(tensor([1], { dtype: 'int32' }))).toThrow(
      new TypeError(
        'requiresGrad: only float32 and float64 tensors can have gradients, this one is int32',
      ),
    );
    expect(new nn.Parameter(tensor([1], { dtype: 'int32' }), { requiresGrad: false }).dtype).toBe(
      'int32',
    );
  });
});

describe('modes and conversion', () => {
  it('train and eval reach every module', () => {
    const net = new Net();
    expect(net.eval()).toBe(net);
    expect(net.modules().map((module) => module.training)).not.toContain(true);
    net.train();
    expect(net.modules().map((module) => module.training)).not.toContain(false);
    expect(() => net.train(1 as unknown as boolean)).toThrow(
      new TypeError('train: mode must be true or false, got 1'),
    );
  });

  it('to converts in place: parameters stay the same objects', () => {
    const layer = new nn.Linear(2, 3);
    const { weight } = layer;
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward();
    const before = Array.from(weight.toTypedArray());
    expect(layer.double()).toBe(layer);
    expect(layer.weight).toBe(weight);
    expect(weight.dtype).toBe('float64');
    expect(weight.grad!.dtype).toBe('float64');
    expect(Array.from(weight.toTypedArray())).toEqual(before);
    expect(layer.forward(ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64');
    layer.float();
    expect(weight.dtype).toBe('float32');
    expect(weight.grad!.dtype).toBe('float32');
    expect(() => layer.to('int32')).toThrow("to: dtype must be float32 or float64, got 'int32'");
  });

  it('a graph that saved a parameter notices its conversion', () => {
    const layer = new nn.Linear(2, 3);
    const x = ones([1, 2], { requiresGrad: true });
    const out = layer.forward(x).sum();
    layer.double();
    expect(() => out.backward()).toThrow(
      'backward: a tensor of shape [3, 2] that linear needs for its gradient was changed in place since (version 2, saved at 1); change a clone() instead, or do it before linear',
    );
  });

  it('to converts float buffers and leaves integers', () => {
    const module = new nn.Module() as nn.Module & Record<string, Tensor>;
    module.registerBuffer('floats', zeros([2]));
    module.registerBuffer('count', tensor([1], { dtype: 'int32' }));
    module.double();
    expect(module.floats.dtype).toBe('float64');
    expect(module.count.dtype).toBe('int32');
  });

  it('zeroGrad forgets gradients, or fills them with zeros', () => {
    const layer = new nn.Linear(2, 3);
    const run = (): void =>
      layer
        .forward(ones([1, 2]))
        .sum()
        .backward();
    run();
    const { grad } = layer.weight;
    layer.zeroGrad({ setToNone: false });
    expect(layer.weight.grad).toBe(grad);
    expect(Array.from(grad!.toTypedArray())).toEqual([0, 0, 0, 0, 0, 0]);
    run();
    expect(Array.from(layer.bias.grad!.toTypedArray())).toEqual([1, 1, 1]);
    layer.zeroGrad();
    expect(layer.weight.grad).toBeNull();
  });

  it('requiresGrad_ and apply', () => {
    const net = new Net();
    net.requiresGrad_(false);
    expect(net.parameters().some((p) => p.requiresGrad)).toBe(false);
    const order: string[] = [];
    net.apply((module) => order.push(module.constructor.name));
    expect(order).toEqual(['Linear', 'Linear', 'Inner', 'Linear', 'Tanh', 'ModuleList', 'Net']);
  });
});

describe('forward', () => {
  it('is missing until a class defines it', () => {
    class Empty extends nn.Module {}
    const call = (): unknown => (new Empty() as unknown as { forward(): unknown }).forward();
    expect(call).toThrow(
      'Empty.forward: this module has no forward method; define forward(x) in the class',
    );
  });

  it('hooks run before and after, change what passes, and can be removed', () => {
    const layer = new nn.Identity();
    const own = Object.getOwnPropertyNames(layer);
    const x = tensor([1, 2]);
    const seen: unknown[] = [];
    const removeBefore = layer.registerForwardPreHook((module, [input]) => {
      seen.push(module);
      return [(input as Tensor).mul(2)];
    });
    const removeAfter = layer.registerForwardHook((_, [input], output) => {
      seen.push((input as Tensor).toArray());
      return (output as Tensor).add(1);
    });
    const silent = layer.registerForwardHook(() => undefined);
    expect(layer.forward(x).toArray()).toEqual([3, 5]);
    expect(seen).toEqual([layer, [2, 4]]);
    removeAfter();
    removeAfter();
    expect(layer.forward(x).toArray()).toEqual([2, 4]);
    silent();
    removeBefore();
    expect(Object.getOwnPropertyNames(layer)).toEqual(own);
    expect(() => layer.registerForwardHook(1 as never)).toThrow(
      new TypeError('registerForwardHook: hook must be a function, got 1'),
    );
    layer.registerForwardPreHook(() => 1);
    expect(() => layer.forward(x)).toThrow(
      'registerForwardPreHook: a hook returns an array of inputs or nothing, got 1',
    );
  });
});

describe('containers', () => {
  it('Sequential runs its layers in order', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1));
    expect(net.forward(ones([4, 2])).shape).toEqual([4, 1]);
    expect([...net.stateDict().keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect(net.length).toBe(3);
    expect(net.at(-1)).toBeInstanceOf(nn.Linear);
    net.insert(1, new nn.Tanh()).append(new nn.Sigmoid());
    expect([...net].map((layer) => layer.constructor.name)).toEqual([
      'Linear',
      'Tanh',
      'ReLU',
      'Linear',
      'Sigmoid',
    ]);
    net.set(0, new nn.Identity());
    expect(net.at(0)).toBeInstanceOf(nn.Identity);
    expect(() => net.at(5)).toThrow('Sequential.at: index 5 is out of range for 5 items');
    const named = new nn.Sequential(new Map([['hidden', new nn.Linear(1, 1)]]));
    expect([...named.stateDict().keys()]).toEqual(['hidden.weight', 'hidden.bias']);
    expect(() => new nn.Sequential([] as never)).toThrow(
      'Sequential: takes modules, got an array; spread it: …(...modules)',
    );
  });

  it('Sequential takes functions among the modules', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), tanh, function rowSums(y) {
      return y.sum(1);
    });
    const x = randn([4, 2]);
    expect(flat(net.forward(x))).toEqual(flat((net.at(0) as nn.Linear).forward(x).tanh().sum(1)));
    expect(net.length).toBe(3);
    expect([...net.stateDict().keys()]).toEqual(['0.weight', '0.bias']);
    expect(String(net)).toContain('(2): Lambda(rowSums)');
    expect(() => new nn.Sequential(nn.Linear as never)).toThrow(
      new TypeError('Sequential: takes modules, got the class Linear'),
    );
    const named = new nn.Sequential(new Map<string, nn.SequentialItem>([['squash', tanh]]));
    expect(flat(named.forward(x))).toEqual(flat(x.tanh()));
  });

  it('ModuleDict by name', () => {
    const dict = new nn.ModuleDict<nn.Layer>({ b: new nn.Tanh(), a: new nn.Linear(1, 1) });
    expect([...dict.keys()]).toEqual(['b', 'a']);
    expect(dict.get('b')).toBeInstanceOf(nn.Tanh);
    expect(dict.has('c')).toBe(false);
    expect(() => dict.get('c')).toThrow("ModuleDict.get: there is no 'c'; there are b, a");
    expect([...dict.stateDict().keys()]).toEqual(['a.weight', 'a.bias']);
    dict.delete('a');
    expect(dict.size).toBe(1);
    expect(() => dict.set('x.y', new nn.Tanh())).toThrow(
      new RangeError(
        "ModuleDict.set: name must be a string of at least one character without dots, got 'x.y'",
      ),
    );
  });

  it('ParameterList makes parameters of tensors', () => {
    const list = new nn.ParameterList([zeros([2])]).append(new nn.Parameter(ones([1])));
    expect([...list.stateDict().keys()]).toEqual(['0', '1']);
    expect([...list].every((p) => p instanceof nn.Parameter && p.requiresGrad)).toBe(true);
    list.set(0, ones([3]));
    expect(list.at(0).shape).toEqual([3]);
  });

  it('ModuleList belongs to the training mode of its owner', () => {
    const list = new nn.ModuleList([new nn.Dropout()]);
    list.eval();
    expect(list.at(0).training).toBe(false);
  });
});

describe('printing', () => {
  it('shows the tree', () => {
    expect(String(new Net())).toBe(
      [
        'Net(',
        '  (first): Linear(inFeatures=2, outFeatures=2, bias=True)',
        '  (inner): Inner(',
        '    (fc): Linear(inFeatures=2, outFeatures=2, bias=False)',
        '  )',
        '  (list): ModuleList(',
        '    (0): Linear(inFeatures=2, outFeatures=1, bias=True)',
        '    (1): Tanh()',
        '  )',
        ')',
      ].join('\n'),
    );
  });

  it('joins equal neighbours of a list', () => {
    const list = new nn.ModuleList([new nn.Tanh(), new nn.Tanh(), new nn.ReLU()]);
    expect(String(list)).toBe('ModuleList(\n  (0-1): 2 x Tanh()\n  (2): ReLU()\n)');
    expect(String(new nn.Sequential())).toBe('Sequential()');
  });

  it.each([
    [new nn.Embedding(3, 4, { paddingIdx: 1 }), 'Embedding(3, 4, paddingIdx=1)'],
    [new nn.Dropout(0.2), 'Dropout(p=0.2, inplace=False)'],
    [new nn.LayerNorm([2, 3]), 'LayerNorm((2, 3), eps=1e-05, elementwiseAffine=True, bias=True)'],
    [
      new nn.LayerNorm(4, { elementwiseAffine: false }),
      'LayerNorm((4,), eps=1e-05, elementwiseAffine=False, bias=False)',
    ],
    [
      new nn.BatchNorm1d(3),
      'BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, trackRunningStats=True)',
    ],
    [
      new nn.InstanceNorm1d(3),
      'InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, trackRunningStats=False)',
    ],
    [new nn.GroupNorm(2, 4), 'GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)'],
    [new nn.RMSNorm(4), 'RMSNorm((4,), eps=None, elementwiseAffine=True)'],
    [
      new nn.MaxPool1d(3, { stride: 2 }),
      'MaxPool1d(kernelSize=3, stride=2, padding=0, dilation=1, ceilMode=False)',
    ],
    [new nn.AvgPool1d(3), 'AvgPool1d(kernelSize=(3,), stride=(3,), padding=(0,))'],
    [new nn.AdaptiveAvgPool1d(3), 'AdaptiveAvgPool1d(outputSize=3)'],
    [new nn.AdaptiveMaxPool1d(3), 'AdaptiveMaxPool1d(outputSize=3)'],
    [new nn.LPPool1d(2, 3), 'LPPool1d(normType=2, kernelSize=3, stride=3, ceilMode=False)'],
    [new nn.Conv1d(2, 4, 3), 'Conv1d(2, 4, kernelSize=(3,), stride=(1,))'],
    [
      new nn.Conv1d(2, 4, 3, {
        padding: 1,
        dilation: 2,
        groups: 2,
        bias: false,
        paddingMode: 'circular',
      }),
      'Conv1d(2, 4, kernelSize=(3,), stride=(1,), padding=(1,), dilation=(2,), groups=2, bias=False, paddingMode=circular)',
    ],
    [
      new nn.Conv1d(2, 4, 3, { padding: 'same' }),
      'Conv1d(2, 4, kernelSize=(3,), stride=(1,), padding=same)',
    ],
    [
      new nn.ConvTranspose1d(2, 4, 3, {
        stride: 2,
        padding: 1,
        outputPadding: 1,
        dilation: 2,
        groups: 2,
        bias: false,
      }),
      'ConvTranspose1d(2, 4, kernelSize=(3,), stride=(2,), padding=(1,), dilation=(2,), outputPadding=(1,), groups=2, bias=False)',
    ],
    [new nn.Flatten(), 'Flatten(startDim=1, endDim=-1)'],
    [new nn.Softmax(1), 'Softmax(dim=1)'],
    [new nn.GELU(), "GELU(approximate='none')"],
    [new nn.ELU(), 'ELU(alpha=1.0)'],
    [new nn.Softplus(), 'Softplus(beta=1.0, threshold=20.0)'],
    [new nn.LeakyReLU(), 'LeakyReLU(negativeSlope=0.01)'],
    [new nn.MSELoss(), 'MSELoss()'],
    [new nn.CTCLoss({ blank: 1 }), 'CTCLoss()'],
    [new nn.ModuleDict({ a: new nn.ReLU() }), 'ModuleDict(\n  (a): ReLU()\n)'],
    [
      new nn.ParameterList([zeros([2]), zeros([3, 2])]),
      'ParameterList(\n  (0): Parameter containing: [float32 of size 2]\n  (1): Parameter containing: [float32 of size 3x2]\n)',
    ],
  ])('%s', (module, text) => {
    expect(noGrad(() => String(module))).toBe(text);
  });
});

describe('members by path', () => {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Sequential(new nn.BatchNorm1d(3)));

  test('modules, parameters and buffers', () => {
    expect(model.getSubmodule('')).toBe(model);
    expect(model.getSubmodule('1.0')).toBe(model.children()[1].children()[0]);
    expect(model.getParameter('0.weight')).toBe((model.children()[0] as nn.Linear).weight);
    expect(model.getBuffer('1.0.running_mean').shape).toEqual([3]);
    for (const [name, parameter] of model.namedParameters())
      expect(model.getParameter(name)).toBe(parameter);
    for (const [name, buffer] of model.namedBuffers()) expect(model.getBuffer(name)).toBe(buffer);
  });

  test.each<[() => unknown, string]>([
    [
      () => model.getSubmodule('x'),
      "getSubmodule: target must be the path of a module, but Sequential has no 'x'",
    ],
    [
      () => model.getSubmodule('1.0.x'),
      "getSubmodule: target must be the path of a module, but '1.0' has no 'x'",
    ],
    [
      () => model.getSubmodule('0.weight'),
      "getSubmodule: target must be the path of a module, but '0.weight' is none",
    ],
    [
      () => model.getParameter('0'),
      "getParameter: target must be the path of a parameter, but '0' is none",
    ],
    [
      () => model.getParameter(''),
      "getParameter: target must be the path of a parameter, but '' is none",
    ],
    [
      () => model.getBuffer('0.weight'),
      "getBuffer: target must be the path of a buffer, but '0.weight' is none",
    ],
    [
      () => model.getBuffer('1.0.weight.data'),
      "getBuffer: target must be the path of a buffer, but '1.0.weight' has no 'data'",
    ],
  ])('%#: %s', (run, message) => {
    expect(run).toThrow(new RangeError(message));
  });

  test('registerModule is addModule', () => {
    const module = new nn.Module();
    const child = new nn.Identity();
    module.registerModule('child', child);
    expect(module.getSubmodule('child')).toBe(child);
    expect(() => module.registerModule('other', {} as nn.Module)).toThrow(
      new TypeError("registerModule: 'other' must be a Module or null, got an object"),
    );
  });
});
