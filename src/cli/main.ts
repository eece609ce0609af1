#!/usr/bin/env node
/** `npm start`: trains a character-level LSTM on text and writes new text with it. */
import { tokens } from '../generate';
import { isa, getNumThreads, setNumThreads } from '../native/kernels';
import { packageRoot } from '../native/load';
import { manualSeed } from '../random';
import { CharacterModel } from './characters/model';
import { Vocabulary } from './characters/streams';
import { Progress as Bar } from '../progress/tqdm';
import { trainCharacters } from './characters/train';
import { lossChart } from './chart';
import { loadModel, saveModel } from './model-file';
import { parseOptions, usage, type Options } from './options';
import { ownText, readText, UserError } from './text';

const embeddingDim = 64;
const validationShare = 0.1;
const samplesOnTheWay = 3;

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
  return [...(line.length >= 2 ? line : text)].slice(0, 16).join('');
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

  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  manualSeed(options.seed);
  const sizes = { embeddingDim, hiddenSize: options.hiddenSize, numLayers: options.numLayers };
  const model = new CharacterModel(vocabulary.size, sizes);
  const weights = model.parameters().reduce((sum, p) => sum + p.numel, 0);
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
  let loss = Math.log(vocabulary.size);
  let done = 0;
  const began = performance.now();
  let characters = 0;
  const lookEvery = Math.max(1, Math.floor(options.steps / 14));
  const sampleEvery = Math.max(1, Math.floor(options.steps / (samplesOnTheWay + 1)));
  for await (const progress of trainCharacters(
    model,
    data,
    { ...options, validateEvery: lookEvery },
    stop.signal,
  )) {
    done = progress.step;
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
  process.removeListener('SIGINT', onSignal);
  process.removeListener('SIGTERM', onSignal);
  saveModel(options.out, model, vocabulary, sizes);
  const seconds = (performance.now() - began) / 1000;
  if (stop.signal.aborted) {
    print(`\nstopped after ${done} of ${options.steps} steps; model saved to ${options.out}`);
    return;
  }
  const chart = await lossChart(training, validation, process.stdout.columns ?? 80);
  if (chart !== null) print(`\n${chart}`);
  const held = validation.at(-1);
  print(
    `\n${done} steps in ${seconds.toFixed(1)} s, ${Math.round(characters / seconds).toLocaleString('en')} characters/s; loss ${loss.toFixed(3)}${held ? `, validation ${held[1].toFixed(3)}` : ''} nats a character (${Math.log(vocabulary.size).toFixed(3)} is guessing)`,
  );
  print(`\n--- a sample at temperature ${options.temperature} ---`);
  print(sample(model, vocabulary, prompt, options));
  print(`---\n\nmodel saved to ${options.out}; write more with`);
  print(`  npm start -- --load ${options.out} --temperature 0.9`);
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
  if (options.threads !== undefined) setNumThreads(options.threads);
  if (options.load !== undefined) write(options, options.load);
  else await train(options);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = 1;
});
