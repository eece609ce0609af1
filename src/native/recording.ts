/** Recording kernel calls in place of making them, and replaying programs made of them: see native/binding. */
import { addon, args, instance, type Doubles } from './kernels';

/** The name of each kernel by its number in a recording. */
export const kernelNames: readonly string[] = Object.keys(instance.kernels);

const numbers = new Map(kernelNames.map((name, number) => [name, number]));

/** The number of a kernel. */
export function kernelNumber(name: string): number {
  const found = numbers.get(name);
  if (found === undefined) throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

/**
 * The arguments of a call, in the order of a signature's positions (`GemmAt` of generated.ts); those that are not given,
 * addresses above all, are 0.
 */
export function argumentsOf<At extends Readonly<Record<string, number>>>(
  at: At,
  given: Partial<Readonly<Record<keyof At, number>>>,
): number[] {
  const names: (keyof At)[] = Object.keys(at);
  return names.map((name) => given[name] ?? 0);
}

/** What a recorded argument is. */
export const argumentKind = addon.argumentKinds;
/** The parts of a program that are no kernel's number and no base of the caller's. */
export const { programFormat } = addon;

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

/** The calls since the last reading: each is the kernel, a count, as many kinds, as many arguments. */
export function readRecording(): Float64Array {
  const length = instance.recordingLength();
  if (length < 0) throw noMemory();
  let calls: Float64Array;
  try {
    calls = new Float64Array(length);
  } catch {
    throw noMemory();
  }
  instance.readRecording(calls);
  return calls;
}

const noMemory = (): RangeError =>
  new RangeError('compile: no memory for the calls of the function; compile a smaller part of it');

/** Runs a program (native/binding/replay.h); -1, or the position of the step that found an index out of range. */
export function runProgram(program: Doubles, bases: Doubles): number {
  args[0] = program.address;
  args[1] = program.values.length;
  args[2] = bases.address;
  instance.runProgram();
  return args[0];
}
