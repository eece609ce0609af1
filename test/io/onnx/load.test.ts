// Networks of other programs' exporters as modules: names, sizes, inputs.
import { io, nn, setNumThreads, type Tensor } from 'ostinato';
import { path, recorded } from './recorded';

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

test('a network keeps the element types of its file', () => {
  const model = io.loadOnnx(path('lstm-script'));
  const { x, h, c } = recorded('lstm-script', 'in');
  const before = model.forward({ x, h, c }).y;
  const refusal = new TypeError(
    `OnnxModel.to: ${model.namedParameters()[0][0]} is float32 in the file, as are the constants and inputs that it meets, so it cannot be float64; convert what forward takes and returns`,
  );
  expect(() => model.double()).toThrow(refusal);
  expect(() => model.to('float64')).toThrow(refusal);
  expect(model.float()).toBe(model);
  expect(model.forward({ x, h, c }).y.equal(before)).toBe(true);
  // A model that it is part of converts all parameters.
  new nn.Sequential(model as never).double();
  expect(() => model.forward({ x, h, c })).toThrow(
    new TypeError(
      `OnnxModel.forward: ${model.namedParameters()[0][0]} must be float32, as it is in the file, got float64; to('float32') converts it back`,
    ),
  );
  expect(model.to('float32').forward({ x, h, c }).y.equal(before)).toBe(true);
});
