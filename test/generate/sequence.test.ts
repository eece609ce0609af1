// generate.sequence and generate.streamSequence: outputs fed back with the state carried.
import { generate, nn, noGrad, randn, zeros, type Tensor } from 'ostinato';

class Net extends nn.Module {
  rnn: nn.RNN;
  head: nn.Linear;
  constructor(inputs: number, outputs: number) {
    super();
    this.rnn = new nn.RNN(inputs, 16, { batchFirst: true });
    this.head = new nn.Linear(16, outputs);
  }
  forward(x: Tensor, state?: Tensor): [Tensor, Tensor] {
    const [out, next] = this.rnn.forward(x, state);
    return [this.head.forward(out), next];
  }
}

const net = new Net(4, 4);
const seed = randn([2, 3, 4]);
const options = { length: 5, batchFirst: true };

it('feeds each output back', () => {
  const [out, state] = generate.sequence(net, seed, options);
  expect(out.shape).toEqual([2, 5, 4]);
  const [first, h] = noGrad(() => net.forward(seed));
  const expected = [first.at(':', -1, ':')];
  let carried = h;
  for (let i = 1; i < 5; i++) {
    const [next, after] = noGrad(() => net.forward(expected[i - 1].unsqueeze(1), carried));
    expected.push(next.select(1, 0));
    carried = after;
  }
  expected.forEach((step, i) => expect(out.select(1, i).equal(step)).toBe(true));
  expect(state!.equal(carried)).toBe(true);
  expect(out.requiresGrad).toBe(false);
});

it('goes on from a state as if it had not stopped', () => {
  const [all] = generate.sequence(net, seed, { ...options, length: 7 });
  const [head, state] = generate.sequence(net, seed, { ...options, length: 3 });
  const last = head.at(':', '2:3', ':');
  const [tail] = generate.sequence(net, last, { ...options, length: 4, state });
  expect(all.at(':', '3:7', ':').equal(tail)).toBe(true);
});

it('is time first unless told otherwise', () => {
  const timeFirst = (x: Tensor, state?: Tensor): [Tensor, Tensor] => {
    const [out, next] = net.forward(x.transpose(0, 1), state);
    return [out.transpose(0, 1), next];
  };
  const [out] = generate.sequence(timeFirst, seed.transpose(0, 1), { length: 5 });
  expect(out.transpose(0, 1).equal(generate.sequence(net, seed, options)[0])).toBe(true);
});

it('closes the loop with a feedback, and stops where told', () => {
  const wide = new Net(4, 6);
  const back = new nn.Linear(6, 4);
  const places: number[] = [];
  const [out] = generate.sequence(wide, seed, {
    ...options,
    feedback: (x, i) => (places.push(i), back.forward(x)),
    stop: (_, i) => i === 2,
  });
  expect(out.shape).toEqual([2, 3, 6]);
  expect(places).toEqual([0, 1]);
});

it('streams the same steps, and ends when the signal aborts', async () => {
  const [out] = generate.sequence(net, seed, options);
  const steps: Tensor[] = [];
  for await (const step of generate.streamSequence(net, seed, options)) steps.push(step);
  expect(steps).toHaveLength(5);
  steps.forEach((step, i) => expect(step.equal(out.select(1, i))).toBe(true));
  const aborted = generate.streamSequence(net, seed, { ...options, signal: AbortSignal.abort() });
  await expect(aborted.next()).rejects.toMatchObject({ name: 'AbortError' });
});

it.each<[Net, Tensor, object, string]>([
  [
    new Net(4, 6),
    seed,
    {},
    'generate.sequence: the model gives 6 features a step but takes 4 (output [2, 6], seed [2, 3, 4]); pass { feedback } that makes an input out of an output',
  ],
  [
    net,
    seed,
    { feedback: () => zeros([2, 3]) },
    'generate.sequence: feedback gave shape [2, 3], expected [2, 4] (rows, features of the seed)',
  ],
  [net, zeros([2, 4]), {}, 'generate.sequence: seed must be [N, T, features], got shape [2, 4]'],
  [
    net,
    zeros([2, 0, 4]),
    {},
    'generate.sequence: the seed is empty (shape [2, 0, 4]); begin with at least one step',
  ],
  [net, seed, { length: 0 }, 'generate.sequence: length must be an integer of at least 1, got 0'],
  [
    net,
    seed,
    { length: 2.5 },
    'generate.sequence: length must be an integer of at least 1, got 2.5',
  ],
])('refuses what does not fit %#', (model, from, wrong, message) => {
  const call = (): unknown => generate.sequence(model, from, { ...options, ...wrong });
  expect(call).toThrow(new RangeError(message));
});
