// What the operators compute, in networks of other programs' exporters.
import { deepcopy, io, noGrad, optim, type Tensor } from 'ostinato';
import { expectClose, names, path, recorded } from '../recorded';

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
