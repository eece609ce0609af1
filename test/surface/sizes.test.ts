// A size that no memory holds is refused before anything is allocated for it: each whole number of every public call, alone, in a
// list and as an option, becomes one.
import * as ostinato from 'ostinato';
import { fault } from './fault';
import { runIn } from '../support';
import { folder, makeCall, sampleOf, type Sample } from './samples';
import { publicCalls } from './surface';

runIn(folder);

const sizes = [2 ** 40, 1e15, 2 ** 53, 1e300];
const isWhole = (value: unknown): value is number => Number.isInteger(value);

/** The samples of a call that have a size in the place of one of their numbers. */
function* spoiled(name: string, size: number): Generator<[string, Sample]> {
  const { args, options = {} } = sampleOf(name)!;
  for (const [i, value] of args.entries()) {
    const put = (other: unknown): Sample => {
      const sample = sampleOf(name)!;
      return { ...sample, args: sample.args.with(i, other) };
    };
    if (isWhole(value)) yield [`argument ${i}`, put(size)];
    if (!Array.isArray(value) || !value.every(isWhole)) continue;
    yield [`argument ${i}, one size`, put([size])];
    yield [`argument ${i}, behind 0`, put([0, size])];
    yield [`argument ${i}, all`, put(value.map(() => size))];
    for (const k of value.keys()) yield [`argument ${i}[${k}]`, put(value.with(k, size))];
  }
  for (const [key, value] of Object.entries(options)) {
    if (!isWhole(value)) continue;
    const sample = sampleOf(name)!;
    yield [key, { ...sample, options: { ...sample.options, [key]: size } }];
  }
}

// How often something is done, not how large it is.
const endless = /^generate\./;
const calls = publicCalls().filter(
  ({ name }) => !endless.test(name) && sampleOf(name) !== null && !spoiled(name, 1).next().done,
);

it('finds what takes sizes', () => {
  const names = calls.map(({ name }) => name);
  for (const name of ['zeros', 'arange', 'Tensor.chunk', 'nn.LSTM', 'nn.functional.oneHot', 'nn.functional.pad']) {
    expect(names).toContain(name);
  }
}); // prettier-ignore

it.each(calls.map((call) => [call.name, call] as const))('%s', (name, call) => {
  const found: string[] = [];
  const threads = ostinato.getNumThreads();
  for (const size of sizes) {
    for (const [what, sample] of spoiled(name, size)) {
      ostinato.manualSeed(1);
      try {
        makeCall(call, sample);
      } catch (error) {
        const wrong = fault(error);
        if (wrong !== null) found.push(`${what} is ${size}: ${wrong}`);
      }
    }
  }
  ostinato.setNumThreads(threads);
  expect(found).toEqual([]);
});
