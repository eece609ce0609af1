/**
 * A program: calls with all addresses as offsets from bases. Base 0 is the workspace of temporaries, base 1 the memory
 * that a forward run leaves for its backward, each other one an argument, a result, or a tensor held from outside.
 */
import { IndexBoundsAt } from '../native/positions';
import {
  CallStepLength,
  pushAddress,
  pushCallStep,
  pushTableAddress,
  pushTableStep,
} from '../native/program-format';
import { constants } from '../native/instance';
import { effectOf, kernelNumber, named, runProgram } from '../native/recording';
import { acquire, release } from '../tensor/storage';
import { Doubles, type Memory } from '../native/memory';
import { copyCall } from './calls';
import { isChain, withChains, writeChain, type Step } from './chain';
import { planBuffers } from './plan';
import { withSums } from './sums';
import type { Buffer, Call, Pointer } from './trace';
import { withPackedWeights } from './weights';

/** The offsets of buffers in the memory that a forward run leaves, by address. */
export interface SavedLayout {
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

const workspaceBase = 0;
const savedBase = 1;

/** The calls that the buffers `wanted` depend on. */
export function withoutUnused(calls: readonly Call[], wanted: Iterable<Buffer>): Call[] {
  const needed = new Set(wanted);
  const kept: Call[] = [];
  for (let i = calls.length - 1; i >= 0; i--) {
    const call = calls[i];
    if (!call.pointers.some(({ writes, buffer }) => writes && isResult(call, buffer, needed))) {
      continue;
    }
    for (const { buffer } of call.pointers) needed.add(buffer);
    kept.push(call);
  }
  return kept.reverse();
}

// A check, and a draw that moves its generator on, count whatever becomes of the rest.
const isResult = (call: Call, buffer: Buffer, needed: ReadonlySet<Buffer>): boolean =>
  needed.has(buffer) || effectOf(call.kernel) !== null;

const copyBytes = kernelNumber('copy_u8');

/**
 * Puts what JavaScript wrote into buffers where calls change them later; what none changes is a constant.
 * @param done addresses of buffers that have been dealt with
 */
export function withInitialValues(calls: readonly Call[], done: Set<number>): Call[] {
  const out: Call[] = [];
  for (const call of calls) {
    for (const { buffer } of call.pointers) {
      const { initial } = buffer;
      if (initial === null || buffer.kind !== 'made' || done.has(buffer.address)) continue;
      done.add(buffer.address);
      if (!buffer.written) {
        buffer.kind = 'constant';
        continue;
      }
      const constant: Buffer = {
        kind: 'constant',
        address: initial.address,
        bytes: initial.capacity,
        initial,
        written: false,
      };
      out.push(
        copyCall({
          kernel: copyBytes,
          itemSize: 1,
          source: constant,
          offset: 0,
          target: buffer,
          sizes: [initial.byteLength],
          strides: [[1], [1]],
        }),
      );
    }
    out.push(call);
  }
  return out;
}

// The buffers that need a place; a chain keeps its local ones in its worker's memory.
function buffersOf(step: Step): Buffer[] {
  if (!isChain(step)) {
    return [...step.pointers, ...(step.table?.entries ?? [])].map(({ buffer }) => buffer);
  }
  const { links, local } = step;
  return links
    .flatMap(({ call }) => call.pointers.map(({ buffer }) => buffer))
    .filter((buffer) => !local.has(buffer));
}

function writeCall(
  { kernel, args, pointers, table }: Call,
  place: (pointer: Pointer) => { base: number; offset: number },
  code: number[],
): void {
  const call = { kernel, arguments: args.length, addresses: pointers.length };
  if (table === undefined) pushCallStep(code, call);
  else {
    const { at, entries } = table;
    pushTableStep(code, {
      kind: constants.program.tableStep,
      ...call,
      table: at,
      size: entries.length,
    });
  }
  const first = code.length;
  for (const argument of args) code.push(argument);
  for (const pointer of pointers) {
    const { base, offset } = place(pointer);
    code[first + pointer.at] = offset;
    pushAddress(code, { argument: pointer.at, base });
  }
  if (table === undefined) return;
  for (const pointer of table.entries) pushTableAddress(code, place(pointer));
  // Space for the table.
  for (let i = 0; i < table.entries.length; i++) code.push(0);
}

export class Program {
  private readonly code: Doubles;
  private readonly bases: Doubles;
  /** By address of the buffer. */
  private readonly baseOf = new Map<number, number>();
  private readonly workspaceBytes: number;
  /** What checks say, by their place in the code. */
  private readonly messages = new Map<number, string>();
  // Keeps the memory of constants alive.
  private readonly constants: Memory[] = [];

  /**
   * @param saved what the forward leaves for the backward
   * @param own buffers, by address, that get memory of their own from the caller in each run
   */
  constructor(calls: readonly Call[], saved: SavedLayout, own: ReadonlySet<number>) {
    const fixed: [base: number, address: number][] = [];
    const temporaries = new Map<Buffer, number>();
    const lifetimes: { bytes: number; first: number; last: number }[] = [];
    const isTemporary = ({ kind, address }: Buffer): boolean =>
      kind === 'made' && !saved.offsets.has(address) && !own.has(address);
    const steps = withChains(withPackedWeights(withSums(calls, isTemporary)), isTemporary);
    for (const [i, step] of steps.entries()) {
      for (const buffer of buffersOf(step)) {
        const { address, kind } = buffer;
        if (kind === 'made' && saved.offsets.has(address)) continue;
        if (isTemporary(buffer)) {
          const known = temporaries.get(buffer);
          if (known !== undefined) lifetimes[known].last = i;
          else {
            temporaries.set(buffer, lifetimes.length);
            lifetimes.push({ bytes: buffer.bytes, first: i, last: i });
          }
          continue;
        }
        if (this.baseOf.has(address)) continue;
        const base = 2 + this.baseOf.size;
        this.baseOf.set(address, base);
        if (buffer.initial !== null) {
          this.constants.push(buffer.initial);
          fixed.push([base, buffer.initial.address]);
        } else if (kind === 'captured' || kind === 'constant') fixed.push([base, address]);
      }
    }
    const plan = planBuffers(lifetimes);
    this.workspaceBytes = plan.bytes;
    const place = ({ buffer, offset }: Pointer): { base: number; offset: number } => {
      const temporary = temporaries.get(buffer);
      if (temporary !== undefined) {
        return { base: workspaceBase, offset: plan.offsets[temporary] + offset };
      }
      const inSaved = buffer.kind === 'made' ? saved.offsets.get(buffer.address) : undefined;
      if (inSaved !== undefined) return { base: savedBase, offset: inSaved + offset };
      return { base: this.baseOf.get(buffer.address)!, offset };
    };
    const code: number[] = [];
    for (const step of steps) {
      if (isChain(step)) writeChain(step, place, code);
      else {
        if (step.message !== undefined) this.messages.set(code.length, step.message);
        writeCall(step, place, code);
      }
    }
    this.code = new Doubles(Float64Array.from(code));
    this.bases = new Doubles(new Float64Array(2 + this.baseOf.size));
    for (const [base, address] of fixed) this.bases.values[base] = address;
  }

  /** The base of a buffer that the caller provides, or -1 when no call touches it. */
  base(buffer: Buffer): number {
    return this.baseOf.get(buffer.address) ?? -1;
  }

  /** Sets where a buffer is in the next run. */
  set(base: number, address: number): void {
    if (base >= 0) this.bases.values[base] = address;
  }

  /** @throws RangeError when an index is out of range; nothing is read or written outside a buffer. */
  run(saved: Memory | null): void {
    const workspace = acquire(this.workspaceBytes);
    this.bases.values[workspaceBase] = workspace.address;
    this.bases.values[savedBase] = saved === null ? 0 : saved.address;
    const failed = runProgram(this.code, this.bases);
    release(workspace);
    if (failed < 0) return;
    const message = this.messages.get(failed);
    if (message !== undefined) throw new RangeError(message);
    const { low, high } = named(this.code.values.subarray(failed + CallStepLength), IndexBoundsAt);
    throw new RangeError(
      `compile: a tensor of indices holds a value outside ${low} … ${high - 1}, the range that the function indexes with it`,
    );
  }
}
