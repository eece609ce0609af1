// Two copies of the package in one process: whatever public call of one is given a tensor, module, generator, optimizer or packed
// sequence of the other refuses it in words that say so, wherever in its arguments and options it is.
import * as ostinato from 'ostinato';
import { nn, Tensor } from 'ostinato';
import { fault } from './fault';
import { runIn } from '../support';
import { folder, makeCall, sampleOf, type Sample } from './samples';
import { publicCalls, type PublicCall } from './surface';
import { isPlain } from './values';

runIn(folder);

jest.resetModules();
const other = jest.requireActual<typeof ostinato>('ostinato');

/** The same of the other copy; undefined for what is of neither. */
function foreign(value: unknown): unknown {
  if (value instanceof nn.Parameter) return new other.nn.Parameter(foreignTensor(value.detach()));
  if (value instanceof Tensor) return foreignTensor(value);
  if (value instanceof nn.Module) return new other.nn.Linear(2, 2);
  if (value instanceof ostinato.Generator) return new other.Generator();
  if (value instanceof nn.utils.rnn.PackedSequence)
    return other.nn.utils.rnn.packSequence([other.ones([3, 2]), other.ones([2, 2])]);
  if (value instanceof ostinato.optim.Optimizer)
    return new other.optim.SGD([new other.nn.Parameter(other.ones([2]))], { lr: 1 });
  return undefined;
}
const foreignTensor = (x: Tensor): Tensor =>
  other.tensor(x.detach().toTypedArray(), { dtype: x.dtype }).reshape(x.shape);

/** Copies of a value, each with one thing of the other copy. */
function* withForeign(value: unknown, where: string): Generator<[string, unknown], void> {
  const made = foreign(value);
  if (made !== undefined) yield [where, made];
  else if (Array.isArray(value)) {
    for (const [i, one] of value.entries())
      for (const [at, each] of withForeign(one, `${where}[${i}]`))
        yield [at, (value as unknown[]).with(i, each)];
  } else if (value instanceof Map) {
    for (const [key, one] of value as Map<unknown, unknown>)
      for (const [at, each] of withForeign(one, `${where}.${String(key)}`))
        yield [at, new Map(value).set(key, each)];
  } else if (isPlain(value)) {
    for (const [key, one] of Object.entries(value))
      for (const [at, each] of withForeign(one, `${where}.${key}`))
        yield [at, { ...value, [key]: each }];
  }
}

const spoiled = (name: string): [string, Sample][] => {
  const { on, args, options } = sampleOf(name)!;
  return [
    ...[...withForeign(args, 'args')].map(([at, all]): [string, Sample] => [at, { on, args: all as unknown[], options }]),
    ...[...withForeign(options, 'options')].map(([at, all]): [string, Sample] => [at, { on, args, options: all as Sample['options'] }]),
  ];
}; // prettier-ignore

/** What takes anything: it goes through as it is, is compared as Jest compares it, or is read when the first token is asked for. */
const taken = new Set([
  'nn.Identity.forward',
  'testing.tensorEquality',
  'generate.stream',
  'generate.streamSequence',
]);

const calls = publicCalls().filter(
  ({ name }) => sampleOf(name) !== null && !taken.has(name) && spoiled(name).length > 0,
);

it('finds what takes tensors', () => {
  expect(calls.length).toBeGreaterThan(500);
});

it.each(calls.map((call) => [call.name, call] as const))('%s', (name, call: PublicCall) => {
  const found: string[] = [];
  for (const [at, sample] of spoiled(name)) {
    let error: unknown;
    try {
      makeCall(call, sample);
      error = 'accepted';
    } catch (thrown) {
      error = thrown;
    }
    if (error === 'accepted') found.push(`${at}: accepted`);
    else if (fault(error) !== null) found.push(`${at}: ${fault(error)}`);
    else if (!(error as Error).message.includes('of another copy of ostinato'))
      found.push(`${at}: ${(error as Error).message}`);
  }
  ostinato.autograd.setDetectAnomaly(false);
  expect(found).toEqual([]);
});

test.each([
  ['Module', 'load its stateDict() from a file', () => new other.nn.Linear(2, 2)],
  ['Tensor', 'copy the values over with tensor(x.toArray())', () => new other.nn.Parameter(other.ones([2]))],
])('a %s in a field of a module is refused, and not left out', (name, remedy, make) => {
  class Net extends nn.Module {
    inner = make();
  }
  const net = new Net();
  for (const look of [() => net.parameters(), () => net.stateDict(), () => net.modules(), () => net.train()])
    expect(look).toThrow(
      `Net: field 'inner' holds a ${name} of another copy of ostinato in this process; load the package once, or ${remedy}`,
    );
}); // prettier-ignore

test('a DataLoader of another copy is none of this one', () => {
  const model = new nn.Linear(2, 1);
  const optimizer = new ostinato.optim.SGD(model.parameters());
  const loader = new other.data.DataLoader(ostinato.ones([2, 2]).unbind());
  const given = { loss: () => model.weight.sum(), optimizer };
  const what = 'a DataLoader, or anything else to iterate over';
  const got = 'got a DataLoader of another copy of ostinato in this process; load the package once';
  expect(() => ostinato.train.fit(model, loader, given)).toThrow(
    `train.fit: loader must be ${what}, ${got}`,
  );
  const validation = loader;
  expect(() => ostinato.train.fit(model, [ostinato.ones([1])], { ...given, validation })).toThrow(
    `train.fit: validation must be ${what} or null, ${got}`,
  );
});
