// Silero VAD written with our modules says what onnxruntime says of each chunk, and finds who speaks when.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { nn, zeros } from 'ostinato';
import { chunksOf, load, readWav, run, segmentsOf } from '../../examples/vad';
import { probabilities as expected } from '../fixtures/vad.json';

const quiet = (): void => undefined;
const wav = join(__dirname, '../../examples/vad/speech.wav');

test('the probabilities are those of onnxruntime, to 1e-4', () => {
  const { probabilities } = run(undefined, quiet);
  expect(probabilities).toHaveLength(expected.length);
  probabilities.forEach((p, i) => expect(Math.abs(p - expected[i])).toBeLessThan(1e-4));
  // It says yes and no.
  expect(Math.max(...expected)).toBeGreaterThan(0.9);
  expect(Math.min(...expected)).toBeLessThan(0.1);
});

test('compiled, they have the same bits', () => {
  const model = load();
  const sessions = [model.stream(), model.stream({ compile: true })];
  const inputs = [...chunksOf(readWav(wav))].slice(20, 40);
  for (const one of inputs) {
    const x = nn.functional.pad(one, [64, 0]).unsqueeze(0);
    const [plain, compiled] = sessions.map((session) => session.push(x).item());
    expect(compiled).toBe(plain);
  }
});

test('two stretches of speech, and the tone between them is none', () => {
  const lines: string[] = [];
  const { segments, sound } = run(undefined, (line) => lines.push(line));
  const [first, second, ...more] = segments;
  expect(first.start).toBeGreaterThan(0.5);
  expect(first.start).toBeLessThan(0.8);
  expect(second.start - first.end).toBeGreaterThan(1.8);
  expect(more.every(({ start, end }) => end > start)).toBe(true);
  expect(segments.at(-1)!.end).toBeLessThan(sound.numel / 16_000);
  expect(lines[0]).toMatch(/^speech from 0\.\d\d to \d\.\d\d s$/);
  expect(lines).toHaveLength(segments.length);
});

test('segments: gaps of less than 0.1 s are none, nor is speech of less than 0.25 s', () => {
  const chunks = (text: string): number[] => [...text].map((c) => (c === '#' ? 0.9 : c === '+' ? 0.4 : 0)); // prettier-ignore
  const found = (text: string): unknown =>
    segmentsOf(chunks(text)).map(({ start, end }) =>
      [start, end].map((t) => Math.round(t / 0.032)),
    );
  expect(found('..########....')).toEqual([[2, 10]]);
  expect(found('..####..####....')).toEqual([[2, 12]]);
  expect(found('..#######+++....########')).toEqual([[2, 12], [16, 24]]); // prettier-ignore
  expect(found('..###......+++++++++...')).toEqual([]);
  expect(found('')).toEqual([]);
});

test.each([
  ['no WAV', Buffer.from('hello'), 'is no WAV file'],
  [
    'another rate',
    readFileSync(wav).fill(1, 24, 26),
    'must be 16 kHz, 16 bit, one channel, uncompressed',
  ],
  [
    'no samples',
    readFileSync(wav).subarray(0, 36),
    'must be 16 kHz, 16 bit, one channel, uncompressed',
  ],
])('files: %s', (_what, bytes, message) => {
  const path = join(tmpdir(), 'ostinato-vad.wav');
  writeFileSync(path, bytes);
  expect(() => readWav(path)).toThrow(`${path} ${message}`);
});

test('a file that is cut short ends early', () => {
  const path = join(tmpdir(), 'ostinato-vad.wav');
  writeFileSync(path, readFileSync(wav).subarray(0, 44 + 2001));
  expect(readWav(path).shape).toEqual([1000]);
  expect([...chunksOf(zeros([1000]))].map((x) => x.numel)).toEqual([512, 512]);
});
