/** Checkpoints: everything that a training run continues from, in one safetensors file. */
import { boolean, isInstance, isPlain, optionsTable, type Plain, rule, surplus } from '../check';
import { clone } from '../ops/copying/clone';
import type { Tensor } from '../tensor/tensor';
import {
  decode,
  Encoder,
  isGenerator,
  isStateful,
  stateOf,
  type Stateful,
  type StatefulGenerator,
  type Target,
} from './checkpoint-values';
import { reading, refuse } from './malformed';
import { pathOf, type FilePath } from './path';
import { readTensors, writeTensors } from './safetensors';

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions {
  /** Whether keys that a module lacks or the file lacks are errors, as in `Module.loadStateDict`. Default: true. */
  strict?: boolean;
}

const format = 'ostinato-checkpoint';
const version = '1';

const anyValues = rule<Plain>('an object of values by name', isPlain);
const anyTargets = rule<Readonly<Record<string, Target>>>(
  'an object of modules, optimizers, schedulers and generators by name',
  (value) =>
    isPlain(value) && Object.values(value).every((each) => isStateful(each) || isGenerator(each)),
);
const loadOptions = optionsTable<LoadCheckpointOptions>('loadCheckpoint', {
  strict: boolean.or(true),
});

/**
 * Writes everything that a training run continues from to one safetensors file: state dicts of modules, optimizers and
 * schedulers, states of generators, tensors, and plain values of any nesting (numbers, ±Infinity, NaN and -0 included,
 * bigints, strings, booleans, null, undefined, arrays, objects, Maps with strings as keys, typed arrays). Other readers of
 * the format find each tensor under its dotted name (`model.rnn.weight_ih_l0`), and the rest as JSON in the metadata entry
 * `checkpoint`. PyTorch has this as `torch.save` of a dict.
 * @param path a string or a file: URL; the file is written as a whole or not at all
 * @throws TypeError for what a file cannot hold, such as functions; RangeError for values that hold themselves; Error when
 * the file cannot be written.
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * io.saveCheckpoint('run.safetensors', { model, optimizer, rng: getRngState(), epoch: 3 });
 */
export function saveCheckpoint(path: FilePath, values: Readonly<Record<string, unknown>>): void {
  if (arguments.length > 2) surplus('saveCheckpoint', arguments, 2, 'values');
  writeCheckpoint('saveCheckpoint', path, values);
}

/** @internal The same in the name of `operation`. */
export function writeCheckpoint(
  operation: string,
  path: FilePath,
  values: Readonly<Record<string, unknown>>,
): void {
  const target = pathOf(operation, path);
  const encoder = new Encoder(operation);
  const encoded = encoder.encode({ ...anyValues.check(operation, 'values', values) }, '');
  const metadata = { format, version, checkpoint: JSON.stringify(encoded) };
  writeTensors(operation, target, encoder.tensors, metadata);
}

/** @internal What a checkpoint holds, by name. */
export function readCheckpoint(operation: string, path: FilePath): Record<string, unknown> {
  const file = pathOf(operation, path);
  const { tensors, metadata } = readTensors(operation, file);
  if (metadata['format'] !== format) {
    throw new RangeError(
      `${operation}: ${file} is no checkpoint that saveCheckpoint wrote; loadSafetensors reads other files`,
    );
  }
  if (metadata['version'] !== version) {
    throw new RangeError(
      `${operation}: ${file} has version ${String(metadata['version'])}, this package reads version ${version}`,
    );
  }
  return reading(operation, file, () => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(metadata['checkpoint'] ?? '');
    } catch {
      refuse('the values are not JSON');
    }
    const values = decode(parsed, tensors);
    return isPlain(values) ? { ...values } : refuse('the values are no object');
  });
}

function load(target: Target, state: unknown, options: LoadCheckpointOptions): void {
  if (!isStateful(target)) target.setState(state as Uint8Array);
  else if (isInstance(state, Map)) target.loadStateDict(state as never, options as never);
  else target.loadStateDict(state as never);
}

/** A state to go back to. An optimizer's is not written over by loading, a module's is. */
const snapshot = (state: unknown): unknown =>
  isInstance(state, Map)
    ? new Map([...(state as Map<string, Tensor>)].map(([name, x]) => [name, clone(x)]))
    : state;

/**
 * Reads what `saveCheckpoint` wrote, and puts the states of `targets` into them: a run then continues with the bits that it
 * would have had. When one does not fit, none is changed.
 * @param targets modules, optimizers, schedulers and generators, by the names under which they were saved
 * @returns everything in the file by name: state dicts (a Map for a module), generators' bytes, plain values
 * @throws TypeError or RangeError for a file that is no checkpoint, or of another version, for a target that the file does
 * not have, for states that do not fit; Error when the file cannot be read.
 * @example
 * const model = new nn.Linear(2, 1);
 * const optimizer = new optim.Adam(model.parameters());
 * io.saveCheckpoint('run.safetensors', { model, optimizer, epoch: 3 });
 * const { epoch } = io.loadCheckpoint('run.safetensors', { model, optimizer });
 */
export function loadCheckpoint(
  path: FilePath,
  targets: Readonly<Record<string, Stateful | StatefulGenerator>> = {},
  options?: LoadCheckpointOptions,
): Record<string, unknown> {
  if (arguments.length > 3) surplus('loadCheckpoint', arguments, 3, 'options');
  const given = { ...anyTargets.check('loadCheckpoint', 'targets', targets) };
  const { strict } = loadOptions.read(options);
  const values = readCheckpoint('loadCheckpoint', path);
  loadStates('loadCheckpoint', given, values, strict);
  return values;
}

/**
 * @internal Loads the states of `targets`, or none of them.
 * @returns what puts back the states that they had
 */
export function loadStates(
  operation: string,
  targets: Readonly<Record<string, Target>>,
  values: Readonly<Record<string, unknown>>,
  strict: boolean,
): () => void {
  const missing = Object.keys(targets).filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) {
    throw new RangeError(
      `${operation}: the file has no ${missing.join(', ')}; it has ${Object.keys(values).join(', ') || 'nothing'}`,
    );
  }
  const undo: (() => void)[] = [];
  const goBack = (): void => undo.forEach((one) => one());
  try {
    for (const [name, target] of Object.entries(targets)) {
      const before = snapshot(stateOf(target));
      load(target, values[name], { strict });
      undo.unshift(() => load(target, before, { strict: false }));
    }
  } catch (error) {
    goBack();
    throw error;
  }
  return goBack;
}
