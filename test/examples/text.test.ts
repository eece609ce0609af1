// s1a and s1b: text character by character and word by word.
import { setNumThreads, tensor } from 'ostinato';
import * as s1a from '../../examples/s1a-characters';
import * as s1b from '../../examples/s1b-words';

// Two threads win little on small batches, and lose much on a machine that is busy with other tests.
beforeAll(() => setNumThreads(1));

test('s1a: the loss falls; text runs from the start token to the end token, arg-max and drawn', () => {
  const lines: string[] = [];
  const { model, losses, argmax, sampled } = s1a.run({ epochs: 100 }, (line) => lines.push(line));
  expect(s1a.vocabularySize).toBe(80);
  expect(losses[0]).toBeGreaterThan(4);
  expect(losses.at(-1)).toBeLessThan(0.5);
  expect(lines).toContain(`epoch 100, loss ${losses[99].toFixed(4)}`);
  // What was learned is a set of proverbs: the most probable text is one of them, and so is most of what is drawn.
  expect(s1a.proverbs).toContain(argmax);
  expect(sampled.filter((text) => s1a.proverbs.includes(text)).length).toBeGreaterThanOrEqual(4);
  expect(new Set(sampled).size).toBeGreaterThan(2);
  expect(s1a.write(model)).toBe(argmax);

  // One character at a time, time first.
  const [scores, state] = model.forward(tensor([[s1a.START]], { dtype: 'int32' }));
  expect(scores.shape).toEqual([1, 1, 80]);
  expect(state.map((x) => x.shape)).toEqual([
    [1, 1, 256],
    [1, 1, 256],
  ]);

  // An untrained network knows no end: the length limit ends the text.
  const untrained = new s1a.CharacterLSTM({ embedded: true });
  untrained.eval();
  expect(untrained.forward(tensor([[5, 6]], { dtype: 'int32' }))[0].shape).toEqual([1, 2, 80]);
  const long = s1a.write(untrained, { temperature: 1 });
  expect(long.length).toBeLessThanOrEqual(60);
}, 120_000);

test('s1b: a distribution over 10,000 words that sums to 1; words one by one make sentences', async () => {
  const lines: string[] = [];
  const { model, losses, probabilities, written } = await s1b.run({ steps: 60 }, (line) =>
    lines.push(line),
  );
  expect(losses[0]).toBeCloseTo(Math.log(10_000), 0);
  expect(losses.at(-1)).toBeLessThan(1.6);
  expect(probabilities.shape).toEqual([10_000]);
  expect(probabilities.sum().item()).toBeCloseTo(1, 5);
  expect(probabilities.min().item()).toBeGreaterThanOrEqual(0);
  // A verb follows, in most cases by far.
  const verbs = s1b.encode('sees follows remembers draws');
  const share = verbs.reduce((sum, token) => sum + probabilities.at(token).item(), 0);
  expect(share).toBeGreaterThan(0.9);
  expect(written).toHaveLength(5);
  expect(written.filter(s1b.isSentence).length).toBeGreaterThanOrEqual(3);
  expect(lines).toContain('10000 probabilities, their sum 1.000000');
  const [scores] = model.forward(tensor([[7]], { dtype: 'int32' }));
  expect(scores.shape).toEqual([1, 1, 10_000]);
}, 120_000);
