/** `npx ostinato`: trains a character-level LSTM on text and writes new text with it. */
import { tokens } from '../generate';
import { isa } from '../native/instance';
import { getNumThreads, setNumThreads } from '../native/threads';
import { packageRoot } from '../native/load';
import { version } from '../native/version';
import { manualSeed } from '../random';
import { CharacterModel } from './characters/model';
import { Vocabulary } from './characters/streams';
import { Progress as Bar } from '../progress/tqdm';
import { trainCharacters } from './characters/train';
import { lossChart } from './chart';
import { loadModel, placeFor, saveModel, saveSomewhere } from './model-file';
import { command, parseOptions, usage, type Options } from './options';
import { ownText, readText, UserError } from './text';
import { log } from '../native/scalar';

const embeddingDim = 64;
const validationShare = 0.1;
const samplesWhileTraining = 3;
// Ctrl-C, the end of a service, a terminal that is closed.
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const print = (line = ''): void => console.log(line);

function sample(
  model: CharacterModel,
  vocabulary: Vocabulary,
  prompt: string,
  { length, temperature }: { length: number; temperature: number },
): string {
  model.eval();
  const indices = tokens(model, vocabulary.encode(prompt), { maxLength: length, temperature });
  model.train();
  return prompt + vocabulary.decode(indices);
}

const checkPrompt = (vocabulary: Vocabulary, prompt: string): void => {
  if (prompt === '') throw new UserError('--prompt is empty; begin with at least one character.');
  try {
    vocabulary.encode(prompt);
  } catch {
    const known = new Set(vocabulary.characters);
    const unknown = [...prompt].filter((character) => !known.has(character)).join('');
    throw new UserError(
      `--prompt has characters that the text does not have: ${JSON.stringify(unknown)}.`,
    );
  }
};

/** The prompt when none is given: the start of the text, up to its first line's end. */
function defaultPrompt(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return [...(line.length >= 2 ? line : text).slice(0, 32)].slice(0, 16).join('');
}

function split(indices: Int32Array): { train: Int32Array; validation: Int32Array | null } {
  const held = Math.floor(indices.length * validationShare);
  if (held < 16) return { train: indices, validation: null };
  const at = indices.length - held;
  return { train: indices.subarray(0, at), validation: indices.subarray(at) };
}

async function train(options: Options): Promise<void> {
  const source =
    options.text === undefined ? ownText(packageRoot) : { text: readText(options.text), files: 1 };
  const { text } = source;
  const vocabulary = new Vocabulary(text);
  const prompt = options.prompt ?? defaultPrompt(text);
  checkPrompt(vocabulary, prompt);
  const indices = vocabulary.encode(text);
  const data = split(indices);

  manualSeed(options.seed);
  const sizes = { embeddingDim, hiddenSize: options.hiddenSize, numLayers: options.numLayers };
  const model = new CharacterModel(vocabulary.size, sizes);
  const weights = model.parameters().reduce((sum, p) => sum + p.numel, 0);
  const out = placeFor(options.out, options.force, 4 * weights + 4096 + 8 * vocabulary.size);
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of signals) process.once(signal, onSignal);
  const from = options.text ?? `this package's ${source.files} sources and documents`;
  print(
    `text        ${indices.length.toLocaleString('en')} characters, ${vocabulary.size} distinct, from ${from}`,
  );
  print(
    `model       LSTM, ${options.numLayers} × ${options.hiddenSize} units, ${weights.toLocaleString('en')} weights; ${isa}, ${getNumThreads()} thread${getNumThreads() === 1 ? '' : 's'}`,
  );
  if (data.validation === null)
    print('validation  none: the text is too short to hold a part of it back');
  print();

  const bar = new Bar({ total: 0, desc: 'training', unit: ' characters', unitScale: true });
  const training: [number, number][] = [];
  const validation: [number, number][] = [];
  let loss = log(vocabulary.size);
  let done = 0;
  let diverged = false;
  const began = performance.now();
  let characters = 0;
  const lookEvery = Math.max(1, Math.floor(options.steps / 14));
  const sampleEvery = Math.max(1, Math.floor(options.steps / (samplesWhileTraining + 1)));
  for await (const progress of trainCharacters(
    model,
    data,
    { ...options, validateEvery: lookEvery, sampleEvery },
    stop.signal,
  )) {
    done = progress.step;
    diverged = progress.diverged;
    if (diverged) break;
    characters += progress.characters;
    loss += (progress.loss - loss) / Math.min(done, 20);
    training.push([done, progress.loss]);
    if (progress.validationLoss !== null) validation.push([done, progress.validationLoss]);
    const held = validation.at(-1);
    bar.setTotal(options.steps * progress.characters);
    bar.setPostfix({ loss: loss.toFixed(3), ...(held ? { validation: held[1].toFixed(3) } : {}) });
    bar.update(progress.characters);
    if (done % sampleEvery === 0 && done < options.steps) {
      const line = sample(model, vocabulary, prompt, {
        length: 100,
        temperature: options.temperature,
      });
      bar.write(`step ${done}: ${JSON.stringify(line)}`);
    }
  }
  bar.close();
  for (const signal of signals) process.removeListener(signal, onSignal);
  const saved = saveSomewhere(out, (file) => saveModel(file, model, vocabulary, sizes));
  const seconds = (performance.now() - began) / 1000;
  if (diverged) {
    throw new UserError(
      `the loss of step ${done} is no finite number, so training has ended; the last model whose loss was one is saved to ${saved}; a smaller --lr or --clip keeps it finite.`,
    );
  }
  if (stop.signal.aborted) {
    print(`\nstopped after ${done} of ${options.steps} steps; model saved to ${saved}`);
    return;
  }
  const chart = await lossChart(training, validation, process.stdout.columns ?? 80);
  if (chart !== null) print(`\n${chart}`);
  const held = validation.at(-1);
  print(
    `\n${done} steps in ${seconds.toFixed(1)} s, ${Math.round(characters / seconds).toLocaleString('en')} characters/s; loss ${loss.toFixed(3)}${held ? `, validation ${held[1].toFixed(3)}` : ''} nats a character (${log(vocabulary.size).toFixed(3)} is guessing)`,
  );
  print(`\n--- a sample at temperature ${options.temperature} ---`);
  print(sample(model, vocabulary, prompt, options));
  print(`---\n\nmodel saved to ${saved}; write more with`);
  print(`  ${command} --load ${saved} --temperature 0.9`);
}

function write(options: Options, file: string): void {
  const { model, vocabulary } = loadModel(file);
  const prompt =
    options.prompt ?? (vocabulary.characters.includes('\n') ? '\n' : vocabulary.characters[0]);
  checkPrompt(vocabulary, prompt);
  manualSeed(options.seed);
  print(sample(model, vocabulary, prompt, options));
}

async function main(argv: readonly string[]): Promise<void> {
  const options = parseOptions(argv);
  if (options.help) {
    print(usage);
    return;
  }
  if (options.version) {
    print(version);
    return;
  }
  if (options.threads !== undefined) setNumThreads(options.threads);
  if (options.load !== undefined) write(options, options.load);
  else await train(options);
}

// The reader of a pipe may end before this program does, whose model is saved nevertheless.
process.stdout.on('error', () => undefined);

main(process.argv.slice(2)).catch((error: unknown) => {
  const isOurs = error instanceof Error && error.message.startsWith('internal:');
  console.error(error instanceof Error && !isOurs ? error.message : error);
  process.exitCode = 1;
});
