// The tagger with a CRF makes whole sentences right that the one without gets wrong, and no tags that cannot follow each other.
import { setNumThreads } from 'ostinato';
import { run, sentence, tags } from '../../examples/tagger';

beforeAll(() => setNumThreads(1));

test('tagger: both learn; whole sequences of tags are scored better with a CRF', () => {
  const { plain, crf } = run({}, () => undefined);
  // More than half of all words are O: what is learned is more than that.
  expect(plain.words).toBeGreaterThan(0.9);
  expect(crf.words).toBeGreaterThan(0.9);
  // Of 500 sentences the standard deviation of a share is 0.02 at most, that of a difference 0.03.
  expect(crf.sentences).toBeGreaterThan(plain.sentences + 0.09);
  expect(crf.sentences).toBeGreaterThan(0.75);
  // What never follows in the training text gets a low transition score, though never −∞.
  expect(plain.impossible).toBeGreaterThan(50);
  expect(crf.impossible).toBeLessThan(plain.impossible / 4);
});

test('tagger: the sentences have a tag for each word, and no name goes on that has not begun', () => {
  for (let i = 0; i < 50; i++) {
    const { words, tags: given } = sentence();
    expect(given).toHaveLength(words.length);
    given.forEach((tag, t) => {
      expect(tags).toContain(tag);
      if (tag.startsWith('I')) expect(given[t - 1].slice(2)).toBe(tag.slice(2));
    });
  }
});
