// Networks of other programs' exporters (make.py says which), whose outputs are onnxruntime's.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { deepcopy, io, nn, noGrad, optim, setNumThreads, type Tensor } from 'ostinato';

const folder = join(__dirname, 'files');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => name.slice(0, -5));
const path = (name: string): string => join(folder, `${name}.onnx`);

type Tensors = Record<string, Tensor>;
/** The recorded tensors whose names begin with `kind`. */
function recorded(name: string, kind: 'in' | 'out'): Tensors {
  const all = io.loadNpz(join(folder, `${name}.npz`));
  const found = [...all].filter(([key]) => key.startsWith(`${kind}.`));
  return Object.fromEntries(found.map(([key, x]) => [key.slice(kind.length + 1), x]));
}
/** The largest difference, relative where values are large. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  if (a.numel === 0) return 0;
  const [x, y] = [a, b].map((each) => Float64Array.from(each.toTypedArray()));
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i]) / (1 + Math.abs(y[i]))), 0); // prettier-ignore
}
function expectClose(found: Tensors, expected: Tensors, most = 1e-5): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [key, x] of Object.entries(expected)) {
    expect(distance(found[key], x)).toBeLessThan(most);
  }
}

test.each(names)('%s computes what onnxruntime computes', (name) => {
  const model = io.loadOnnx(path(name));
  const [inputs, outputs] = [recorded(name, 'in'), recorded(name, 'out')];
  expect(model.inputs.map((each) => each.name)).toEqual(Object.keys(inputs));
  expect(model.outputs.map((each) => each.name)).toEqual(Object.keys(outputs));
  expectClose(model.forward(inputs), outputs);
  noGrad(() => {
    // A second run has what the first has kept.
    expectClose(model.forward(inputs), outputs);
    expectClose(model.forward(inputs), outputs);
  });
  expectClose(deepcopy(model).forward(inputs), outputs);
});

const trained = names.filter((name) => /^(lstm|gru|rnn|classifier|encoder)/.test(name));
test.each(trained)('%s is trained', (name) => {
  const model = io.loadOnnx(path(name));
  const inputs = recorded(name, 'in');
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const loss = (): Tensor =>
    Object.values(model.forward(inputs))
      .map((y) => y.square().mean())
      .reduce((a, b) => a.add(b));
  const before = noGrad(() => loss()).item();
  const weights = model.namedParameters().map(([key, x]) => [key, x.clone().detach()] as const);
  for (let i = 0; i < 20; i++) {
    optimizer.zeroGrad();
    loss().backward();
    optimizer.step();
  }
  // What no output needs has no gradient: the positions of an embedding that did not occur still share its matrix.
  const state = model.stateDict();
  for (const [key, x] of weights) expect([key, state.get(key)!.equal(x)]).toEqual([key, false]);
  // What was kept of the weights is not what they are now.
  expect(noGrad(() => loss()).item()).toBeLessThan(before);
});

test('weights have the names of the file', () => {
  const model = io.loadOnnx(path('classifier-script'));
  expect(model.namedParameters().map(([key, x]) => [key, x.shape])).toEqual([
    ['onnx::LSTM_203', [2, 40]],
    ['onnx::LSTM_204', [2, 20, 4]],
    ['onnx::LSTM_205', [2, 20, 5]],
    ['embedding.weight', [11, 4]],
    ['fc.weight', [3, 10]],
    ['fc.bias', [3]],
  ]);
  expect(model.inputs).toEqual([{ name: 'ids', dtype: 'int32', shape: ['batch', 'time'] }]);
  expect(String(model)).toMatch(/^OnnxModel\(\s*ids -> p, mean\n/);
});

test('other sizes of what may have any, the same bits with more threads, and part of a model of ours', () => {
  const model = io.loadOnnx(path('lstm-script'));
  class Net extends nn.Module {
    body = model;
    head = new nn.Linear(8, 1);
    forward(x: Tensor, h: Tensor, c: Tensor): Tensor {
      return this.head.forward(this.body.forward({ x, h, c }).y);
    }
  }
  const net = new Net();
  expect(net.parameters()).toHaveLength(model.parameters().length + 2);
  const { x, h, c } = recorded('lstm-script', 'in');
  const [longer, one] = [x.repeatInterleave(3, 1), (s: Tensor): Tensor => s.narrow(1, 0, 1)];
  const y = net.forward(longer.narrow(0, 0, 1), one(h), one(c));
  expect(y.shape).toEqual([1, 15, 1]);
  setNumThreads(1);
  expect(net.forward(longer.narrow(0, 0, 1), one(h), one(c)).toArray()).toEqual(y.toArray());
});

test('what inputs have to be', () => {
  const model = io.loadOnnx(path('classifier-script'));
  const { ids } = recorded('classifier-script', 'in');
  expect(() => model.forward(ids as never)).toThrow(
    new TypeError('OnnxModel.forward: inputs must be an object of tensors by name ("ids"), got a Tensor'), // prettier-ignore
  );
  expect(() => model.forward({ x: ids })).toThrow(
    new TypeError('OnnxModel.forward: inputs: unknown "x", missing "ids"'),
  );
  expect(() => model.forward({ ids: ids.to('float32') })).toThrow(
    new TypeError('OnnxModel.forward: "ids" must be int32, got float32'),
  );
  expect(() => model.forward({ ids: ids.select(0, 0) })).toThrow(
    new RangeError('OnnxModel.forward: "ids" must have shape [batch, time], got [6]'),
  );
});
