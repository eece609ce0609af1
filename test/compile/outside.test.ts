// What a compiled function must leave to its caller: a trace would do it once, and no run again.
import { compile, nn, ones, optim, zeros, type Tensor } from 'ostinato';

const traced = (body: () => void) => () =>
  compile((x: Tensor) => {
    body();
    return x.mul(2);
  })(ones([2]));

const layer = (): nn.Linear => {
  const made = new nn.Linear(2, 1);
  made
    .forward(ones([1, 2]))
    .sum()
    .backward();
  return made;
};

test.each(['SGD', 'Adam', 'AdamW', 'RMSprop', 'Adagrad'] as const)('%s.step', (name) => {
  const model = layer();
  const before = model.weight.toArray();
  const optimizer = new optim[name](model.parameters(), { lr: 0.1 });
  expect(traced(() => optimizer.step())).toThrow(
    `compile: ${name}.step cannot be traced: it changes parameters and states; call it outside`,
  );
  expect(optimizer.state.size).toBe(0);
  expect(model.weight.toArray()).toEqual(before);
});

test('schedulers', () => {
  const optimizer = new optim.SGD(layer().parameters(), { lr: 0.1 });
  optimizer.step();
  const step = new optim.lrScheduler.StepLR(optimizer, 1);
  expect(traced(() => step.step())).toThrow(
    'compile: StepLR.step cannot be traced: it changes learning rates; call it outside',
  );
  const plateau = new optim.lrScheduler.ReduceLROnPlateau(optimizer);
  expect(traced(() => plateau.step(1))).toThrow(
    'compile: ReduceLROnPlateau.step cannot be traced: it changes learning rates; call it outside',
  );
  expect(optimizer.paramGroups[0].lr).toBe(0.1);
});

test('gradients', () => {
  const model = layer();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const message = 'compile: zeroGrad cannot be traced: it changes grad; call it outside';
  expect(traced(() => optimizer.zeroGrad())).toThrow(message);
  expect(traced(() => model.zeroGrad())).toThrow(message);
  expect(traced(() => (model.weight.grad = zeros([1, 2])))).toThrow(
    'compile: grad cannot be traced: it is of a tensor from outside; assign it there',
  );
  expect(model.weight.grad!.toArray()).toEqual([[1, 1]]);
});
