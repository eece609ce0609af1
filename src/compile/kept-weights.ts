/**
 * Weights that a program keeps packed from run to run, as eager calls do and in the same memory (ops/matmul/packed-weight.ts): the
 * matrices that its products read, and what its recurrent layers pack. A run reads them once they have come unchanged
 * some times; one that finds a change packs what it needs by itself, as every run of a training does. So the two are two codes of one program.
 */
import { GemmAt, NormalizedForwardAt, SequenceForwardAt } from '../native/positions';
import { acquire, type Storage } from '../tensor/storage';
import { Tensor } from '../tensor/tensor';
import { packMatrix } from '../ops/matmul/layout';
import {
  dropPacked,
  mayKeep,
  packedWeight,
  usesBefore,
  type Owner,
  type WeightForm,
} from '../ops/matmul/packed-weight';
import type { Buffer, Call } from './trace';
import type { LayerPack } from './traced';
import { reading, weightsOf, type Weight } from './weights';

/** Some weights, and the buffers in which calls find them packed. */
interface KeptWeight {
  readonly owner: Owner;
  readonly weights: readonly (Tensor | null)[];
  readonly form: WeightForm | 'cell';
  readonly packed: Buffer;
  readonly runState: Buffer | null;
}

// Apart from the addresses of a trace and of what a run copies.
const firstAddress = 2 ** 52;
// Products that read a matrix in one run; packing is then a large part of them, of whatever size they are.
const manyUses = 3;

/** Where each buffer is in a run, and what its code says of it. */
export interface Places {
  place(buffer: Buffer, address: number): void;
  /** Whether the calls that would pack into a buffer find it packed. */
  isReady(packed: Buffer, ready: boolean): void;
}

export class KeptWeights {
  /** The calls, which read what is kept. */
  readonly calls: readonly Call[];
  private readonly kept: readonly KeptWeight[];
  private readonly storages: readonly Storage[];
  private readonly changes: number[];
  private uses = 0;
  /** Of the running run: what it packs. */
  private readonly packing: KeptWeight[] = [];

  private constructor(calls: readonly Call[], kept: readonly KeptWeight[]) {
    this.calls = calls;
    this.kept = kept;
    const all = kept.flatMap(({ weights }) => weights.flatMap((w) => (w === null ? [] : [w])));
    this.storages = [...new Set(all.map(({ storage }) => storage))];
    this.changes = this.storages.map(({ changes }) => changes);
  }

  /** The weights of calls that may be kept; null where there are none. */
  static of(calls: readonly Call[], layers: readonly LayerPack[]): KeptWeights | null {
    let address = firstAddress;
    const made = ({ bytes }: Pick<Buffer, 'bytes'>): Buffer => {
      const buffer: Buffer = { kind: 'kept', address, bytes, initial: null, written: true };
      address += Math.max(1, bytes);
      return buffer;
    };
    const kept: KeptWeight[] = [];
    const moved = new Map<Buffer, Buffer>();
    const used = new Set(calls.flatMap(({ pointers }) => pointers.map(({ buffer }) => buffer)));
    for (const { weights, packed, runState } of layers) {
      if (!used.has(packed)) continue;
      const one = { packed: made(packed), runState: runState && made(runState) };
      moved.set(packed, one.packed);
      if (runState !== null) moved.set(runState, one.runState!);
      kept.push({ owner: 'sequence', weights, form: 'cell', ...one });
    }
    const changed = calls.map((call) => moveLayer(call, moved));
    for (const weight of weightsOf(calls)) {
      if (!paysFor(weight, calls)) continue;
      const packed = made({ bytes: 0 });
      const weights = [matrixOf(weight)];
      kept.push({ owner: 'matmul', weights, form: weight.form, packed, runState: null });
      for (const use of weight.calls) changed[use] = reading(changed[use], weight, packed);
    }
    return kept.length === 0 ? null : new KeptWeights(changed, kept);
  }

  /** Counts a run; true when it is to read what is kept. */
  paysNow(): boolean {
    for (let i = 0; i < this.storages.length; i++) {
      const { changes } = this.storages[i];
      if (changes === this.changes[i]) continue;
      this.changes[i] = changes;
      if (this.uses > usesBefore) this.drop(this.kept);
      this.uses = 0;
    }
    return ++this.uses > usesBefore;
  }

  /** Packs matrices that are not, and says where all are. */
  begin(places: Places): void {
    for (const one of this.kept) {
      const found = packedWeight(one.owner, one.weights, one.form);
      const isReady = found.packed !== null;
      if (one.owner === 'matmul') {
        if (!isReady) packMatrix('compile', found, one.weights[0]!);
      } else {
        if (!isReady) {
          found.allocate(one.packed.bytes);
          this.packing.push(one);
        }
        places.isReady(one.packed, isReady);
        if (one.runState !== null) {
          found.runState ??= acquire(one.runState.bytes);
          places.place(one.runState, found.runState.address);
        }
      }
      places.place(one.packed, found.packed!.address);
    }
  }

  /** The run has ended; before its end where an index was out of range. */
  end(isComplete: boolean): void {
    if (!isComplete) this.drop(this.packing);
    this.packing.length = 0;
  }

  private drop(kept: readonly KeptWeight[]): void {
    for (const { owner, weights } of kept) dropPacked(owner, weights[0]!);
  }
}

function paysFor({ buffer, calls: uses, N, K, family }: Weight, calls: readonly Call[]): boolean {
  const { storage, written } = buffer;
  if (storage === undefined || written) return false;
  const rows = uses.reduce((most, i) => Math.max(most, calls[i].args[GemmAt.M]), 0);
  return uses.length >= manyUses || mayKeep(rows, N * K * family.itemSize);
}

// As eager products have it, so that both find the same.
function matrixOf({ buffer, offset, N, K, ldb, transposed, family }: Weight): Tensor {
  const dtype = family.suffix === 'f32' ? 'float32' : 'float64';
  const strides = transposed === 1 ? [1, ldb] : [ldb, 1];
  return new Tensor(buffer.storage!, dtype, [K, N], strides, offset / family.itemSize);
}

/** A call of a recurrent layer with its packed weights in other buffers. */
function moveLayer(call: Call, moved: ReadonlyMap<Buffer, Buffer>): Call {
  const packed = call.pointers.find(({ buffer }) => moved.has(buffer));
  if (packed === undefined) return call;
  const pointers = call.pointers.map((p) => ({ ...p, buffer: moved.get(p.buffer) ?? p.buffer }));
  const at =
    packed.at === SequenceForwardAt.packed
      ? SequenceForwardAt.packedReady
      : NormalizedForwardAt.packedReady;
  // Later calls of a run find packed what its first one has packed.
  const ready = call.args[at] === 0 ? { at, packed: moved.get(packed.buffer)! } : undefined;
  return { ...call, pointers, ready };
}
