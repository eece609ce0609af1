/** Embedding: a table of learned vectors, one for each index. */
import {
  boolean,
  count,
  integer,
  integerBetween,
  nonNegative,
  optionsTable,
  positive,
  refuseSparse,
  surplus,
} from '../../check';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { embedding } from '../functional/embedding';
import { normal_ } from '../init';
import { fillBy } from '../init/fill';
import { Module } from '../module';
import { Parameter } from '../parameter';
import { showBoolean } from '../print';

/** Options of `Embedding`. */
export interface EmbeddingOptions {
  /** The row of this index starts as zeros and gets no gradient; negative counts from the end. Default: none. */
  paddingIdx?: number;
  /** Rows that are looked up are first renormalized to at most this norm, in place. Default: none. */
  maxNorm?: number;
  /** Order of the norm that `maxNorm` limits. Default: 2. */
  normType?: number;
  /** Divide a row's gradient by how often its index occurs in the input. Default: false. */
  scaleGradByFreq?: boolean;
  /** Only false: gradients are dense here. Default: false. */
  sparse?: boolean;
  /** Of the table: float32 (default) or float64. */
  dtype?: DType;
  /** The table to use, shared, instead of drawing one; [numEmbeddings, embeddingDim]. Default: none. */
  weight?: Tensor;
}

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedOptions extends Omit<EmbeddingOptions, 'dtype' | 'weight'> {
  /** Whether the table is frozen (requires no gradient). Default: true. */
  freeze?: boolean;
}

const shared = {
  paddingIdx: integer.optional,
  maxNorm: nonNegative.optional,
  normType: positive.or(2),
  scaleGradByFreq: boolean.or(false),
  sparse: boolean.or(false),
};

const embeddingOptions = optionsTable<EmbeddingOptions, 'paddingIdx' | 'maxNorm' | 'weight'>(
  'Embedding',
  { ...shared, dtype: floatDType.or('float32'), weight: anyTensor.optional },
);

const pretrainedOptions = optionsTable<PretrainedOptions, 'paddingIdx' | 'maxNorm'>(
  'Embedding.fromPretrained',
  { freeze: boolean.or(true), ...shared },
);

/** The padding row from 0 on. @throws RangeError when the table has no such row. */
export function wrapPadding(
  operation: string,
  paddingIdx: number | undefined,
  rows: number,
): number | undefined {
  if (paddingIdx === undefined) return undefined;
  integerBetween(-rows, rows - 1).check(operation, 'paddingIdx', paddingIdx);
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/** The parameter of a table: of the given one's memory, or to be drawn. @throws RangeError for a given one of another shape. */
export function tableOf(
  operation: string,
  given: Tensor | undefined,
  shape: readonly number[],
  dtype: DType,
): Parameter {
  if (given === undefined) return new Parameter(empty(shape, dtype));
  if (!sameShape(sizesOf(given), shape)) {
    throw new RangeError(
      `${operation}: weight must have shape ${showShape(shape)}, got ${showShape(sizesOf(given))}`,
    );
  }
  return new Parameter(given);
}

/** Draws a table of standard normal numbers; its padding row becomes zeros. */
export function drawTable(operation: string, weight: Parameter, paddingIdx?: number): void {
  normal_(weight);
  if (paddingIdx === undefined) return;
  const values = weight.toTypedArray();
  const features = sizesOf(weight)[1];
  values.fill(0, paddingIdx * features, (paddingIdx + 1) * features);
  fillBy(operation, weight, (memory) => memory.set(values));
}

/**
 * Rows of `weight` [numEmbeddings, embeddingDim] by index (torch.nn.Embedding): y[…] = weight[x[…]]. The table starts
 * with standard normal numbers, its padding row with zeros.
 *
 * Shapes: int32 [...] to [..., embeddingDim].
 * @throws TypeError, RangeError for sizes or options that are none, a given weight of another shape.
 * @example
 * const words = new nn.Embedding(10_000, 100, { paddingIdx: 0 });
 * words.forward(tensor([[1, 2, 0]], { dtype: 'int32' })).shape; // [1, 3, 100]
 */
export class Embedding extends Module {
  /** The table, [numEmbeddings, embeddingDim]. */
  weight: Parameter;
  /** The row that gets no gradient, from 0 on; undefined for none. */
  readonly paddingIdx: number | undefined;
  /** The norm that rows are scaled down to; undefined for none. */
  readonly maxNorm: number | undefined;
  /** Order of the norm that `maxNorm` limits. */
  readonly normType: number;
  /** Whether a row's gradient is divided by how often its index occurs in the input. */
  readonly scaleGradByFreq: boolean;

  /**
   * @param numEmbeddings rows of the table: indices are 0 … numEmbeddings − 1
   * @param embeddingDim features of a row
   */
  constructor(
    /** Rows of the table. */
    readonly numEmbeddings: number,
    /** Features of a row. */
    readonly embeddingDim: number,
    options?: EmbeddingOptions,
  ) {
    if (arguments.length > 3) surplus('Embedding', arguments, 3, 'options');
    super();
    const read = embeddingOptions.read(options);
    const { paddingIdx, maxNorm, normType, scaleGradByFreq, sparse, dtype, weight } = read;
    if (sparse) refuseSparse('Embedding', 'sparse');
    count.check('Embedding', 'numEmbeddings', numEmbeddings);
    count.check('Embedding', 'embeddingDim', embeddingDim);
    this.paddingIdx = wrapPadding('Embedding', paddingIdx, numEmbeddings);
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.weight = tableOf('Embedding', weight, [numEmbeddings, embeddingDim], dtype);
    if (weight === undefined) this.resetParameters();
  }

  /** Draws the table anew; the padding row becomes zeros. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('Embedding.resetParameters', arguments, 0);
    drawTable('Embedding', this.weight, this.paddingIdx);
  }

  /**
   * The rows of `input`.
   * @throws TypeError unless `input` is int32; RangeError for an index outside 0 … numEmbeddings − 1.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Embedding.forward', arguments, 1, 'input');
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return embedding(input, this.weight, { paddingIdx, maxNorm, normType, scaleGradByFreq });
  }

  /**
   * A layer whose table is `embeddings` [numEmbeddings, embeddingDim], sharing its memory; frozen unless
   * `freeze` is false (torch.nn.Embedding.from_pretrained).
   * @throws RangeError unless `embeddings` has 2 dimensions.
   * @example nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]])).forward(tensor([1], { dtype: 'int32' }))
   */
  static fromPretrained(embeddings: Tensor, options?: PretrainedOptions): Embedding {
    if (arguments.length > 2) surplus('Embedding.fromPretrained', arguments, 2, 'options');
    const { freeze, ...rest } = pretrainedOptions.read(options);
    anyTensor.check('Embedding.fromPretrained', 'embeddings', embeddings);
    if (embeddings.ndim !== 2) {
      throw new RangeError(
        `Embedding.fromPretrained: the table must be [numEmbeddings, embeddingDim], got shape ${showShape(sizesOf(embeddings))}`,
      );
    }
    const [rows, columns] = sizesOf(embeddings) as [number, number];
    const layer = new Embedding(rows, columns, { ...rest, weight: embeddings });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  /** @internal */
  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    const extra = [`${numEmbeddings}`, `${embeddingDim}`];
    if (paddingIdx !== undefined) extra.push(`paddingIdx=${paddingIdx}`);
    if (maxNorm !== undefined) extra.push(`maxNorm=${maxNorm}`);
    if (normType !== 2) extra.push(`normType=${normType}`);
    if (scaleGradByFreq) extra.push(`scaleGradByFreq=${showBoolean(true)}`);
    return extra.join(', ');
  }
}
