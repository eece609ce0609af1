// S1a, S1b and S1c against their PyTorch translations from the same seed (fixtures: test/fixtures/text.py): first 100
// losses, gradients of the first step. Float64 to 1e-9, float32 to 1e-5, relative to the largest value.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualSeed, setNumThreads, type nn, type Tensor } from 'ostinato';
import * as s1a from '../../examples/s1a-characters';
import * as s1b from '../../examples/s1b-words';
import * as s1c from '../../examples/s1c-attention';
import { expectAgreement, expectSampled, type Both, type Float, type Sample } from './compare';

interface Trained {
  losses: number[];
  gradients: Record<string, Sample>;
}
interface Fixture {
  s1a: Both<Trained>;
  s1aEmbedded: Both<Trained>;
  s1b: Both<Trained & { probabilities: Sample; best: number }>;
  s1cReverseMultiplicative: Both<Trained>;
  s1cDatesAdditive: Both<Trained>;
}
const fixture = JSON.parse(
  readFileSync(join(__dirname, '..', 'fixtures', 'text.json'), 'utf8'),
) as Fixture;

const print = (): void => undefined;

beforeAll(() => setNumThreads(1));

function expectGradients(module: nn.Module, expected: Record<string, Sample>, dtype: Float): void {
  const named = new Map(module.namedParameters());
  expect([...named.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, p] of named) expectSampled(p.grad!, expected[name], dtype);
}

describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
  // Short texts and small batches: why, the fixtures' script says.
  const texts = ['deep', 'leaps'];
  test.each([
    ['one-hot', 's1a', { dropout: 0 }],
    ['embedded, with dropout', 's1aEmbedded', { embedded: true }],
  ] as const)('s1a, %s', (_, name, options) => {
    const expected = fixture[name][dtype];
    const made = (): s1a.CharacterLSTM => {
      manualSeed(0);
      return new s1a.CharacterLSTM(options).to(dtype);
    };
    const once = made();
    s1a.lossOf(once, ...s1a.streams(texts)).backward();
    expectGradients(once, expected.gradients, dtype);
    const losses = s1a.train(made(), texts, { epochs: 100, print });
    expectAgreement(losses, expected.losses, dtype);
  });

  test('s1b', () => {
    const expected = fixture.s1b[dtype];
    const made = (): s1b.WordGRU => {
      manualSeed(0);
      return new s1b.WordGRU().to(dtype);
    };
    const once = made();
    s1b.lossOf(once, Array.from({ length: 2 }, s1b.sentence)).backward();
    expectGradients(once, expected.gradients, dtype);
    const model = made();
    // The program's first line is that of step 25.
    let at25: Tensor | undefined;
    const watch = (): void => void (at25 ??= s1b.distribution(model, 'the old sailor'));
    const losses = s1b.train(model, { steps: 100, batchSize: 2, print: watch });
    expectAgreement(losses, expected.losses, dtype);
    const probabilities = at25!;
    expectSampled(probabilities.narrow(0, 0, s1b.words.length), expected.probabilities, dtype);
    expect(probabilities.argmax().item()).toBe(expected.best);
  });

  test.each([
    ['reverse', 'multiplicative', 's1cReverseMultiplicative'],
    ['dates', 'additive', 's1cDatesAdditive'],
  ] as const)('s1c, %s, %s', (task, kind, name) => {
    const expected = fixture[name][dtype];
    const made = (): nn.Seq2Seq => {
      manualSeed(0);
      return s1c.makeModel(kind).to(dtype);
    };
    const { next } = s1c.pairsOf(task, 0);
    const once = made();
    s1c.lossOf(once, ...s1c.tensorsOf(Array.from({ length: 8 }, next))).backward();
    expectGradients(once, expected.gradients, dtype);
    const losses = s1c.train(made(), next, { steps: 100, batchSize: 8, print });
    expectAgreement(losses, expected.losses, dtype);
  });
});
