// The name classifier tells languages of names that it has not seen, whatever is beside them in a batch.
import { setNumThreads } from 'ostinato';
import { classify, languages, run } from '../../examples/name-classifier';

beforeAll(() => setNumThreads(1));

test('name-classifier: three of four unseen names are told, of six languages; padding changes nothing', () => {
  const { model, accuracy, confusion } = run({}, () => undefined);
  expect(languages).toHaveLength(6);
  // Chance is 1/6. Of 66 names the standard deviation of a share around 0.85 is 0.044: 0.75 is more than two of it below.
  expect(accuracy).toBeGreaterThan(0.75);
  expect(confusion.sum().item()).toBe(66);
  // Every language is recognized, not only some of them.
  for (const share of confusion.diagonal().div(confusion.sum(1)).toTypedArray())
    expect(share).toBeGreaterThan(0.5);

  const alone = classify(model, ['Kurosawa']);
  expect(alone.shape).toEqual([1, 6]);
  expect(languages[alone.argmax(1).item()]).toBe('Japanese');
  // The same name in a batch, padded to the length of a longer one.
  const padded = classify(model, ['Kurosawa', 'Papageorgopoulos']);
  expect(padded.at(0).sub(alone.at(0)).abs().max().item()).toBeLessThan(1e-6);
});
