/** Recording kernel calls in place of making them, and replaying programs made of them: see native/binding. */
import { addon, addressOf, args } from './kernels';

const { trace, kernels } = addon;

/** The name of each kernel by its number in a recording. */
export const kernelNames: readonly string[] = Object.keys(kernels);

const numbers = new Map(kernelNames.map((name, number) => [name, number]));

/** The number of a kernel. */
export function kernelNumber(name: string): number {
  const found = numbers.get(name);
  if (found === undefined) throw new Error(`internal: the add-on has no kernel ${name}`);
  return found;
}

/** What an argument stands for: native/binding/invoke.h. */
export const argumentKind = {
  number: 0,
  readAddress: 1,
  writeAddress: 2,
  structField: 3,
  stridedField: 4,
} as const;

/** The kind, and for an address how many bytes an element has there. */
export const partsOfKind = (kind: number): { kind: number; itemSize: number } => ({
  kind: kind % 8,
  itemSize: Math.floor(kind / 8),
});

/** From now on kernel calls of this thread are recorded, not made. */
export const startRecording = (): void => trace.start();
export const stopRecording = (): void => trace.stop();

/** The calls since the last reading: each is the kernel, a count, as many kinds, as many arguments. */
export function readRecording(): Float64Array {
  // The caller may be in the middle of writing arguments.
  const [first, ...rest] = args.subarray(0, 3);
  trace.length();
  const calls = new Float64Array(args[0]);
  if (calls.length > 0) {
    args[0] = addressOf(calls);
    trace.read();
  }
  args[0] = first;
  args.set(rest, 1);
  return calls;
}

/** Something that a program finds by its address: kept beside it, so that it stays alive. */
export class Doubles {
  readonly address: number;
  constructor(readonly values: Float64Array) {
    this.address = addressOf(values);
  }
}

/** Runs a program (native/binding/replay.h); -1, or where the step stands that found an index out of range. */
export function runProgram(program: Doubles, bases: Doubles): number {
  args[0] = program.address;
  args[1] = program.values.length;
  args[2] = bases.address;
  trace.run();
  return args[0];
}
