/** Embedding: a table of learned vectors, one for each index. */
import { checkTensor } from '../../ops/elementwise';
import type { DType } from '../../tensor/dtype';
import { sameShape, showShape } from '../../tensor/shape';
import { empty, type Tensor } from '../../tensor/tensor';
import { checkCount } from '../check';
import { embedding } from '../functional/embedding';
import { normal_ } from '../init';
import { fillBy } from '../init/fill';
import { Module } from '../module';
import { Parameter } from '../parameter';

export interface EmbeddingOptions {
  /** The row of this index starts as zeros and gets no gradient; negative counts from the end. */
  paddingIdx?: number;
  /** Rows that are looked up are first scaled down to this norm, in place. */
  maxNorm?: number;
  /** Of which order `maxNorm` is. Default: 2. */
  normType?: number;
  /** Of the table: float32 (default) or float64. */
  dtype?: DType;
  /** The table to use, shared, instead of drawing one; [numEmbeddings, embeddingDim]. */
  weight?: Tensor;
}

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedOptions extends Omit<EmbeddingOptions, 'dtype' | 'weight'> {
  /** Whether the table is kept from learning. Default: true. */
  freeze?: boolean;
}

function checkPadding(paddingIdx: number | undefined, rows: number): number | undefined {
  if (paddingIdx === undefined) return undefined;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new RangeError(
      `Embedding: paddingIdx must be an integer from ${-rows} to ${rows - 1}, got ${paddingIdx}`,
    );
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/**
 * Rows of `weight` [numEmbeddings, embeddingDim] by index (torch.nn.Embedding). The table starts with standard
 * normal numbers.
 *
 * Shapes: int32 [...] to [..., embeddingDim].
 * @throws RangeError for an index outside 0 … numEmbeddings − 1.
 * @example
 * const words = new nn.Embedding(10_000, 100, { paddingIdx: 0 });
 * words.forward(tensor([[1, 2, 0]], { dtype: 'int32' })).shape; // [1, 3, 100]
 */
export class Embedding extends Module {
  weight: Parameter;
  readonly paddingIdx: number | undefined;
  readonly maxNorm: number | undefined;
  readonly normType: number;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    checkCount('Embedding', 'numEmbeddings', numEmbeddings);
    checkCount('Embedding', 'embeddingDim', embeddingDim);
    this.paddingIdx = checkPadding(options.paddingIdx, numEmbeddings);
    this.maxNorm = options.maxNorm;
    this.normType = options.normType ?? 2;
    const { weight } = options;
    if (weight === undefined) {
      this.weight = new Parameter(empty([numEmbeddings, embeddingDim], options.dtype ?? 'float32'));
      this.resetParameters();
    } else {
      checkTensor('Embedding', 'weight', weight);
      if (!sameShape(weight.shape, [numEmbeddings, embeddingDim])) {
        throw new RangeError(
          `Embedding: weight must have shape ${showShape([numEmbeddings, embeddingDim])}, got ${showShape(weight.shape)}`,
        );
      }
      this.weight = new Parameter(weight);
    }
  }

  /** Draws the table anew; the padding row becomes zeros. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx, embeddingDim } = this;
    if (paddingIdx === undefined) return;
    const values = this.weight.toTypedArray();
    values.fill(0, paddingIdx * embeddingDim, (paddingIdx + 1) * embeddingDim);
    fillBy('Embedding', this.weight, (memory) => memory.set(values));
  }

  forward(input: Tensor): Tensor {
    const { paddingIdx, maxNorm, normType } = this;
    return embedding(input, this.weight, { paddingIdx, maxNorm, normType });
  }

  /**
   * A layer whose table is `embeddings` [numEmbeddings, embeddingDim], sharing its memory; frozen unless
   * `freeze` is false (torch.nn.Embedding.from_pretrained).
   * @throws RangeError unless `embeddings` has 2 dimensions.
   * @example nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]])).forward(tensor([1], { dtype: 'int32' }))
   */
  static fromPretrained(
    embeddings: Tensor,
    { freeze = true, ...options }: PretrainedOptions = {},
  ): Embedding {
    checkTensor('Embedding.fromPretrained', 'embeddings', embeddings);
    if (embeddings.ndim !== 2) {
      throw new RangeError(
        `Embedding.fromPretrained: the table must be [numEmbeddings, embeddingDim], got shape ${showShape(embeddings.shape)}`,
      );
    }
    const [rows, columns] = embeddings.shape as [number, number];
    const layer = new Embedding(rows, columns, { ...options, weight: embeddings });
    layer.weight.requiresGrad = !freeze;
    return layer;
  }

  override extraRepr(): string {
    const { numEmbeddings, embeddingDim, paddingIdx, maxNorm, normType } = this;
    const extra = [`${numEmbeddings}`, `${embeddingDim}`];
    if (paddingIdx !== undefined) extra.push(`paddingIdx=${paddingIdx}`);
    if (maxNorm !== undefined) extra.push(`maxNorm=${maxNorm}`);
    if (normType !== 2) extra.push(`normType=${normType}`);
    return extra.join(', ');
  }
}
