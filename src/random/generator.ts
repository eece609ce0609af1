/**
 * Generator: a stream of random numbers, PyTorch's CPU generator word for word. This file owns the state, seeds
 * and saving; what the words become is the business of the files beside it and of native/kernels/random.
 */
import {
  hideRefusal,
  instanceOf,
  markCopy,
  optionsTable,
  readOnly,
  refuse,
  surplus,
  uncloneable,
} from '../check';
import { kernel } from '../native/families';
import { runMt19937Seed, runMt19937Words } from '../native/calls';
import { constants } from '../native/instance';
import { memoryAt } from '../native/memory';
import { deepcopy, emptyOf } from '../tensor/deepcopy';
import { executor, native } from '../tensor/executor';
import { bufferOf, type Storage } from '../tensor/storage';

const refusal = uncloneable(
  'a Generator: deepcopy(generator) copies it; for another thread send getState()',
);

const seedState = kernel('mt19937_seed');
const drawWords = kernel('mt19937_words');

// The state's layout in memory, in bytes. A 64-bit draw is written after it.
const at = constants.generator;
const { words } = at;
const allBytes = at.bytes + 8;

// PyTorch's layout of a saved state, in bytes: seed (64 bits), left, "seeded" (32 each), next (64), the words
// (64 each), three doubles of which the second is the kept normal, whether there is one (32, padded to 64),
// and the same for a single-precision one that nothing on a CPU makes.
const saved = { left: 8, seeded: 12, next: 16, words: 24, nextNormal: 5024, hasNextNormal: 5040 };
const savedBytes = 5056;
const little = true;

/** The seed of a new Generator, PyTorch's default. */
const defaultSeed = 67280421310721n;

/**
 * A seed as an unsigned 64-bit integer; negative ones wrap, as in PyTorch.
 * @throws TypeError unless it is a number or bigint; RangeError unless it is an integer that fits.
 */
function checkSeed(operation: string, seed: unknown): bigint {
  if (typeof seed !== 'number' && typeof seed !== 'bigint') {
    refuse(operation, 'seed', 'an integer', seed);
  }
  if (typeof seed === 'number') {
    if (!Number.isInteger(seed) || Math.abs(seed) > 2 ** 53) {
      throw new RangeError(
        `${operation}: seed must be an integer of at most 2^53 in size, got ${seed}; pass a larger one as a bigint`,
      );
    }
  } else if (seed < -(1n << 63n) || seed >= 1n << 64n) {
    refuse(operation, 'seed', 'an integer from -2^63 to 2^64 - 1', seed, RangeError);
  }
  return BigInt.asUintN(64, BigInt(seed));
}

/** A seed from the operating system's randomness. */
function nonDeterministicSeed(): bigint {
  return globalThis.crypto.getRandomValues(new BigUint64Array(1))[0];
}

/**
 * A stream of random numbers (torch.Generator on a CPU: the Mersenne Twister MT19937, Matsumoto and Nishimura
 * 1998). A new one has PyTorch's default seed 67280421310721; only the lower 32 bits of a seed matter to
 * the numbers.
 *
 * @example
 * const generator = new Generator().manualSeed(42);
 * const noise = randn([2, 3], { generator });
 */
export class Generator {
  /** @internal */
  readonly refusal = refusal;
  readonly #storage: Storage = native.allocate(allBytes);
  readonly #view = new DataView(bufferOf(this.#storage), this.#storage.byteOffset, allBytes);
  #currentSeed = defaultSeed;

  /**
   * Static, because what the constructor did not make has no private methods either.
   * @throws TypeError for such a thing: `Object.create(Generator.prototype)`, a Proxy.
   */
  static #checkMade(x: object): void {
    if (#storage in x) return;
    throw new TypeError('Generator: must be made by new Generator(), and be no Proxy of one');
  }

  /** @internal Where the kernels find the state. */
  get address(): number {
    Generator.#checkMade(this);
    return this.#storage.address;
  }

  constructor() {
    if (arguments.length > 0) surplus('Generator', arguments, 0);
    executor.refuse('new Generator', 'each run would start from the same seed; make it outside');
    this.manualSeed(defaultSeed);
  }

  /**
   * Starts the stream that belongs to `seed` and returns this generator.
   * @param seed an integer of at most 2^53 in size, or a bigint from -2^63 to 2^64 - 1; negative ones wrap
   * @throws TypeError when it is neither; RangeError when it is out of range or no integer.
   */
  manualSeed(seed: number | bigint): this {
    if (arguments.length > 1) surplus('Generator.manualSeed', arguments, 1, 'seed');
    Generator.#checkMade(this);
    executor.refuse('seeding', 'it changes a generator for good; do it outside');
    this.#currentSeed = checkSeed('manualSeed', seed);
    runMt19937Seed(seedState, this, Number(BigInt.asUintN(32, this.#currentSeed)));
    return this;
  }

  /** Starts a stream from the operating system's randomness (torch.Generator.seed) and returns its seed. */
  seed(): bigint {
    if (arguments.length > 0) surplus('Generator.seed', arguments, 0);
    this.manualSeed(nonDeterministicSeed());
    return this.#currentSeed;
  }

  /** The seed that this stream started from, as an unsigned 64-bit integer. */
  initialSeed(): bigint {
    if (arguments.length > 0) surplus('Generator.initialSeed', arguments, 0);
    Generator.#checkMade(this);
    return this.#currentSeed;
  }

  /** @internal */
  [deepcopy.custom](): Generator {
    return emptyOf(Generator, this).setState(this.getState());
  }

  /** The state as 5056 bytes, the same that PyTorch's `get_state()` gives. */
  getState(): Uint8Array {
    if (arguments.length > 0) surplus('Generator.getState', arguments, 0);
    Generator.#checkMade(this);
    executor.refuse('getState', 'a state is known in a run only; take it outside');
    const bytes = new Uint8Array(savedBytes);
    const out = new DataView(bytes.buffer);
    out.setBigUint64(0, this.#currentSeed, little);
    out.setInt32(saved.left, this.#view.getUint32(at.left, little), little);
    out.setInt32(saved.seeded, 1, little);
    out.setUint32(saved.next, this.#view.getUint32(at.next, little), little);
    for (let i = 0; i < words; i++) {
      out.setUint32(saved.words + 8 * i, this.#view.getUint32(4 * i, little), little);
    }
    if (this.#view.getUint32(at.hasNextNormal, little) === 1) {
      out.setFloat64(saved.nextNormal, this.#view.getFloat64(at.nextNormal, little), little);
      out.setInt32(saved.hasNextNormal, 1, little);
    }
    return bytes;
  }

  /**
   * Continues from a state that `getState()` gave, here or in PyTorch. Returns this generator.
   * @throws TypeError unless it is bytes; RangeError when they are not the state of such a generator.
   */
  setState(state: Uint8Array): this {
    if (arguments.length > 1) surplus('Generator.setState', arguments, 1, 'state');
    Generator.#checkMade(this);
    executor.refuse('setState', 'it changes a generator for good; do it outside');
    if (!ArrayBuffer.isView(state)) refuse('setState', 'state', 'a Uint8Array', state);
    if (state.byteLength !== savedBytes) {
      throw new RangeError(
        `setState: state must have ${savedBytes} bytes, got ${state.byteLength}`,
      );
    }
    const from = new DataView(state.buffer, state.byteOffset, savedBytes);
    const left = from.getInt32(saved.left, little);
    const next = Number(from.getBigUint64(saved.next, little));
    const seeded = from.getInt32(saved.seeded, little);
    const inside = left >= 1 && left <= words && next >= 0 && next <= words;
    if (seeded !== 1 || !inside || (left !== 1 && left + next !== words + 1)) {
      throw new RangeError(
        `setState: these are not the bytes of a generator's state: seeded ${seeded}, left ${left}, next ${next}`,
      );
    }
    this.#currentSeed = from.getBigUint64(0, little);
    for (let i = 0; i < words; i++) {
      this.#view.setUint32(4 * i, from.getUint32(saved.words + 8 * i, little), little);
    }
    this.#view.setUint32(at.left, left, little);
    this.#view.setUint32(at.next, next, little);
    this.#view.setFloat64(at.nextNormal, from.getFloat64(saved.nextNormal, little), little);
    const kept = from.getInt32(saved.hasNextNormal, little) !== 0;
    this.#view.setUint32(at.hasNextNormal, kept ? 1 : 0, little);
    return this;
  }

  /** @internal The state as it is in memory, for `putBack`; in `into`, if that is given. */
  keep(into: Uint8Array | null): Uint8Array {
    const kept = into ?? new Uint8Array(at.bytes);
    kept.set(new Uint8Array(this.#view.buffer, this.#view.byteOffset, at.bytes));
    return kept;
  }

  /** @internal Goes back to a state that `keep` has kept. */
  putBack(kept: Uint8Array): void {
    new Uint8Array(this.#view.buffer, this.#view.byteOffset, at.bytes).set(kept);
  }

  /** @internal Says that numbers are about to be drawn; returns this generator. */
  drawing(): this {
    Generator.#checkMade(this);
    executor.draws(this.#storage);
    return this;
  }

  /** @internal How many words there are before the block is computed anew. */
  get wordsLeft(): number {
    return this.#view.getUint32(at.left, little) - 1;
  }

  /** @internal Moves back by `count` words, none of which is of an earlier block. */
  giveBack(count: number): void {
    if (count === 0) return;
    this.#view.setUint32(at.left, this.#view.getUint32(at.left, little) + count, little);
    this.#view.setUint32(at.next, this.#view.getUint32(at.next, little) - count, little);
  }

  /** @internal The second number of a normal pair, where it is still to be given; null else. */
  takeNormal(): number | null {
    if (this.#view.getUint32(at.hasNextNormal, little) === 0) return null;
    this.#view.setUint32(at.hasNextNormal, 0, little);
    return this.#view.getFloat64(at.nextNormal, little);
  }

  /** @internal Two words, the first in the upper half. */
  random64(): bigint {
    runMt19937Words(drawWords, this, memoryAt(this, at.bytes), 2);
    const upper = this.#view.getUint32(at.bytes, little);
    return (BigInt(upper) << 32n) | BigInt(this.#view.getUint32(at.bytes + 4, little));
  }
}

markCopy(Generator, 'Generator', 'pass its state on: new Generator().setState(g.getState())');
hideRefusal(Generator);
readOnly('Generator', Generator.prototype);

/**
 * The generator of everything that is not given one (torch.default_generator). Its first seed is random.
 * @example defaultGenerator.manualSeed(0)
 */
export const defaultGenerator = new Generator();
defaultGenerator.seed();

/**
 * Seeds the default generator and returns it (torch.manual_seed): the same seed gives the same numbers, here
 * and in PyTorch.
 * @throws TypeError, RangeError as {@link Generator.manualSeed}.
 * @example
 * manualSeed(0);
 * randn([2]); // [1.5410, -0.2934]
 */
export function manualSeed(seed: number | bigint): Generator {
  if (arguments.length > 1) surplus('manualSeed', arguments, 1, 'seed');
  return defaultGenerator.manualSeed(seed);
}

/**
 * Gives the default generator a random seed and returns it (torch.seed).
 * @example const used = seed();
 */
export const seed = function (): bigint {
  if (arguments.length > 0) surplus('seed', arguments, 0);
  return defaultGenerator.seed();
};

/**
 * The seed that the default generator started from (torch.initial_seed).
 * @example
 * manualSeed(3);
 * initialSeed(); // 3n
 */
export function initialSeed(): bigint {
  if (arguments.length > 0) surplus('initialSeed', arguments, 0);
  return defaultGenerator.initialSeed();
}

/**
 * The default generator's state (torch.get_rng_state): 5056 bytes, as `Generator.getState` gives them.
 * @example
 * const state = getRngState();
 * const first = rand([2]);
 * setRngState(state);
 * rand([2]); // as first
 */
export function getRngState(): Uint8Array {
  if (arguments.length > 0) surplus('getRngState', arguments, 0);
  return defaultGenerator.getState();
}

/**
 * Continues the default generator from a state (torch.set_rng_state).
 * @throws TypeError unless it is bytes; RangeError when they are not the state of a generator.
 * @example setRngState(getRngState())
 */
export function setRngState(state: Uint8Array): void {
  if (arguments.length > 1) surplus('setRngState', arguments, 1, 'state');
  defaultGenerator.setState(state);
}

/** Options of everything that draws random numbers. */
export interface DrawOptions {
  /** Where the numbers come from. Default: the default generator. */
  generator?: Generator;
}

/** The row of `generator` in a table of options. */
export const drawFields = { generator: instanceOf(Generator).optional };

const drawOptions = optionsTable<DrawOptions, 'generator'>('random', drawFields);

/**
 * The generator to draw from: the given one, or the default.
 * @throws TypeError for anything that is not `{ generator }`.
 */
export const generatorOf = (operation: string, options: DrawOptions | undefined): Generator =>
  (drawOptions.read(options, operation).generator ?? defaultGenerator).drawing();

/**
 * The 63-bit seed that PyTorch's data loader takes from the default generator (or its own). Iterating over a
 * loader takes one at once for its workers, and a shuffling one without a generator a second one when
 * its first batch is asked for: `new Generator().manualSeed(loaderSeed())` then draws the order.
 */
export const loaderSeed = (generator: Generator = defaultGenerator): bigint =>
  BigInt.asUintN(63, generator.random64());
