// Text as numbers, and as parallel streams for truncated back-propagation.
import { Streams, Vocabulary } from '../../../src/cli/characters/streams';
import { flat } from '../../support';

test('a vocabulary numbers the distinct characters by code point, there and back', () => {
  const vocabulary = new Vocabulary('hello 𝄞é');
  expect(vocabulary.characters).toEqual([' ', 'e', 'h', 'l', 'o', 'é', '𝄞']);
  expect([...vocabulary.encode('o𝄞')]).toEqual([4, 6]);
  expect(vocabulary.decode(vocabulary.encode('hello 𝄞'))).toBe('hello 𝄞');
  expect(() => vocabulary.encode('hex')).toThrow(
    new RangeError('Vocabulary.encode: the character "x" is not among the 7 that the model knows'),
  );
  expect(() => vocabulary.decode([7])).toThrow(
    new RangeError('Vocabulary.decode: index 7 is outside 0 … 6'),
  );
});

test('each row is a part of the text, continued from batch to batch, and its target one character later', () => {
  const text = Int32Array.from({ length: 41 }, (_, i) => i);
  const streams = new Streams(text, 2, 6);
  expect([streams.rows, streams.steps, streams.batches]).toEqual([2, 6, 3]);
  const rows: number[][] = [[], []];
  for (let i = 0; i < streams.batches; i++) {
    const { input, target, starts } = streams.get(i);
    expect([input.shape, input.dtype, starts]).toEqual([[6, 2], 'int32', i === 0]);
    expect(flat(target)).toEqual(flat(input).map((x) => x + 1));
    rows.forEach((row, n) => row.push(...flat(input.select(1, n))));
  }
  expect(rows).toEqual([0, 20].map((from) => Array.from({ length: 18 }, (_, i) => from + i)));
});

test('a short text gets fewer and shorter streams, a text of one character none', () => {
  const short = new Streams(Int32Array.of(0, 1, 2, 3), 32, 64);
  expect([short.rows, short.steps, short.batches]).toEqual([1, 3, 1]);
  expect(new Streams(Int32Array.of(0), 32, 64).batches).toBe(0);
});
