/** Byte pair encoding, against Hugging Face's tokenizers and by round trips. */
import { data, tensor } from 'ostinato';
import fixture from '../../fixtures/tokens.json';

const { BytePairTokenizer } = data;
const { training, texts, tokenizers } = fixture;

describe.each(tokenizers)('$size tokens of which special are $specials', (expected) => {
  const { size, specials, least } = expected;
  const tokenizer = BytePairTokenizer.train(training, {
    vocabularySize: size,
    specials,
    minFrequency: least,
  });

  test('the tokens that tokenizers learns', () => {
    expect(tokenizer.vocabulary.tokens).toEqual(expected.tokens);
  });

  test.each(texts.map((text, i) => [text, expected.ids[i]] as const))('%j', (text, ids) => {
    const encoded = tokenizer.encode(text);
    expect([...encoded]).toEqual(ids);
    expect(tokenizer.decode(encoded)).toBe(text);
    expect(tokenizer.decode(tensor(encoded))).toBe(text);
  });

  test('the same after JSON', () => {
    const again = data.tokenizerFromJSON(JSON.stringify(tokenizer));
    expect(again).toBeInstanceOf(BytePairTokenizer);
    expect(again.vocabulary.tokens).toEqual(expected.tokens);
    for (const [i, text] of texts.entries())
      expect([...again.encode(text)]).toEqual(expected.ids[i]);
    expect(JSON.stringify(again)).toBe(JSON.stringify(tokenizer));
  });
});

const small = BytePairTokenizer.train('low lower lowest', { vocabularySize: 260 });

test('every text comes back: all bytes, half of a surrogate pair as U+FFFD', () => {
  const all = String.fromCodePoint(
    ...Array.from({ length: 0x800 }, (_, i) => i),
    0x1f600,
    0x10ffff,
  );
  expect(small.decode(small.encode(all))).toBe(all);
  expect(small.decode(small.encode('\ud83d'))).toBe('\ufffd');
});

test('a text that starts with a byte order mark keeps it', () => {
  expect(small.decode(small.encode('\ufefftext'))).toBe('\ufefftext');
});

test('half of a character is U+FFFD, and a special token ends it', () => {
  const special = new BytePairTokenizer([], { specials: ['<s>'] });
  const [first] = special.encode('é');
  expect(special.decode([first, 0, first])).toBe('\ufffd<s>\ufffd');
});

test('special tokens in a text are text', () => {
  const special = new BytePairTokenizer([], { specials: ['<s>'] });
  expect([...special.encode('<s>')]).not.toContain(0);
  expect(special.decode(special.encode('<s>'))).toBe('<s>');
});

test('merging one long word takes n log n', () => {
  const tokenizer = BytePairTokenizer.train('ab'.repeat(1000), { vocabularySize: 300 });
  const start = performance.now();
  expect(tokenizer.decode(tokenizer.encode('ab'.repeat(100_000)))).toHaveLength(200_000);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test.each([
  [
    [['ab', 'c']],
    'BytePairTokenizer: merges[0] joins "ab", which is no byte and no merge before it',
  ],
  [
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    'BytePairTokenizer: merges[1] makes "ab" again',
  ],
  [[['a', ' ']], 'BytePairTokenizer: merges[0] joins " ", which is no byte and no merge before it'],
] as [[string, string][], string][])('merges %j are refused', (merges, message) => {
  expect(() => new BytePairTokenizer(merges)).toThrow(new RangeError(message));
});

test('merges that double a token again and again are refused before they fill the memory', () => {
  const merges: [string, string][] = [];
  for (let token = 'a'; merges.length < 20; token += token) merges.push([token, token]);
  expect(() => new BytePairTokenizer(merges)).toThrow(
    new RangeError('BytePairTokenizer: merges[16] makes a token of more than 65536 bytes'),
  );
});

test('a vocabulary holds the bytes and the special tokens at least', () => {
  expect(() => BytePairTokenizer.train('a', { vocabularySize: 257, specials: ['a', 'b'] })).toThrow(
    new RangeError(
      'BytePairTokenizer.train: vocabularySize less 256 bytes and the special tokens must be an integer of at least 0, got -1',
    ),
  );
});
