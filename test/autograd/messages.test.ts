// What a message must name: the fix for a state that was carried over, and what was given in place of a tensor.
import { arange, autograd, compile, nn, ones, tensor, type Tensor } from 'ostinato';

type State = Tensor | [Tensor, Tensor];
const carried = (name: string): string =>
  `backward: a part of this graph (${name}) was already consumed by an earlier backward; where a tensor from before it is used again, such as a recurrent state, detach() it first, else pass { retainGraph: true } to that backward`;

describe('a state of an earlier step', () => {
  const w = ones([1], { requiresGrad: true });
  const x = ones([2, 1, 1]);
  const [rnn, lstm, gru, cell] = [new nn.RNN(1, 1), new nn.LSTM(1, 1), new nn.GRU(1, 1), new nn.LSTMCell(1, 1)]; // prettier-ignore
  const step = compile((a: Tensor, b: Tensor) => a.mul(b));
  const last = ([out, state]: [Tensor, State]): [Tensor, State] => [out, state];
  const steps: [string, string, (state: State | null) => [Tensor, State]][] = [
    ['RNN', 'StackBackward0', (h) => last(rnn.forward(x, h as Tensor))],
    ['LSTM', 'StackBackward0', (s) => last(lstm.forward(x, s as [Tensor, Tensor]))],
    ['GRU', 'StackBackward0', (h) => last(gru.forward(x, h as Tensor))],
    ['LSTMCell', 'SqueezeBackward1', (s) => { const next = cell.forward(ones([1, 1]), s as [Tensor, Tensor]); return [next[0], next]; }], // prettier-ignore
    ['an operation', 'MulBackward0', (h) => { const y = (h === null ? w : (h as Tensor)).mul(w); return [y, y]; }], // prettier-ignore
    ['a compiled function', 'CompiledBackward', (h) => { const y = step((h as Tensor | null) ?? w, w); return [y, y]; }], // prettier-ignore
  ];
  it.each(steps)('%s', (_what, name, run) => {
    const [first, state] = run(null);
    first.sum().backward();
    const [second] = run(state);
    expect(() => second.sum().backward()).toThrow(new Error(carried(name)));
    const detached = Array.isArray(state) ? state.map((s) => s.detach()) : state.detach();
    const [third] = run(detached as State);
    expect(() => third.sum().backward()).not.toThrow();
  });
});

it('one output takes its gradient without an array', () => {
  const x = ones([2], { requiresGrad: true });
  const [dx] = autograd.grad(x.mul(3), x, { gradOutputs: tensor([1, 2]) });
  expect(dx!.toArray()).toEqual([3, 6]);
});

const any = <T>(value: unknown): T => value as T;
it.each<[string, () => unknown]>([
  [
    'LSTM.forward: input must be a Tensor or a PackedSequence, got an array of 1',
    () => new nn.LSTM(1, 1).forward(any([[1]])),
  ],
  ['arange: end must be a number, got null', () => arange(6, any(null), 1)],
  [
    'autograd.grad: gradOutputs must be a Tensor or null or an array of tensors, got an array of 1',
    () => autograd.grad(ones([1]), ones([1]), { gradOutputs: any([[1]]) }),
  ],
])('%s', (message, act) => {
  expect(act).toThrow(new TypeError(message));
});
