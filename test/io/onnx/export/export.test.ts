// Models written as ONNX and read again: what they compute, for other sizes too, and what is refused. What onnxruntime and onnx's checker
// say of such files is in test/io/interop.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  full,
  io,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  searchsorted,
  tensor,
  zeros,
  type Tensor,
} from 'ostinato';
import { distance, models, type Exported } from './models';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ostinato-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (): string => join(folder, 'x.onnx');

function expectSame({ model, inputNames, others }: Exported): void {
  const read = io.loadOnnx(path());
  for (const given of others) {
    model.eval();
    const expected = noGrad(() => [model.forward(...given.args) as unknown].flat(9)) as Tensor[];
    const inputs = Object.fromEntries(inputNames.map((name, i) => [name, given.tensors[i]]));
    const found = Object.values(noGrad(() => read.forward(inputs)));
    expect(found).toHaveLength(expected.length);
    found.forEach((x, i) => expect(distance(x, expected[i])).toBeLessThan(1e-5));
  }
}

test.each(Object.keys(models))('%s computes the same after a round trip', (name) => {
  manualSeed(1);
  const made = models[name]();
  const { model, options } = made;
  const before = [...model.stateDict()].map(([key, x]) => [key, x.clone()] as const);
  model.train();
  io.exportOnnx(model, path(), options);
  expect(model.training).toBe(true);
  expectSame(made);
  // The weights of the file are those of the state dict, and export leaves the model as it was.
  const state = io.loadOnnx(path()).stateDict();
  for (const [key, x] of before) {
    expect(model.stateDict().get(key)!.equal(x)).toBe(true);
    if (state.has(key)) expect(state.get(key)!.equal(x)).toBe(true);
  }
  const unused = before.filter(([key]) => !state.has(key) && !key.endsWith('num_batches_tracked'));
  expect(unused.map(([key]) => key)).toEqual([]);
});

test('operations without an ONNX form are named all at once, with their modules', () => {
  class Strange extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.erfinv().add(x.cumprod(0));
    }
  }
  class Net extends nn.Module {
    inner = new Strange();
    rnn = new nn.JANET(2, 2);
    proj = new nn.LSTM(2, 3, { projSize: 2 });
    forward(x: Tensor): Tensor {
      return this.proj.forward(this.rnn.forward(this.inner.forward(x))[0])[0].lgamma();
    }
  }
  expect(() => io.exportOnnx(new Net(), path(), { example: randn([3, 1, 2]) })).toThrow(
    new RangeError(
      'exportOnnx: cannot be written: erfinv in "inner" has no ONNX form here; cumprod in "inner" has no ONNX form here; add in "inner" reads a tensor of shape [3, 1, 2] that depends on the input by way of what is not recorded (an operation without an ONNX form, or JavaScript); sequence in "rnn" is JANET, which ONNX does not have; sequence in "proj" is an LSTM with a projection, which ONNX does not have; lgamma in forward has no ONNX form here',
    ),
  );
});

test('what depends on values or sizes in JavaScript is refused', () => {
  class Branch extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.sum().item() > 0 ? x.tanh() : x.sigmoid();
    }
  }
  class Loop extends nn.Module {
    forward(x: Tensor): Tensor {
      return [...x].reduce((a, b) => a.add(b));
    }
  }
  class Values extends nn.Module {
    forward(x: Tensor): Tensor {
      return x.add(tensor([x.amax().item()]));
    }
  }
  const dynamicAxes = { input: { 0: 'time' } };
  expect(() => io.exportOnnx(new Branch(), path(), { example: full([3], -0.01) })).toThrow(
    /^exportOnnx: forward makes other operations for inputs of other values or sizes \(unary:sigmoid here, unary:tanh there, [^]*$/,
  );
  expect(() => io.exportOnnx(new Loop(), path(), { example: ones([3, 2]), dynamicAxes })).toThrow(
    /^exportOnnx: forward makes other operations for inputs of other values or sizes \([^]*$/,
  );
  io.exportOnnx(new Loop(), path(), { example: ones([3, 2]) });
  expect(() => io.exportOnnx(new Values(), path(), { example: randn([3]) })).toThrow(
    new RangeError('exportOnnx: cannot be written: add in forward reads a tensor of shape [1] that depends on the input by way of what is not recorded (an operation without an ONNX form, or JavaScript)'), // prettier-ignore
  );
});

test('arguments', () => {
  const model = new nn.Linear(2, 1);
  const write = (options: object) => () =>
    io.exportOnnx(model, path(), { example: zeros([3, 2]), ...options });
  expect(write({ inputNames: ['a', 'b'] })).toThrow(
    new RangeError('exportOnnx: inputNames must be 1 names, got [a, b]'),
  );
  expect(write({ outputNames: [''] })).toThrow(
    new RangeError('exportOnnx: outputNames must differ, got []'),
  );
  expect(write({ dynamicAxes: { x: { 0: 'n' } } })).toThrow(
    new RangeError('exportOnnx: dynamicAxes names "x", which is no input (input)'),
  );
  expect(write({ dynamicAxes: { input: { 2: 'n' } } })).toThrow(
    new RangeError('exportOnnx: dynamicAxes has dimension 2 of "input", whose shape is [3, 2]'),
  );
  expect(write({ example: 3 })).toThrow(
    new TypeError('exportOnnx: example must be a Tensor or an array of the arguments of forward, got 3'), // prettier-ignore
  );
  expect(() => io.exportOnnx({} as never, path(), { example: zeros([1]) })).toThrow(
    new TypeError('exportOnnx: model must be a Module, got an object'),
  );
});

test('nothing is watched afterwards, and the model trains as before', () => {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Tanh());
  const frozen = model.parameters()[0].requiresGrad_(false);
  io.exportOnnx(model, path(), { example: randn([3, 2]) });
  expect(frozen.requiresGrad).toBe(false);
  const x = randn([3, 2]);
  model.forward(x).sum().backward();
  expect(x.requiresGrad).toBe(false);
  expect(model.parameters()[1].grad).not.toBeNull();
  expect(Object.keys(model.children()[0])).not.toContain('forward');
});

describe('what no operation says it computes is not written as a constant', () => {
  const F = nn.functional;
  const forwards: [string, (x: Tensor) => Tensor][] = [
    ['isnan', (x) => x.maskedFill(x.isnan(), 0)],
    ['isinf', (x) => x.maskedFill(x.isinf(), 0)],
    ['isfinite', (x) => x.where(x.isfinite(), 0)],
    ['signbit', (x) => x.maskedFill(x.signbit(), 0)],
    ['any', (x) => x.maskedFill(x.gt(0).any(), 0)],
    ['all', (x) => x.maskedFill(x.gt(-100).all(), 0)],
    ['a mask as an index', (x) => x.at(x.gt(0)).sum()],
    ['searchsorted', (x) => searchsorted(tensor([-0.5, 0, 0.5]), x.detach()).to('float32').add(x)],
    ['a branch on a value', (x) => (x.sum().item() > 0 ? x.mul(2) : x)],
    ['values in JavaScript', (x) => x.mul(Math.sign(x.at(0, 0).item()))],
  ]; // prettier-ignore
  it.each(forwards)('%s', (_, forward) => {
    class Net extends nn.Module {
      forward = forward;
    }
    expect(() => io.exportOnnx(new Net(), path(), { example: ones([2, 3]) })).toThrow(
      /^exportOnnx: (cannot be written: .*(depends on the input|of other inputs)|forward makes other operations|for another input) ?.*$/s,
    );
  });

  it('oneHot of integers', () => {
    class Net extends nn.Module {
      forward(x: Tensor): Tensor {
        return F.oneHot(x, 4).to('float32');
      }
    }
    const example = tensor([2], { dtype: 'int32' });
    expect(() => io.exportOnnx(new Net(), path(), { example })).toThrow(
      /^exportOnnx: (cannot be written|for another input).*$/s,
    );
  });
});

test('a model that fails for other sizes is as it was, and hooks stay', () => {
  class Odd extends nn.Module {
    layer = new nn.Linear(2, 2);
    forward(x: Tensor): Tensor {
      if (x.shape[0] === 5) throw new Error('odd size');
      return this.layer.forward(x);
    }
  }
  const model = new Odd();
  let calls = 0;
  model.layer.registerForwardHook(() => void calls++);
  const options = { example: ones([2, 2]), inputNames: ['x'], dynamicAxes: { x: { 0: 'n' } } };
  expect(() => io.exportOnnx(model, path(), options)).toThrow(new Error('odd size'));
  expect(model.training).toBe(true);
  const before = calls;
  model.forward(ones([1, 2]));
  expect(calls).toBe(before + 1);
});

describe('what an exported forward changes', () => {
  const example = ones([2, 2]);
  class Net extends nn.Module {
    layer = new nn.Linear(2, 2);
    calls = 0;
    seen: { counts: Tensor; last: (Tensor | null)[] } = { counts: zeros([2]), last: [null] };
    forward(x: Tensor): Tensor {
      this.calls++;
      this.seen.counts.add_(1);
      this.seen.last[0] = x;
      Object.assign(this, { more: x });
      return this.layer.forward(x);
    }
  }

  test('in fields is put back', () => {
    const net = new Net();
    const { seen } = net;
    io.exportOnnx(net, path(), { example });
    expect(net.calls).toBe(0);
    expect(net.seen).toBe(seen);
    expect(seen.last).toEqual([null]);
    expect(seen.counts.toArray()).toEqual([0, 0]);
    expect(Object.keys(net)).not.toContain('more');
  });

  test('also when the export is refused', () => {
    const net = new Net();
    net.layer.registerForwardHook((_, __, y) => (y as Tensor).erfinv());
    expect(() => io.exportOnnx(net, path(), { example })).toThrow(
      new RangeError('exportOnnx: cannot be written: erfinv in "layer" has no ONNX form here'),
    );
    expect(net.calls).toBe(0);
  });

  test('a layer that the first forward makes is made', () => {
    const lazy = new nn.LazyLinear(3);
    io.exportOnnx(lazy, path(), { example });
    expect(lazy.inFeatures).toBe(2);
    expect(lazy.forward(example).shape).toEqual([2, 3]);
  });

  test('a Stateful is refused, and keeps its state', () => {
    const layer = new nn.Stateful(new nn.GRU(2, 3));
    layer.forward(randn([4, 2, 2]));
    const { state } = layer;
    const net = new nn.Sequential(layer as never);
    expect(() => io.exportOnnx(net, path(), { example: randn([4, 2, 2]) })).toThrow(
      new RangeError(
        'exportOnnx: cannot be written: Stateful.forward keeps the state for the next call, which a network cannot; export its layer, which takes the state and returns it',
      ),
    );
    expect(layer.state).toBe(state);
  });

  const changes: [string, string, (x: Tensor) => unknown][] = [
    ['an argument', 'mul_', (x) => x.mul_(2)],
    ['a result', 'add_', (x) => x.mul(2).add_(1)],
    ['a view', 'zero_', (x) => x.mul(2).narrow(1, 0, 1).zero_()],
    ['a tensor of its own', 'copy_', (x) => zeros([2, 2]).copy_(x)],
    ['by an index', 'setAt', (x) => x.mul(2).setAt([0], 1)],
    ['by a function', 'clamp_', (x) => x.mul(2).clamp_({ min: 0 })],
  ];
  test.each(changes)('in place: %s', (_, operation, change) => {
    class Changing extends nn.Module {
      forward(x: Tensor): Tensor {
        change(x);
        return x;
      }
    }
    class Outer extends nn.Module {
      inner = new Changing();
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    const sentence = (where: string): RangeError =>
      new RangeError(
        `exportOnnx: cannot be written: ${operation} in ${where} changes a tensor in place; use the operation that makes a new one`,
      );
    expect(() => io.exportOnnx(new Changing(), path(), { example })).toThrow(sentence('forward'));
    expect(() => io.exportOnnx(new Outer(), path(), { example })).toThrow(sentence('"inner"'));
  });
});

describe('names, axes and examples that do not fit', () => {
  const x = ones([2, 3]);
  const model = new nn.Linear(3, 3);
  it.each<[string, io.ExportOnnxOptions, string]>([
    ['a weight as an input', { example: x, inputNames: ['weight'] }, '"weight" is the name of a weight or of another input or output; give inputNames and outputNames that differ from them'],
    ['an input as an output', { example: x, inputNames: ['y'], outputNames: ['y'] }, '"y" is the name of a weight or of another input or output; give inputNames and outputNames that differ from them'],
    ['a dimension written otherwise', { example: x, inputNames: ['x'], dynamicAxes: { x: { '00': 'n' } as never } }, 'dynamicAxes has dimension 00 of "x", whose shape is [2, 3]'],
    ['no elements', { example: zeros([0, 3]), inputNames: ['x'] }, 'the example must have elements, but x has shape [0, 3]'],
  ])('%s', (_, options, message) => {
    expect(() => io.exportOnnx(model, path(), options)).toThrow(new RangeError(`exportOnnx: ${message}`));
  });
}); // prettier-ignore
