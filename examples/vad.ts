// Voice detection: Silero VAD, a real model, hears a WAV chunk by chunk and says when somebody speaks
//
// The model (https://github.com/snakers4/silero-vad, MIT: examples/vad/LICENSE) hears 32 ms at a time: a Fourier transform as a
// convolution, four convolutions, an LSTM whose state goes from chunk to chunk, and a probability of speech.
//   npm run example -- vad                 the speech of examples/vad/speech.wav, made with espeak-ng
//   npm run example -- vad FILE.wav        16 kHz, 16 bit, one channel
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arange, cat, io, nn, plot, sigmoid, tensor, tqdm, zeros, type Tensor } from 'ostinato';

const F = nn.functional;
const [rate, chunk, context] = [16_000, 512, 64];

export class SileroVAD extends nn.Module {
  stft_conv = new nn.Conv1d(1, 258, 256, { stride: 128, bias: false });
  conv1 = new nn.Conv1d(129, 128, 3, { padding: 1 });
  conv2 = new nn.Conv1d(128, 64, 3, { padding: 1, stride: 2 });
  conv3 = new nn.Conv1d(64, 64, 3, { padding: 1, stride: 2 });
  conv4 = new nn.Conv1d(64, 128, 3, { padding: 1 });
  lstm_cell = new nn.LSTMCell(128, 128);
  final_conv = new nn.Conv1d(128, 1, 1);

  /** Chunks with the last 64 samples before each, [N, 576], give probabilities of speech, [N]. */
  forward(sound: Tensor): Tensor {
    const padded = F.pad(sound.unsqueeze(1), [0, 64], { mode: 'reflect' });
    const spectrum = this.stft_conv.forward(padded); // [N, 258, 4]: real and imaginary parts
    const [real, imaginary] = spectrum.split(129, 1);
    let x = real.square().add(imaginary.square()).sqrt();
    for (const conv of [this.conv1, this.conv2, this.conv3, this.conv4]) x = conv.forward(x).relu();
    const [h] = this.lstm_cell.forward(x.squeeze(2)); // [N, 128]; the session knows the state
    const score = this.final_conv.forward(h.relu().unsqueeze(2)); // [N, 1, 1]
    return sigmoid(score).mean([1, 2]);
  }
}

export function load(): SileroVAD {
  const model = new SileroVAD();
  model.loadStateDict(io.loadSafetensors(join(__dirname, 'vad', 'silero-vad-16k.safetensors')));
  return model;
}

/** The samples of a WAV file, from -1 to 1. */
export function readWav(path: string): Tensor {
  const bytes = readFileSync(path);
  const text = (at: number): string => bytes.toString('latin1', at, at + 4);
  if (text(0) !== 'RIFF' || text(8) !== 'WAVE') throw new Error(`${path} is no WAV file`);
  let format = '';
  for (let at = 12; at + 8 <= bytes.length;) {
    const [start, size] = [at + 8, bytes.readUInt32LE(at + 4)];
    if (text(at) === 'fmt ') {
      const [kind, channels] = [bytes.readUInt16LE(start), bytes.readUInt16LE(start + 2)];
      format = `${kind} ${channels} ${bytes.readUInt32LE(start + 4)} ${bytes.readUInt16LE(start + 14)}`;
    } else if (text(at) === 'data') {
      if (format !== `1 1 ${rate} 16`) break;
      const end = Math.min(start + size, bytes.length);
      const samples = new Int32Array((end - start) >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(start + 2 * i);
      return tensor(samples).to('float32').div(32_768);
    }
    at = start + size + (size % 2);
  }
  throw new Error(`${path} must be 16 kHz, 16 bit, one channel, uncompressed`);
}

/** What a microphone gives: chunks of 512 samples, the last one filled with silence. */
export function* chunksOf(sound: Tensor): Generator<Tensor> {
  const filled = F.pad(sound, [0, (chunk - (sound.numel % chunk)) % chunk]);
  for (const one of filled.split(chunk)) yield one;
}

/** The probability of speech in each chunk. */
export function* listen(model: SileroVAD, chunks: Iterable<Tensor>): Generator<number> {
  const session = model.stream();
  let before = zeros([context]);
  for (const one of chunks) {
    yield session.push(cat([before, one]).unsqueeze(0)).item();
    before = one.narrow(0, chunk - context, context);
  }
}

export interface Segment {
  /** In seconds. */
  start: number;
  end: number;
}

/**
 * From the first chunk above 0.5 to the last one before 0.1 s below 0.35; what is shorter than 0.25 s is no speech.
 */
export function segmentsOf(probabilities: readonly number[]): Segment[] {
  const seconds = chunk / rate;
  const segments: Segment[] = [];
  let [start, end] = [-1, -1]; // the first chunk of a segment, and the one after its last
  const close = (): void => {
    if ((end - start) * seconds >= 0.25) segments.push({ start: start * seconds, end: end * seconds }); // prettier-ignore
    start = -1;
  };
  for (const [i, p] of probabilities.entries()) {
    if (p >= 0.5 && start < 0) start = i;
    if (p >= 0.35) end = i + 1;
    else if (start >= 0 && (i + 1 - end) * seconds >= 0.1) close();
  }
  if (start >= 0) close();
  return segments;
}

export interface Outcome {
  /** Samples from -1 to 1. */
  sound: Tensor;
  /** Of speech, for each chunk. */
  probabilities: number[];
  segments: Segment[];
}

export function run(path = join(__dirname, 'vad', 'speech.wav'), print = tqdm.write): Outcome {
  const sound = readWav(path);
  const probabilities = [...listen(load(), chunksOf(sound))];
  const segments = segmentsOf(probabilities);
  for (const { start, end } of segments) {
    print(`speech from ${start.toFixed(2)} to ${end.toFixed(2)} s`);
  }
  return { sound, probabilities, segments };
}

if (require.main === module) {
  const { sound, probabilities, segments } = run(process.argv[2]);
  const seconds = arange(0, probabilities.length).mul(chunk / rate).toArray<number[]>(); // prettier-ignore
  const at = (heights: readonly number[]): [number, number][] => heights.map((y, i) => [seconds[i], y]); // prettier-ignore
  const loudness = [...chunksOf(sound)].map((one) => one.abs().max().item());
  const spoken = seconds.map((t) => (segments.some(({ start, end }) => t >= start && t < end) ? 1.05 : 0)); // prettier-ignore
  const chart = plot.curve({ loudness: at(loudness), probability: at(probabilities), speech: at(spoken) }, { title: 'Silero VAD', x: 'seconds', width: 1100, dots: false }); // prettier-ignore
  console.log(`picture: ${plot.save(join(__dirname, 'out', 'vad.svg'), chart)}`);
}
