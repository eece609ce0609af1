// Only what the constructor made is a tensor: an impostor has no elements.
import * as o from 'ostinato';

const x = o.ones([2, 3]);
const impostors: readonly (readonly [string, unknown])[] = [
  ['an object of the prototype', Object.create(o.Tensor.prototype as object)],
  ['a copy of the fields', { ...x }],
]; // prettier-ignore

test.each(impostors)('%s is refused', (_, impostor) => {
  const given = impostor as o.Tensor;
  const calls: Readonly<Record<string, () => unknown>> = {
    add: () => x.add(given),
    relu: () => o.relu(given),
    cat: () => o.cat([x, given]),
    matmul: () => x.matmul(given),
    Parameter: () => new o.nn.Parameter(given),
    Linear: () => new o.nn.Linear(3, 2).forward(given),
    LSTM: () => new o.nn.LSTM(3, 2).forward(given),
  };
  for (const [name, call] of Object.entries(calls)) {
    let message = `${name}: accepted`;
    try {
      call();
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      ({ message } = error as Error);
    }
    expect(message).toMatch(/^[\w.]+: .*must be .*Tensor.*, got .*$/);
  }
});
