/** EmbeddingBag: a table of learned vectors, of which bags of indices are reduced to one vector each. */
import { boolean, count, optionsTable, refuseSparse, surplus } from '../../check';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { bagFields, embeddingBag, type BagMode } from '../functional/embedding-bag';
import { Module } from '../module';
import type { Parameter } from '../parameter';
import { showBoolean } from '../print';
import { drawTable, tableOf, wrapPadding } from './embedding';

/** Options of `EmbeddingBag`. */
export interface EmbeddingBagLayerOptions {
  /** Rows that are looked up are first renormalized to at most this norm, in place. Default: none. */
  maxNorm?: number;
  /** Order of the norm that `maxNorm` limits. Default: 2. */
  normType?: number;
  /** Divide a row's gradient by how often its index occurs in the input; not with `'max'`. Default: false. */
  scaleGradByFreq?: boolean;
  /** How a bag is reduced. Default: `'mean'`. */
  mode?: BagMode;
  /** Only false: gradients are dense here. Default: false. */
  sparse?: boolean;
  /** Whether offsets have, behind the beginnings of the bags, the end of the last one. Default: false. */
  includeLastOffset?: boolean;
  /** The row of this index starts as zeros, and no bag counts it; negative counts from the end. Default: none. */
  paddingIdx?: number;
  /** Of the table: float32 (default) or float64. */
  dtype?: DType;
  /** The table to use, shared, instead of drawing one; [numEmbeddings, embeddingDim]. Default: none. */
  weight?: Tensor;
}

/** Options of `EmbeddingBag.fromPretrained`. */
export interface PretrainedBagOptions extends Omit<EmbeddingBagLayerOptions, 'dtype' | 'weight'> {
  /** Whether the table is frozen (requires no gradient). Default: true. */
  freeze?: boolean;
}

const layerOptions = optionsTable<EmbeddingBagLayerOptions, 'paddingIdx' | 'maxNorm' | 'weight'>(
  'EmbeddingBag',
  { ...bagFields, dtype: floatDType.or('float32'), weight: anyTensor.optional },
);

const pretrainedOptions = optionsTable<PretrainedBagOptions, 'paddingIdx' | 'maxNorm'>(
  'EmbeddingBag.fromPretrained',
  { freeze: boolean.or(true), ...bagFields },
);

/**
 * Sums, means or maxima of rows of `weight` [numEmbeddings, embeddingDim] (torch.nn.EmbeddingBag): `Embedding` and a reduction
 * in one. The table starts with standard normal numbers, its padding row with zeros.
 *
 * Shapes: int32 [bags, size], or [n] with offsets [bags], to [bags, embeddingDim].
 * @throws TypeError, RangeError for sizes or options that are none, a given weight of another shape.
 * @example
 * const bags = new nn.EmbeddingBag(10_000, 100, { mode: 'sum' });
 * bags.forward(tensor([[1, 2, 0], [3, 3, 4]], { dtype: 'int32' })).shape; // [2, 100]
 */
export class EmbeddingBag extends Module {
  /** The table, [numEmbeddings, embeddingDim]. */
  weight: Parameter;
  /** The norm that rows are scaled down to; undefined for none. */
  readonly maxNorm: number | undefined;
  /** Order of the norm that `maxNorm` limits. */
  readonly normType: number;
  /** Whether a row's gradient is divided by how often its index occurs in the input. */
  readonly scaleGradByFreq: boolean;
  /** The row that no bag counts, from 0 on; undefined for none. */
  readonly paddingIdx: number | undefined;
  /** How a bag is reduced. */
  readonly mode: BagMode;
  /** Whether offsets have the end of the last bag. */
  readonly includeLastOffset: boolean;

  /**
   * @param numEmbeddings rows of the table: indices are 0 … numEmbeddings − 1
   * @param embeddingDim features of a row
   */
  constructor(
    /** Rows of the table. */
    readonly numEmbeddings: number,
    /** Features of a row. */
    readonly embeddingDim: number,
    options?: EmbeddingBagLayerOptions,
  ) {
    if (arguments.length > 3) surplus('EmbeddingBag', arguments, 3, 'options');
    super();
    const read = layerOptions.read(options);
    if (read.sparse) refuseSparse('EmbeddingBag', 'sparse');
    count.check('EmbeddingBag', 'numEmbeddings', numEmbeddings);
    count.check('EmbeddingBag', 'embeddingDim', embeddingDim);
    this.maxNorm = read.maxNorm;
    this.normType = read.normType;
    this.scaleGradByFreq = read.scaleGradByFreq;
    this.paddingIdx = wrapPadding('EmbeddingBag', read.paddingIdx, numEmbeddings);
    this.weight = tableOf('EmbeddingBag', read.weight, [numEmbeddings, embeddingDim], read.dtype);
    if (read.weight === undefined) this.resetParameters();
    this.mode = read.mode;
    this.includeLastOffset = read.includeLastOffset;
  }

  /** Draws the table anew; the padding row becomes zeros. */
  resetParameters(): void {
    if (arguments.length > 0) surplus('EmbeddingBag.resetParameters', arguments, 0);
    drawTable('EmbeddingBag', this.weight, this.paddingIdx);
  }

  /**
   * One vector for each bag: a row of `input`, or what begins at each of the `offsets` of an input of one dimension.
   * @param perSampleWeights of `input`'s shape: what rows are multiplied by, with mode `'sum'`
   * @throws TypeError unless `input` and `offsets` are int32; RangeError for an index outside 0 … numEmbeddings − 1, for offsets that
   * descend, and for weights with another mode.
   */
  forward(
    input: Tensor,
    offsets: Tensor | null = null,
    perSampleWeights: Tensor | null = null,
  ): Tensor {
    if (arguments.length > 3) surplus('EmbeddingBag.forward', arguments, 3, 'perSampleWeights');
    const { maxNorm, normType, scaleGradByFreq, mode, includeLastOffset, paddingIdx } = this;
    return embeddingBag(input, this.weight, offsets, {
      maxNorm,
      normType,
      scaleGradByFreq,
      mode,
      includeLastOffset,
      paddingIdx,
      perSampleWeights,
    });
  }

  /**
   * A layer whose table is `embeddings` [numEmbeddings, embeddingDim], sharing its memory; frozen unless
   * `freeze` is false (torch.nn.EmbeddingBag.from_pretrained).
   * @throws RangeError unless `embeddings` has 2 dimensions.
   * @example nn.EmbeddingBag.fromPretrained(tensor([[1, 2], [3, 4]])).forward(tensor([[1, 0]], { dtype: 'int32' })) // [[2, 3]]
   */
  static fromPretrained(embeddings: Tensor, options?: PretrainedBagOptions): EmbeddingBag {
    if (arguments.length > 2) surplus('EmbeddingBag.fromPretrained', arguments, 2, 'options');
    const { freeze, ...rest } = pretrainedOptions.read(options);
    anyTensor.check('EmbeddingBag.fromPretrained', 'embeddings', embeddings);
    if (embeddings.ndim !== 2) {
      throw new RangeError(
        `EmbeddingBag.fromPretrained: the table must be [numEmbeddings, embeddingDim], got shape ${showShape(sizesOf(embeddings))}`,
      );
    }
    const [rows, columns] = sizesOf(embeddings) as [number, number];
    const layer = new EmbeddingBag(rows, columns, { ...rest, weight: embeddings });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  /** @internal */
  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, maxNorm, normType, scaleGradByFreq } = this;
    const extra = [`${numEmbeddings}`, `${embeddingDim}`];
    if (maxNorm !== undefined) extra.push(`maxNorm=${maxNorm}`);
    if (normType !== 2) extra.push(`normType=${normType}`);
    if (scaleGradByFreq) extra.push(`scaleGradByFreq=${showBoolean(true)}`);
    extra.push(`mode='${this.mode}'`);
    if (this.paddingIdx !== undefined) extra.push(`paddingIdx=${this.paddingIdx}`);
    return extra.join(', ');
  }
}
