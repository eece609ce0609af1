// Owns finding the native add-on. What its kernels take is another file's concern; what is said where there is none,
// ./load-failure's; building it, scripts/build-addon.cjs's.

import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { builds, prebuilt, root } from '#addon';
import { load } from '../check';
import { isCut, isMusl } from './binaries';
import type { SharedConstants } from './constants';
import { failureOf, loadFailure, type Failure } from './load-failure';
import { addonInterface } from './version';

/** In elements (native/kernels/sequence/memory.h). */
export interface SequenceMemory {
  readonly packed: number;
  readonly workspace: number;
}

/** What native/binding/addon.cc exports. */
export interface Addon {
  /** The version and the kernels that it has (native/binding/interface.h). */
  readonly interface: string;
  /** The instruction set in use; null when OSTINATO_ISA names one that is not available. */
  readonly isa: string | null;
  readonly availableIsas: readonly string[];
  readonly maxThreads: number;
  /** Those of the instruction set are absent where `isa` is null. */
  readonly constants: SharedConstants;
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
  /** Addresses that the process keeps for the collector's own needs (native/runtime/memory.h). */
  keepSpareAddresses(): void;
  giveUpSpareAddresses(): void;
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
  /** Replays a program (native/binding/replay.h); takes its arguments from the block as kernels do. */
  readonly replay: () => void;
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
  /** The package's folder; null inside a bundle of ES modules, which has none. */
  readonly root: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Node's platform and architecture, and -musl with that C library: a folder of prebuilds/. */
  readonly platform: string;
  /** The prebuilt add-ons by platform. */
  readonly prebuilt: Readonly<Record<string, () => unknown>>;
  readonly load: (file: string) => unknown;
}

/** The package's folder, with package.json and what is packed beside it. */
export const packageRoot: string = root ?? process.cwd();

const here = (): LoadContext => ({
  root,
  env: process.env,
  platform: `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`,
  prebuilt,
  load,
});

interface Candidate {
  /** What it is called in messages. */
  readonly name: string;
  readonly file: string;
  readonly load: () => unknown;
}

/** What OSTINATO_ADDON names and nothing else; or the builds that are there, then the prebuilt add-on. */
function candidates(context: LoadContext): Candidate[] {
  const { root: folder, env, platform } = context;
  if (env['OSTINATO_ADDON']) {
    const file = resolve(env['OSTINATO_ADDON']);
    return [{ name: file, file, load: () => context.load(file) }];
  }
  const built = (folder === null ? [] : builds)
    .map((name) => ({ name, file: join(folder!, name) }))
    .filter(({ file }) => existsSync(file))
    .map(({ name, file }) => ({ name, file, load: () => context.load(file) }));
  const ready = context.prebuilt[platform];
  if (ready === undefined) return built;
  const name = `prebuilds/${platform}/ostinato.node`;
  return [...built, { name, file: join(folder ?? '', name), load: ready }];
}

/** The add-on, or why it is not one for this TypeScript. */
function attempt(candidate: Candidate): Addon | Failure {
  const size = statSync(candidate.file, { throwIfNoEntry: false })?.size;
  if (size !== undefined && isCut(candidate.file, size))
    return { kind: 'damaged', reason: 'the file is cut short' };
  let addon: Partial<Addon>;
  try {
    addon = candidate.load() as Addon;
  } catch (error) {
    return failureOf(error);
  }
  if (addon.interface === addonInterface) return addon as Addon;
  const other = addon.interface ?? 'an unknown version';
  return { kind: 'otherVersion', reason: `made for ${other}, where this is ${addonInterface}` };
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
 * Loads the first add-on that loads and is of this version: a build in this folder, then the prebuilt one of this platform; or exactly
 * the file that `OSTINATO_ADDON` names.
 *
 * @throws Error with what was tried and numbered remedies when there is none.
 * @throws RangeError when `OSTINATO_ISA` names an instruction set that is not available, or `OSTINATO_NUM_THREADS` is no
 * number of threads.
 */
export function loadAddon(context: LoadContext = here()): Addon {
  checkThreads(context);
  const tried: (Failure & { name: string })[] = [];
  for (const candidate of candidates(context)) {
    const result = attempt(candidate);
    if ('interface' in result) return checkIsa(result, context);
    tried.push({ name: candidate.name, ...result });
  }
  throw loadFailure(tried, {
    root: context.root,
    platform: context.platform,
    prebuiltPlatforms: Object.keys(context.prebuilt),
    isNamed: Boolean(context.env['OSTINATO_ADDON']),
  });
}
