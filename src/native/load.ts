// Owns finding the native add-on and turning a failed load into remedies. What the add-on's kernels
// take is another file's concern; building it is scripts/install.cjs's.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** What a cell's policy in native/kernels/sequence/cells says of it. */
export interface CellConstants {
  /** Blocks of H rows in the weights. */
  readonly gates: number;
  /** Values for each hidden unit that backward needs. */
  readonly blocks: number;
  readonly hasCellState: boolean;
  /** Whether backward needs the activated gates (a plain RNN's output says enough). */
  readonly savesGates: boolean;
}

/** In elements (native/kernels/sequence/memory.h). */
export interface SequenceMemory {
  readonly packed: number;
  readonly workspace: number;
}

/** What native/binding/addon.cc exports. */
export interface Addon {
  /** The instruction set in use; null when OSTINATO_ISA names one that is not available. */
  readonly isa: string | null;
  readonly availableIsas: readonly string[];
  readonly maxThreads: number;
  /** Sizes and limits of the kernels (native/binding/constants.cc). */
  readonly constants: {
    /** How many dimensions and operands an elementwise kernel walks (native/kernels/strided.h). */
    readonly strided: Readonly<Record<'maxDims' | 'maxOperands', number>>;
    /** Bytes of a worker's scratch memory (native/kernels/work.h). */
    readonly work: { readonly scratchBytes: number };
    /** A generator's state (native/kernels/random/mt19937.h): how many words it begins with, where the others are, in bytes. */
    readonly generator: Readonly<
      Record<'words' | 'left' | 'next' | 'nextNormal' | 'hasNextNormal' | 'bytes', number>
    >;
    /** The cells of the sequence kernels (native/kernels/sequence/cells). */
    readonly cells: Readonly<Record<string, CellConstants>>;
  };
  /** What a recorded argument is, and what the size of an address's elements is multiplied by (native/binding/entries.h). */
  readonly argumentKinds: Readonly<
    Record<
      'number' | 'readAddress' | 'writeAddress' | 'structField' | 'stridedField' | 'itemSizeFactor',
      number
    >
  >;
  /** The numbers of a program's steps that are no kernel, and of the base that is scratch (native/binding/replay.h). */
  readonly programFormat: Readonly<Record<'chainStep' | 'tableStep' | 'scratchBase', number>>;
  addressOf(array: ArrayBufferView): number;
  /**
   * Only where AddressSanitizer is: of the `capacity` bytes at `byteOffset`, the first `bytes` may be read and written from
   * now on, and no others.
   */
  readonly setAddressable?: (
    buffer: ArrayBuffer,
    byteOffset: number,
    capacity: number,
    bytes: number,
  ) => void;
  /** Elements that a sequence kernel is given: of packed weights, and of backward's workspace. */
  sequenceMemory(
    gates: number,
    blocks: number,
    itemSize: number,
    inputSize: number,
    hiddenSize: number,
    projSize: number,
  ): SequenceMemory;
  getNumThreads(): number;
  setNumThreads(threads: number): void;
  /** What each evaluation of this package has for itself; null when there is no memory for it. */
  createInstance(): AddonInstance | null;
}

/** An argument block with the functions that read it (native/binding/instance.h). */
export interface AddonInstance {
  readonly args: Float64Array;
  /** A function for each kernel of kernels.inc. */
  readonly kernels: Readonly<Record<string, () => void>>;
  /** Replays a program (native/binding/replay.h); takes its arguments from the block as kernels do, and leaves the result there. */
  runProgram(): void;
  /** Whether there was memory for it. */
  startRecording(): boolean;
  stopRecording(): void;
  /** How many doubles the calls recorded since the last reading are; -1 when there was no memory for them. */
  recordingLength(): number;
  /** Moves these calls to `out` (native/binding/recording.h). */
  readRecording(out: Float64Array): void;
}

/** Where to look and how to load: replaceable, so that every failure can be tested. */
export interface LoadContext {
  /** The package's root folder. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly load: (file: string) => unknown;
}

interface Manifest {
  binary: { addon_paths: string[] };
}

/** The package's folder: the nearest above this file that holds package.json, for sources and bundles alike. */
export const packageRoot = ((): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder))
    folder = dirname(folder);
  return folder;
})();

const here: LoadContext = {
  root: packageRoot,
  env: process.env,
  load: createRequire(__filename),
};

const platform = `${process.platform}-${process.arch}`;

function candidates({ root, env }: LoadContext): string[] {
  if (env['OSTINATO_ADDON']) return [resolve(env['OSTINATO_ADDON'])];
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  return manifest.binary.addon_paths.map((file) =>
    join(root, file.replace('{platform}', process.platform).replace('{arch}', process.arch)),
  );
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

function failure(tried: readonly string[], found: boolean, { env }: LoadContext): Error {
  const remedies = found
    ? [
        'build it for this machine: npm rebuild ostinato (in a clone: npm run build:native)',
        'if node_modules was copied from another system, delete it and install here',
        'if a newer Node.js or C library is named above, update that',
      ]
    : [
        'build it: npm rebuild ostinato (in a clone: npm run build:native)',
        'if install scripts were switched off (--ignore-scripts, or not approved), allow them and install again',
        'see why a build fails: node scripts/install.cjs --verbose, in the package folder; it needs a C++20 compiler',
      ];
  if (env['OSTINATO_ADDON'])
    remedies.unshift('unset OSTINATO_ADDON, which names the only file tried');
  return new Error(
    [
      `ostinato: the native add-on could not be loaded on ${platform}, Node ${process.version}`,
      ...tried.map((line) => `  ${line}`),
      'To fix it:',
      ...remedies.map((remedy, i) => `  ${i + 1}. ${remedy}`),
    ].join('\n'),
  );
}

function checkIsa(addon: Addon, { env }: LoadContext): Addon {
  if (addon.isa !== null) return addon;
  throw new RangeError(
    `OSTINATO_ISA: '${env['OSTINATO_ISA'] ?? ''}' is not available on this machine; ` +
      `unset it or use one of ${addon.availableIsas.join(', ')}`,
  );
}

function checkThreads({ env }: LoadContext): void {
  const given = env['OSTINATO_NUM_THREADS'];
  if (given === undefined || given === '' || /^0*[1-9]\d*$/.test(given)) return;
  throw new RangeError(
    `OSTINATO_NUM_THREADS: must be an integer of at least 1, got '${given}'; unset it to use every core`,
  );
}

/**
 * Loads the first add-on that loads, out of the places that package.json lists
 * (`binary.addon_paths`), or exactly the file that `OSTINATO_ADDON` names.
 *
 * @throws Error with what was tried and numbered remedies when none loads.
 * @throws RangeError when `OSTINATO_ISA` names an instruction set that is not available, or `OSTINATO_NUM_THREADS` is no
 * number of threads.
 */
export function loadAddon(context: LoadContext = here): Addon {
  checkThreads(context);
  const tried: string[] = [];
  let found = false;
  for (const file of candidates(context)) {
    if (!existsSync(file)) {
      tried.push(`${file}: not there`);
      continue;
    }
    found = true;
    let addon: Addon;
    try {
      addon = context.load(file) as Addon;
    } catch (error) {
      tried.push(`${file}: ${firstLine(error)}`);
      continue;
    }
    return checkIsa(addon, context);
  }
  throw failure(tried, found, context);
}
