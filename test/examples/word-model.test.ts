// The word model comes near to the least perplexity that its text allows, which it can only by tracking the far-off subject.
import { setNumThreads } from 'ostinato';
import { run, WordModel } from '../../examples/word-model';

beforeAll(() => setNumThreads(1));

test('word-model: perplexity near that of the grammar, verbs agree with the subject, and the weights are tied', () => {
  const { model, perplexity, least, singular, plural, written } = run({}, () => undefined);
  // A sentence has 10.5 words on average. To whom the number of the subject is unknown, the verb's form costs ln 2 more in each:
  // 2^(1/10.5) = 1.068 times the perplexity. Half of that way is 1.034.
  expect(perplexity / least).toBeLessThan(1.034);
  // It cannot be better than the grammar, but for the chance of 500 sentences' windows.
  expect(perplexity / least).toBeGreaterThan(0.99);
  // Half of the probability is another phrase's ('near', 'behind'), half the verb's; by chance both forms would have a quarter.
  for (const [right, wrong] of [singular, [...plural].reverse()]) {
    expect(right).toBeGreaterThan(0.4);
    expect(wrong).toBeLessThan(0.1);
  }
  expect(written.split(' ')).toHaveLength(60);

  expect(model.decoder.weight).toBe(model.embedding.weight);
  expect(model.parameters()).toHaveLength(6);
  const small = new WordModel(40, 64);
  expect(small.parameters().filter((p) => p.shape[0] === 40)).toHaveLength(2); // the shared matrix, and the decoder's bias
});
