// generate.beamSearch against a search of everything.
import { generate, manualSeed, noGrad, nn, randn, tensor, type Tensor } from 'ostinato';
import { chain, logs, TokenNet } from './models';

interface Path {
  tokens: number[];
  logProbability: number;
  score: number;
}

/** Every sequence up to `maxLength` with its log-probability, best first. */
function everything(
  next: (prefix: readonly number[]) => readonly number[],
  prompt: number,
  { stop, maxLength, penalty }: { stop: number; maxLength: number; penalty: number },
): Path[] {
  const found: Path[] = [];
  const visit = (tokens: number[], logProbability: number): void => {
    const probabilities = next([prompt, ...tokens]);
    probabilities.forEach((log, token) => {
      const total = logProbability + log;
      const length = tokens.length + 1;
      const score = total / length ** penalty;
      if (token === stop) found.push({ tokens, logProbability: total, score });
      else if (length === maxLength) {
        found.push({ tokens: [...tokens, token], logProbability: total, score });
      } else visit([...tokens, token], total);
    });
  };
  visit([], 0);
  return found.sort((a, b) => b.score - a.score);
}

const vocabulary = 4;
const stop = 3;
manualSeed(11);
const net = new TokenNet(vocabulary).double();
const logProbabilities = (prefix: readonly number[]): number[] =>
  noGrad(() => {
    const [scores] = net.forward(tensor([...prefix], { dtype: 'int32' }).reshape([-1, 1]));
    const last = nn.functional.logSoftmax(scores.mul(8), -1).at(-1, 0);
    return Array.from(last.toTypedArray());
  });
const model = (input: Tensor, state?: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] => {
  const [scores, next] = net.forward(input, state);
  return [scores.mul(8), next];
};

describe.each([0, 0.7, 1, 2])('length penalty %d', (penalty) => {
  it('finds the best of all sequences when it can keep them all', () => {
    const all = everything(logProbabilities, 0, { stop, maxLength: 4, penalty });
    const found = generate.beamSearch(model, [0], {
      beams: 200,
      lengthPenalty: penalty,
      stop,
      maxLength: 4,
    });
    expect(found).toHaveLength(Math.min(all.length, 200));
    for (let i = 0; i < 10; i++) {
      expect(found[i].tokens).toEqual(all[i].tokens);
      expect(found[i].score).toBeCloseTo(all[i].score, 9);
      expect(found[i].logProbability).toBeCloseTo(all[i].logProbability, 9);
    }
  });
});

it('looks further than the greedy choice', () => {
  // 0 → 1 is the likelier step, but everything behind 1 is unlikely.
  const table = logs([
    [0.02, 0.58, 0.38, 0.02],
    [0.26, 0.25, 0.25, 0.24],
    [0.02, 0.02, 0.02, 0.94],
    [0.25, 0.25, 0.25, 0.25],
  ]);
  const { model: trap } = chain(table);
  expect(generate.tokens(trap, [0], { stop: 3, maxLength: 2 })[0]).toBe(1);
  const [best, second] = generate.beamSearch(trap, [0], { beams: 2, stop: 3, lengthPenalty: 0 });
  expect(best).toMatchObject({ tokens: [2], stopped: true });
  expect(best.logProbability).toBeCloseTo(Math.log(0.38 * 0.94), 9);
  expect(second.score).toBeLessThanOrEqual(best.score);
});

it('with one beam and no stop token is greedy', () => {
  const options = { maxLength: 12 };
  const [only, ...others] = generate.beamSearch(model, [1], { ...options, beams: 1 });
  expect(others).toEqual([]);
  expect(only.tokens).toEqual(generate.tokens(model, [1], options));
  expect(only.stopped).toBe(false);
});

it('gives every row of a batch what it gives it alone, prompts of any lengths', () => {
  manualSeed(2);
  const wide = new TokenNet(9);
  const prompts = [[1], [2, 3], [4], [5, 6], [7]];
  const options = { beams: 3, stop: 8, maxLength: 7 };
  const alone = prompts.map((prompt) => generate.beamSearch(wide, prompt, options));
  expect(generate.beamSearch(wide, prompts, options)).toEqual(alone);
});

it('keeps prompt lengths and initial states together', () => {
  const wide = new TokenNet(9);
  const state: [Tensor, Tensor] = [randn([1, 3, 16]), randn([1, 3, 16])];
  const prompts = [[1], [2, 3], [4]];
  const options = { beams: 2, maxLength: 5, stop: 8 };
  const together = generate.beamSearch(wide, prompts, { ...options, state });
  prompts.forEach((prompt, n) => {
    const own: [Tensor, Tensor] = [state[0].narrow(1, n, 1), state[1].narrow(1, n, 1)];
    expect(generate.beamSearch(wide, prompt, { ...options, state: own })).toEqual(together[n]);
  });
});

it('takes minLength and the repetition penalty', () => {
  const { model: stopping } = chain(
    logs([
      [0.3, 0.2, 0.5],
      [0.3, 0.2, 0.5],
      [0.3, 0.2, 0.5],
    ]),
  );
  const options = { beams: 1, stop: 2, maxLength: 4, lengthPenalty: 0 };
  expect(generate.beamSearch(stopping, [0], options)[0].tokens).toEqual([]);
  expect(generate.beamSearch(stopping, [0], { ...options, minLength: 2 })[0].tokens).toEqual([
    0, 0,
  ]);
  const penalized = { ...options, minLength: 2, repetitionPenalty: 5 };
  expect(generate.beamSearch(stopping, [0], penalized)[0].tokens).toEqual([1, 0]);
});

it('asks the model for the rows of an unusual state', () => {
  const { model: markov } = chain(
    logs([
      [0.5, 0.3, 0.2],
      [0.2, 0.5, 0.3],
      [0.3, 0.2, 0.5],
    ]),
  );
  const unusual = {
    forward: (input: Tensor, state?: { seen: Tensor }): [Tensor, { seen: Tensor }] => [
      markov(input)[0],
      state ?? { seen: tensor(new Int32Array(input.shape[1])) },
    ],
  };
  expect(() => generate.beamSearch(unusual, [0], { maxLength: 3 })).toThrow(
    'beamSearch: a state of shape [1] has no known batch dimension ([layers, N, features] and [N, features] have); give the model a selectState(state, rows)',
  );
  const endless: unknown[] = [];
  endless.push(endless);
  const holding = { forward: (input: Tensor): [Tensor, unknown] => [markov(input)[0], endless] };
  expect(() => generate.beamSearch(holding, [0], { maxLength: 3 })).toThrow(
    'beamSearch: a state must be nested at most 100 deep; what holds itself has no end',
  );
  const taught = {
    ...unusual,
    selectState: ({ seen }: { seen: Tensor }, rows: Tensor) => ({
      seen: seen.indexSelect(0, rows),
    }),
  };
  expect(generate.beamSearch(taught, [0], { maxLength: 3 })).toHaveLength(4);
});

it.each<[object, unknown, new (message: string) => Error, string]>([
  [
    { beams: 0 },
    [0],
    RangeError,
    'generate.beamSearch: beams must be an integer of at least 1, got 0',
  ],
  [
    { lengthPenalty: NaN },
    [0],
    RangeError,
    'generate.beamSearch: lengthPenalty must be a finite number, got NaN',
  ],
  [
    { repetitionPenalty: -1 },
    [0],
    RangeError,
    'generate.beamSearch: repetitionPenalty must be a finite number above 0, got -1',
  ],
  [
    {},
    [],
    RangeError,
    'generate.beamSearch: the prompt is empty; begin with at least one token, for example the start token',
  ],
  [
    { stop: 4 },
    [0],
    RangeError,
    'generate.beamSearch: stop has token 4, which is outside the vocabulary of 4 (0 … 3)',
  ],
])('refuses %j', (options, prompt, kind, message) => {
  const call = (): unknown => generate.beamSearch(model, prompt as number[], options);
  expect(call).toThrow(new kind(message));
});
