// Every public call on tensors, compiled with its tensors as arguments, gives the bits and gradients that it gives by itself, or
// refuses in one sentence of ours: as the table of calls has it, with each dimension empty, and with views of tensors without elements.
import * as ostinato from 'ostinato';
import { autograd, compile, zeros, type Tensor } from 'ostinato';
import { fault } from '../surface/fault';
import { runIn } from '../support';
import { folder, makeCall, sampleOf, type Sample } from '../surface/samples';
import { publicCalls, type PublicCall } from '../surface/surface';
import { isFloat } from '../surface/tensors';
import { replaced, results } from '../surface/values';

runIn(folder);

const without =
  (dim: number) =>
  ({ shape, dtype }: Tensor): Tensor =>
    zeros(dim < shape.length ? shape.with(dim, 0) : shape, { dtype });
/** What each tensor of a call is replaced by. */
const forms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'as it is': (x) => x.detach().clone(),
  'dimension 0 empty': without(0),
  'dimension 1 empty': without(1),
  'an offset view without elements': ({ shape, dtype }) =>
    shape.length === 0
      ? zeros([], { dtype })
      : zeros([4, ...shape.slice(0, -1), 0], { dtype })
          .chunk(4)[3]
          .squeeze(0),
};

/** Results and gradients as a text, null for a call without results, or the error. */
function outcome(call: PublicCall, form: string, compiled: boolean): string | Error | null {
  ostinato.manualSeed(1);
  const { on, args, options } = sampleOf(call.name)!;
  const inputs: Tensor[] = [];
  const given = replaced([on, args, options], (x) => {
    const made = forms[form](x);
    inputs.push(isFloat(made) && !call.name.endsWith('_') ? made.requiresGrad_() : made);
    return made;
  });
  const f = (...xs: Tensor[]): Tensor[] => {
    const own = replaced(given, (x) => xs[inputs.indexOf(x)]) as [object, unknown[], object];
    const sample = { on: own[0], args: own[1], options: own[2] } as Sample;
    return results(makeCall(call, sample));
  };
  try {
    const outs = (compiled ? compile(f) : f)(...inputs);
    if (outs.length === 0) return null;
    const leaves = inputs.filter((x) => x.requiresGrad);
    const sums = outs.filter((y) => y.requiresGrad).map((y) => y.sum().to('float64'));
    const grads =
      sums.length === 0 || leaves.length === 0
        ? []
        : autograd.grad(
            sums.reduce((a, b) => a.add(b)),
            leaves,
            { allowUnused: true },
          );
    const show = (x: Tensor | null): unknown =>
      x && [x.dtype, x.shape, Array.from<number>(x.toTypedArray()).map((v) => String(v))];
    return JSON.stringify([outs.map(show), grads.map(show)]);
  } catch (error) {
    return error as Error;
  }
}

// What is no function of tensors, or about the world outside.
const elsewhere = /^(io|cli|plot|data|generate|optim|autograd|progress|testing)\b/;
const calls = publicCalls().filter(
  ({ name, kind }) => kind !== 'constructor' && !elsewhere.test(name) && sampleOf(name) !== null,
);

/** What a trace says to a call that works by itself. */
const refusals = [
  /^compile: the function changes (an argument|a tensor from outside) of shape \[[\d, ]*\] in place \(.*\); it must only compute results, so change a clone\(\) instead$/,
  /^compile: the function reads values of a tensor of shape \[.*\] while it is traced \(item, toArray, toString\); a trace has none, so do that outside$/,
  /^compile: (\w+|repeatInterleave with a tensor) cannot be traced: its result's shape depends on values, and a trace has none; do it outside$/,
  /^compile: embedding with maxNorm cannot be traced: it scales rows of the weight in place; do it outside$/,
  /^compile: (getTotalNorm|clipGradNorm_) cannot be traced: it reads the values of tensors, and a trace has none; do it outside$/,
  /^compile: Stateful\.forward cannot be traced: it keeps the state for the next call; compile a function that takes the state and returns it$/,
  /^compile: Sessions?\.push cannot be traced: it keeps the state for the next call; compile the session itself: stream\(\{ compile: true \}\)$/,
  /^compile: checkpoint cannot be traced: each run keeps what its backward reads; compile what is inside of it$/,
  /^compile: the first LazyLinear\.forward cannot be traced: it makes the parameters; call the layer once outside$/,
];
/** The calls that are refused, in-place forms and methods apart, and why. */
const refused: [string, string][] = [];

describe.each(Object.keys(forms))('%s', (form) => {
  it.each(calls.map((call) => [call.name, call] as const))('%s', (name, call) => {
    const plain = outcome(call, form, false);
    if (plain === null) return;
    const compiled = outcome(call, form, true);
    if (!(compiled instanceof Error)) {
      expect(compiled).toEqual(plain);
      return;
    }
    expect(fault(compiled)).toBeNull();
    if (plain instanceof Error) return;
    expect(refusals.some((sentence) => sentence.test(compiled.message))).toBe(true);
    const [, named, does] = /^compile: (?:(.*) cannot|the function (reads|changes))/.exec(
      compiled.message,
    )!;
    const why = named ?? does;
    if (form === 'as it is' && !/_$|^Tensor\./.test(name)) refused.push([name, why]);
  });
});

test('what is refused is what reads values or changes something', () => {
  expect(Object.fromEntries(refused)).toEqual({
    'utils.checkpoint.checkpoint': 'checkpoint',
    'utils.checkpoint.checkpointSequential': 'checkpoint',
    bincount: 'bincount',
    maskedSelect: 'maskedSelect',
    nonzero: 'nonzero',
    unique: 'unique',
    uniqueConsecutive: 'uniqueConsecutive',
    'nn.functional.embedding': 'embedding with maxNorm',
    'nn.utils.getTotalNorm': 'getTotalNorm',
    // Running statistics.
    'nn.BatchNorm1d.forward': 'changes',
    'nn.functional.batchNorm': 'changes',
    'nn.functional.instanceNorm': 'changes',
    'nn.LazyLinear.forward': 'the first LazyLinear.forward',
    'nn.ParameterDict.fromkeys': 'changes',
    'nn.ParameterDict.set': 'changes',
    'nn.ParameterDict.setdefault': 'changes',
    'nn.ParameterDict.update': 'changes',
    'nn.ParameterList.append': 'changes',
    'nn.ParameterList.extend': 'changes',
    'nn.Session.push': 'Session.push',
    'nn.Sessions.push': 'Sessions.push',
    'nn.Stateful.forward': 'Stateful.forward',
    // Lengths and clusters decide on shapes.
    'nn.AdaptiveLogSoftmaxWithLoss.forward': 'reads',
    'nn.AdaptiveLogSoftmaxWithLoss.predict': 'reads',
    'nn.Seq2Seq.forward': 'reads',
    'nn.utils.rnn.unpadSequence': 'reads',
  });
});
