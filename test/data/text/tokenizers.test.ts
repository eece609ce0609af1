/** Vocabularies, and tokens that are characters and words. */
import { data, io, nn, tensor } from 'ostinato';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const { CharacterTokenizer, Vocabulary, WordTokenizer } = data;

describe('Vocabulary', () => {
  const tags = new Vocabulary(['<pad>', 'noun', 'verb'], { unknown: '<pad>' });

  test('numbers by token and tokens by number', () => {
    expect([...tags.encode(['verb', 'noun', 'adverb'])]).toEqual([2, 1, 0]);
    expect(tags.encode([])).toEqual(new Int32Array(0));
    expect(tags.decode(new Int32Array([1, 2]))).toEqual(['noun', 'verb']);
    expect(tags.decode(tensor([2, 0], { dtype: 'int32' }))).toEqual(['verb', '<pad>']);
    expect([tags.id('noun'), tags.token(1), tags.has('noun'), tags.has('x'), tags.length]).toEqual([
      1, 'noun', true, false, 3,
    ]); // prettier-ignore
  });

  test('names of the prototype are tokens like others', () => {
    const odd = new Vocabulary(['constructor', '__proto__']);
    expect([...odd.encode(['__proto__', 'constructor'])]).toEqual([1, 0]);
    expect(odd.has('toString')).toBe(false);
  });

  test('specials come first, then by frequency, those of one frequency by code point', () => {
    // By UTF-16 units, 😀 (U+1F600) would come before ﬀ (U+FB00).
    const tokens = ['b', 'a', 'b', '😀', 'ﬀ', 'c', 'a', 'ab', '<s>'];
    expect(
      Vocabulary.build(tokens, { specials: ['<pad>', '<s>'], unknown: '<unk>' }).tokens,
    ).toEqual(['<pad>', '<s>', '<unk>', 'a', 'b', 'ab', 'c', 'ﬀ', '😀']);
    expect(Vocabulary.build(tokens, { minFrequency: 2 }).tokens).toEqual(['a', 'b']);
    expect(Vocabulary.build(tokens, { specials: ['<pad>'], maxTokens: 2 }).tokens).toEqual([
      '<pad>',
      'a',
    ]);
  });

  test('the same after JSON', () => {
    const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(tags)) as data.SavedVocabulary);
    expect(again.toJSON()).toEqual({ tokens: ['<pad>', 'noun', 'verb'], unknown: '<pad>' });
  });

  test.each([
    [() => new Vocabulary(['a', 'a']), 'Vocabulary: tokens must differ, got "a" as 0 and as 1'],
    [() => new Vocabulary([]), 'Vocabulary: there are no tokens'],
    [() => new Vocabulary(['a'], { unknown: 'b' }), 'Vocabulary: unknown must be one of the tokens, got "b"'],
    [() => Vocabulary.build(['a'], { specials: ['a', 'b'], maxTokens: 1 }),
      'Vocabulary.build: maxTokens must be at least the number of special tokens, 2, got 1'],
    [() => new Vocabulary(['a']).id('b'), 'Vocabulary.id: "b" is not in the vocabulary, which has no unknown token'],
    [() => tags.token(3), 'Vocabulary.token: id must be from 0 to 2, got 3'],
    [() => tags.decode([0, -1]), 'Vocabulary.decode: id must be from 0 to 2, got -1'],
    [() => tags.decode(tensor([[1]], { dtype: 'int32' })), 'Vocabulary.decode: ids must have 1 dimension, got shape [1, 1]'],
  ] as const)('%p is refused', (call, message) => {
    expect(call).toThrow(new RangeError(message));
  }); // prettier-ignore

  test('numbers of another kind are refused', () => {
    expect(() => tags.decode(tensor([1]))).toThrow(
      new TypeError('Vocabulary.decode: ids must be int32, got float32'),
    );
  });
});

describe('CharacterTokenizer', () => {
  test('characters by code point, emoji as one', () => {
    const tokenizer = CharacterTokenizer.train(['ba', '😀a']);
    expect(tokenizer.vocabulary.tokens).toEqual(['a', 'b', '😀']);
    expect([...tokenizer.encode('😀ab')]).toEqual([2, 0, 1]);
    expect(tokenizer.decode([2, 0, 1])).toBe('😀ab');
  });

  test('a character that was not there', () => {
    expect(() => CharacterTokenizer.train('ab').encode('abc')).toThrow(
      new RangeError('Vocabulary.encode: "c" is not in the vocabulary, which has no unknown token'),
    );
    const tokenizer = CharacterTokenizer.train('aab', { unknown: '?', minFrequency: 2 });
    expect(tokenizer.vocabulary.tokens).toEqual(['?', 'a']);
    expect([...tokenizer.encode('abc')]).toEqual([1, 0, 0]);
  });
});

describe('WordTokenizer', () => {
  test('words with marks, apostrophes and hyphens; numbers; each sign', () => {
    const words = 'Don’t stop: mother-in-law, e\u0301te\u0301 1999...';
    expect(WordTokenizer.train(words).decode(WordTokenizer.train(words).encode(words))).toBe(
      'Don’t stop : mother-in-law , e\u0301te\u0301 1999 . . .',
    );
  });

  test('lower case, unknown words, limits', () => {
    const tokenizer = WordTokenizer.train('The cat. The dog', { lowercase: true, maxTokens: 3 });
    expect(tokenizer.vocabulary.tokens).toEqual(['<unk>', 'the', '.']);
    expect([...tokenizer.encode('THE bird.')]).toEqual([1, 0, 2]);
    const strict = WordTokenizer.train('a b', { unknown: null });
    expect(() => strict.encode('c')).toThrow(
      new RangeError('Vocabulary.encode: "c" is not in the vocabulary, which has no unknown token'),
    );
  });

  test('a pattern of one’s own, sticky or not global, finds all words and keeps no place', () => {
    for (const pattern of [/\S+/, /\S+/g, /\S+/y]) {
      const tokenizer = WordTokenizer.train('to be, or not', { pattern });
      expect(tokenizer.vocabulary.tokens).toEqual(['<unk>', 'be,', 'not', 'or', 'to']);
      expect([...tokenizer.encode('not to')]).toEqual([2, 4]);
      expect([...tokenizer.encode('not to')]).toEqual([2, 4]);
    }
    // A pattern that matches nothing at every place gives no words, and ends.
    expect([...WordTokenizer.train('ab', { pattern: /x*|b/ }).encode('b')]).toEqual([]);
  });
});

describe('saved with a model', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-tokens-'));
  afterAll(() => {
    fs.rmSync(folder, { recursive: true });
  });
  const tokenizers = [
    CharacterTokenizer.train('hello world', { unknown: '?' }),
    WordTokenizer.train('Hello, world', { lowercase: true, pattern: /\p{L}+/u }),
    data.BytePairTokenizer.train('hello hello world', { vocabularySize: 260, specials: ['<s>'] }),
  ];

  test.each(tokenizers)('in the metadata of a safetensors file', (tokenizer) => {
    const file = path.join(folder, 'model.safetensors');
    const model = new nn.Embedding(tokenizer.vocabulary.length, 2);
    io.saveSafetensors(file, model.stateDict(), {
      metadata: { tokenizer: JSON.stringify(tokenizer) },
    });
    const again = data.tokenizerFromJSON(io.readSafetensorsMetadata(file)['tokenizer']);
    expect(again.constructor).toBe(tokenizer.constructor);
    expect(again.encode('hello, Hello!')).toEqual(tokenizer.encode('hello, Hello!'));
  });

  test.each(tokenizers)('in a checkpoint', (tokenizer) => {
    const file = path.join(folder, 'run.safetensors');
    io.saveCheckpoint(file, { tokenizer: tokenizer.toJSON() });
    const saved = io.loadCheckpoint(file)['tokenizer'] as data.SavedTokenizer;
    expect(JSON.stringify(data.tokenizerFromJSON(saved))).toBe(JSON.stringify(tokenizer));
  });

  test.each([
    ['{', RangeError, 'tokenizerFromJSON: the text is not JSON'],
    ['[]', TypeError, 'tokenizerFromJSON: saved must be what a tokenizer gave as JSON, got []'],
    ['{"type":"x"}', RangeError, "tokenizerFromJSON: type must be 'characters', 'words' or 'bytePairs', got 'x'"],
    ['{"type":"words","tokens":["a"],"pattern":["(",""],"lowercase":true}', RangeError, 'tokenizerFromJSON: pattern is no regular expression'],
    ['{"type":"bytePairs","specials":[],"merges":[["a"]]}', RangeError, "tokenizerFromJSON: merges[0] must be a pair of tokens, got ['a']"],
    ['{"type":"characters"}', TypeError, 'tokenizerFromJSON: option tokens is required'],
  ] as const)('%s is refused', (text, Kind, message) => {
    const call = (): unknown => data.tokenizerFromJSON(text);
    expect(call).toThrow(new Kind(message));
  }); // prettier-ignore
});
