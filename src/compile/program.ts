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
import { KeptWeights, type Places } from './kept-weights';
import { planBuffers } from './plan';
import { withSums } from './sums';
import type { Buffer, Call, Pointer } from './trace';
import type { LayerPack } from './traced';
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

// Returns where the arguments begin.
function writeCall(
  { kernel, args, pointers, table }: Call,
  place: (pointer: Pointer) => { base: number; offset: number },
  code: number[],
): number {
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
  if (table === undefined) return first;
  for (const pointer of table.entries) pushTableAddress(code, place(pointer));
  // Space for the table.
  for (let i = 0; i < table.entries.length; i++) code.push(0);
  return first;
}

/** Calls as native/binding/replay reads them. */
interface Code {
  readonly steps: Doubles;
  readonly workspaceBytes: number;
  /** What checks say, by their place in the code. */
  readonly messages: ReadonlyMap<number, string>;
  /** Where it says whether weights that are kept are packed, by their buffer. */
  readonly ready: ReadonlyMap<Buffer, number>;
}

export class Program {
  private bases = new Doubles(new Float64Array(2));
  /** By address of the buffer. */
  private readonly baseOf = new Map<number, number>();
  // Keeps the memory of constants alive.
  private readonly constants: Memory[] = [];
  /** Packs what it needs in each run. */
  private readonly plain: Code;
  /** Reads the weights that are kept; null until a run does. */
  private keeping: Code | null = null;
  private readonly weights: KeptWeights | null;

  /**
   * @param saved what the forward leaves for the backward
   * @param own buffers, by address, that get memory of their own from the caller in each run
   * @param layers what recurrent layers pack, where packed weights may be kept from run to run; else null
   */
  constructor(
    calls: readonly Call[],
    private readonly saved: SavedLayout,
    private readonly own: ReadonlySet<number>,
    layers: readonly LayerPack[] | null = null,
  ) {
    const summed = withSums(calls, this.isTemporary);
    this.plain = this.codeOf(summed);
    this.weights = layers === null ? null : KeptWeights.of(summed, layers);
  }

  private readonly isTemporary = ({ kind, address }: Buffer): boolean =>
    kind === 'made' && !this.saved.offsets.has(address) && !this.own.has(address);

  private codeOf(calls: readonly Call[]): Code {
    const { saved } = this;
    const fixed: [base: number, address: number][] = [];
    const temporaries = new Map<Buffer, number>();
    const lifetimes: { bytes: number; first: number; last: number }[] = [];
    const steps = withChains(withPackedWeights(calls), this.isTemporary);
    for (const [i, step] of steps.entries()) {
      for (const buffer of buffersOf(step)) {
        const { address, kind } = buffer;
        if (kind === 'made' && saved.offsets.has(address)) continue;
        if (this.isTemporary(buffer)) {
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
    const messages = new Map<number, string>();
    const ready = new Map<Buffer, number>();
    for (const step of steps) {
      if (isChain(step)) {
        writeChain(step, place, code);
        continue;
      }
      if (step.message !== undefined) messages.set(code.length, step.message);
      const first = writeCall(step, place, code);
      if (step.ready !== undefined) ready.set(step.ready.packed, first + step.ready.at);
    }
    const bases = new Float64Array(2 + this.baseOf.size);
    bases.set(this.bases.values);
    for (const [base, address] of fixed) bases[base] = address;
    this.bases = new Doubles(bases);
    const doubles = new Doubles(Float64Array.from(code));
    return { steps: doubles, workspaceBytes: plan.bytes, messages, ready };
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
    const { weights } = this;
    const keeps = weights !== null && weights.paysNow();
    const code = keeps ? (this.keeping ??= this.codeOf(weights.calls)) : this.plain;
    const workspace = acquire(code.workspaceBytes);
    this.bases.values[workspaceBase] = workspace.address;
    this.bases.values[savedBase] = saved === null ? 0 : saved.address;
    let failed = 0;
    try {
      if (keeps) weights.begin(this.placesOf(code));
      failed = runProgram(code.steps, this.bases);
    } finally {
      release(workspace);
      if (keeps) weights.end(failed < 0);
    }
    if (failed < 0) return;
    const message = code.messages.get(failed);
    if (message !== undefined) throw new RangeError(message);
    const { low, high } = named(code.steps.values.subarray(failed + CallStepLength), IndexBoundsAt);
    throw new RangeError(
      `compile: a tensor of indices holds a value outside ${low} … ${high - 1}, the range that the function indexes with it`,
    );
  }

  private placesOf(code: Code): Places {
    return {
      place: (buffer, address) => {
        this.set(this.base(buffer), address);
      },
      isReady: (packed, ready) => {
        code.steps.values[code.ready.get(packed)!] = ready ? 1 : 0;
      },
    };
  }
}
