/**
 * Weights in the order in which the kernels read them fastest, and when that order pays. A matrix that many products read
 * is packed once; sums keep their order, so that no bit changes. Who keeps what:
 *
 *   eager products   a transposed matrix that few rows are multiplied by, from its fifth use on (matmul/layout.ts)
 *   convolutions     of a few positions without gradients: the same (convolution/few-positions.ts)
 *   compile          a program's matrices and recurrent layers, in inference, from its fifth run without a change on
 *                    (compile/kept-weights.ts); a matrix that changes and is read at least three times once in each run
 *                    (compile/weights.ts)
 *   recurrent layers all weights of a direction, in inference, from the first use on (sequence/sequence.ts)
 *
 * What is kept belongs to the memory of its first weight, and is of use only while all of them are what they were. Eager calls and
 * programs find the same.
 */
import { constants } from '../../native/instance';
import type { Shape } from '../../tensor/shape';
import { executor } from '../../tensor/executor';
import { acquire, release, type Storage } from '../../tensor/storage';
import { sizesOf, elementStridesOf, type Tensor } from '../../tensor/tensor';

/** As it is; copied to [K, N]; or as gemm_pack packs it, for gemm_packed. */
export type WeightForm = 'inPlace' | 'rowMajor' | 'panels';

const { panelColumns, directRows, tileRows } = constants.gemm;

// Below, calls cost more than reading.
const leastElements = 4096;
// Above, the memory's bandwidth is the bound in any form.
const mostBytes = 1 << 26;

/** In which form products of `rows` rows read a B of N columns and K rows fastest, when they read it often. */
export function preferredForm(
  rows: number,
  N: number,
  K: number,
  transposed: boolean,
  type: 'f32' | 'f64',
): WeightForm {
  if (N * K < leastElements) return 'inPlace';
  const itemSize = type === 'f32' ? 4 : 8;
  // The fewest columns that fill a vector.
  const fills = N * itemSize >= constants.work.vectorBytes;
  if (rows > directRows[type] && fills) return 'panels';
  return transposed ? 'rowMajor' : 'inPlace';
}

/** Elements of such a form. */
export function packedLength(form: WeightForm, N: number, K: number, type: 'f32' | 'f64'): number {
  const unit = form === 'panels' ? panelColumns[type] : 1;
  return Math.ceil(N / unit) * unit * K;
}

// A copy costs about as much as two uses; a training step uses its weights too few times.
export const usesBefore = 4;

/**
 * Whether a product of so many rows by a matrix of so many bytes may keep its packed form: of one tile of rows. Of
 * more, packing is a small part of the product.
 */
export const mayKeep = (rows: number, bytes: number): boolean =>
  rows <= tileRows.f32 && bytes <= mostBytes;

/** What a weight was when it was packed. */
interface Source {
  readonly storage: Storage;
  readonly changes: number;
  readonly address: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean => {
  // A weight's own arrays, which are never written to.
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
};

const isUnchanged = (source: Source | null): boolean =>
  source === null || source.changes === source.storage.changes;

/** Some weights, and their packed form once there is one. */
export class PackedWeight {
  /** Null until `allocate`, and after `dispose`. */
  packed: Storage | null = null;
  /**
   * What a recurrent layer's calls leave to the next one (SequenceForward's runState), apart from the weights, which only
   * packing writes: another reader of them has its own.
   */
  runState: Storage | null = null;
  /** The weights themselves, in a trace, whose program asks for them again. */
  readonly weights: readonly (Tensor | null)[] | null;
  private uses = 0;
  private readonly sources: readonly (Source | null)[];

  constructor(
    weights: readonly (Tensor | null)[],
    readonly form: WeightForm | 'cell',
  ) {
    this.weights = executor.isTrace ? weights : null;
    this.sources = weights.map(
      (w) =>
        w && {
          storage: w.storage,
          changes: w.storage.changes,
          address: w.address,
          shape: sizesOf(w),
          strides: elementStridesOf(w),
        },
    );
  }

  /** Whether the weights are what they were. */
  isCurrent(): boolean {
    return this.sources.every(isUnchanged);
  }

  /** Whether these are the weights, unchanged, in this form. */
  isOf(weights: readonly (Tensor | null)[], form: WeightForm | 'cell'): boolean {
    if (form !== this.form) return false;
    for (let i = 0; i < weights.length; i++) {
      const source = this.sources[i];
      const w = weights[i];
      if (source === null || w === null) {
        if (source !== w) return false;
      } else if (
        source.storage !== w.storage ||
        source.changes !== w.storage.changes ||
        source.address !== w.address ||
        !sameNumbers(source.shape, sizesOf(w)) ||
        !sameNumbers(source.strides, elementStridesOf(w))
      ) {
        return false;
      }
    }
    return true;
  }

  /** Counts a use; true when the weights have come so often that packing them pays. */
  paysNow(): boolean {
    return this.packed !== null || ++this.uses > usesBefore;
  }

  /** Memory for the packed form, for the caller to fill. */
  allocate(bytes: number): Storage {
    return (this.packed = acquire(bytes));
  }

  /** Releases the memory. */
  dispose(): void {
    if (this.packed !== null) release(this.packed);
    if (this.runState !== null) release(this.runState);
    this.packed = this.runState = null;
  }
}

/** What is kept of weights, by the memory of the first: of parts of it, in several forms. */
type Kept = WeakMap<Storage, PackedWeight[]>;
/** Matrices, and recurrent layers. */
export type Owner = 'matmul' | 'sequence';
const keptMatrices: Kept = new WeakMap();

// Of one memory: more than a model asks for again and again.
const mostForms = 8;

// What is packed in a trace belongs to its program.
const keptBy = (owner: Owner): Kept =>
  owner === 'matmul' ? keptMatrices : (executor.packedWeights as Kept);

/** What is kept of exactly these weights as they are now; `weights[0]` is not null. */
export function packedWeight(
  owner: Owner,
  weights: readonly (Tensor | null)[],
  form: WeightForm | 'cell',
): PackedWeight {
  const all = keptBy(owner);
  const { storage } = weights[0]!;
  const known = all.get(storage);
  if (known !== undefined) for (const one of known) if (one.isOf(weights, form)) return one;
  const made = new PackedWeight(weights, form);
  if (known === undefined) all.set(storage, [made]);
  else {
    const current = known.filter((one) => one.isCurrent());
    for (const one of known) if (!current.includes(one)) one.dispose();
    current.push(made);
    // What makes room is not disposed of: a program that has asked for it before this is about to read it.
    all.set(storage, current.slice(-mostForms));
  }
  return made;
}

/** Releases what is kept of the weights of which `first` is the first: they are about to change. */
export function dropPacked(owner: Owner, first: Tensor): void {
  const all = keptBy(owner);
  const known = all.get(first.storage);
  if (known === undefined) return;
  all.delete(first.storage);
  for (const one of known) one.dispose();
}
