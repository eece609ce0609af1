/** Recording kernel calls in place of making them, and replaying programs made of them: see native/binding. */
import { runReplay } from './calls';
import { kernelEffects, type KernelEffect } from './kernel-list';
import { StridedAt } from './positions';
import { RecordedCallAt, RecordedCallLength } from './program-format';
import { constants, instance } from './instance';
import { Doubles } from './memory';

/** The name of each kernel by its number in a recording. */
export const kernelNames: readonly string[] = Object.keys(instance.kernels);

const numbers = new Map(kernelNames.map((name, number) => [name, number]));

/** The number of a kernel. */
export function kernelNumber(name: string): number {
  const found = numbers.get(name);
  if (found === undefined) throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

const effects = kernelNames.map((name): KernelEffect | null => kernelEffects[name] ?? null);

/** What a kernel does besides computing what it writes. */
export const effectOf = (kernel: number): KernelEffect | null => effects[kernel];

/** Where the arguments of a kernel are in its calls: `GemmAt` and its like of positions.ts. */
type Positions = Readonly<Record<string, number>>;

/** The arguments of a call, in the order of `at`; those that are not given, addresses above all, are 0. */
export function argumentsOf<At extends Positions>(
  at: At,
  given: Partial<Readonly<Record<keyof At, number>>>,
): number[] {
  const names: (keyof At)[] = Object.keys(at);
  return names.map((name) => given[name] ?? 0);
}

/** The arguments of a recorded call by name. */
export function named<At extends Positions>(
  args: ArrayLike<number>,
  at: At,
): Readonly<Record<keyof At, number>> {
  return Object.fromEntries(
    Object.entries(at).map(([name, position]) => [name, args[position]]),
  ) as Record<keyof At, number>;
}

/** A walk over operands (strided.ts) as a recorded call has it. */
export interface Walk {
  readonly dims: number;
  readonly operands: number;
  /** `dims` sizes, outermost first. */
  readonly sizes: readonly number[];
  /** Of each operand, `dims` strides in elements. */
  readonly strides: readonly (readonly number[])[];
}

/** Where a recorded walk has its first size. */
export const firstSizeAt = (at: number): number => at + StridedAt.sizes;

/** The walk in a recorded call's arguments, from position `at` on. */
export function readWalk(recorded: ArrayLike<number>, at: number): Walk {
  const dims = recorded[at + StridedAt.dims];
  const operands = recorded[at + StridedAt.operands];
  const list = (from: number): number[] =>
    Array.from({ length: dims }, (_, d) => recorded[from + d]);
  const first = firstSizeAt(at);
  return {
    dims,
    operands,
    sizes: list(first),
    strides: Array.from({ length: operands }, (_, i) => list(first + dims * (1 + i))),
  };
}

/** The arguments of a walk. */
export const walkArguments = ({ dims, operands, sizes, strides }: Walk): number[] => [
  ...argumentsOf({ dims: StridedAt.dims, operands: StridedAt.operands }, { dims, operands }),
  ...sizes,
  ...strides.flat(),
];

/** What a recorded argument is. */
export const { argumentKind } = constants;

/** The kind, and for an address how many bytes an element has there. */
export const partsOfKind = (kind: number): { kind: number; itemSize: number } => ({
  kind: kind % argumentKind.itemSizeFactor,
  itemSize: Math.floor(kind / argumentKind.itemSizeFactor),
});

/** From now on kernel calls are recorded, not made. */
export function startRecording(): void {
  if (!instance.startRecording()) throw noMemory();
}
export const stopRecording = (): void => instance.stopRecording();

/** A call as it was recorded. */
export interface Recorded {
  readonly kernel: number;
  readonly args: number[];
  /** A kind for each argument. */
  readonly kinds: Float64Array;
}

/** The calls since the last reading (RecordedCall in native/binding/program.h). */
export function readRecording(): Recorded[] {
  const length = instance.recordingLength();
  if (length < 0) throw noMemory();
  let raw: Float64Array;
  try {
    raw = new Float64Array(length);
  } catch {
    throw noMemory();
  }
  instance.readRecording(raw);
  const calls: Recorded[] = [];
  for (let at = 0; at < length;) {
    const kernel = raw[at + RecordedCallAt.kernel];
    const count = raw[at + RecordedCallAt.arguments];
    const kinds = at + RecordedCallLength;
    const values = kinds + count;
    at = values + count;
    calls.push({
      kernel,
      args: Array.from(raw.subarray(values, at)),
      kinds: raw.subarray(kinds, values),
    });
  }
  return calls;
}

const noMemory = (): RangeError =>
  new RangeError('compile: no memory for the calls of the function; compile a smaller part of it');

const stopped = new Doubles(new Float64Array(1));

/** Runs a program (native/binding/replay.h); -1, or the position of the step that found an index out of range. */
export function runProgram(program: Doubles, bases: Doubles): number {
  runReplay(instance.replay, program, program.values.length, bases, stopped);
  return stopped.values[0];
}
