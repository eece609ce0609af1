/** The encoder of a transformer: layers of self-attention and a feed-forward net, each beside a residual connection. */
import {
  boolean,
  describe,
  either,
  finite,
  instanceOf,
  integerBetween,
  isInstance,
  oneOf,
  optionsTable,
  positiveInteger,
  probability,
  rule,
  surplus,
} from '../../check';
import { gelu, relu } from '../functional/activation';
import { LayerNorm } from '../layers/layer-norm';
import { Dropout } from '../layers/dropout';
import { Linear } from '../layers/linear';
import { deepcopy } from '../../tensor/deepcopy';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { ModuleList } from '../containers';
import { Module, type Layer } from '../module';
import { MultiheadAttention } from './multihead';

/** What is between the two maps of a `TransformerEncoderLayer`: by name, a function of a tensor, or a module. */
export type TransformerActivation = 'relu' | 'gelu' | ((input: Tensor) => Tensor) | Layer;

/** Options of `TransformerEncoderLayer`. */
export interface TransformerEncoderLayerOptions {
  /** Features between the two maps of the feed-forward net. Default: 2048. */
  dimFeedforward?: number;
  /** Probability of dropping, while training: attention weights, and elements of what each part adds. Default: 0.1. */
  dropout?: number;
  /** Between the two maps. Default: `'relu'`. */
  activation?: TransformerActivation;
  /** Added to the variance in both normalizations. Default: 1e-5. */
  layerNormEps?: number;
  /** Whether tensors are [N, S, E] instead of [S, N, E]. Default: false. */
  batchFirst?: boolean;
  /** Whether the input of each part is normalized, in place of its sum with the residual. Default: false. */
  normFirst?: boolean;
  /** Whether maps and normalizations have biases. Default: true. */
  bias?: boolean;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const isActivation = (value: unknown): boolean =>
  isInstance(value, Module) ||
  (typeof value === 'function' && !describe(value).startsWith('the class'));

const layerOptions = optionsTable<TransformerEncoderLayerOptions>('TransformerEncoderLayer', {
  dimFeedforward: positiveInteger.or(2048),
  dropout: probability.or(0.1),
  activation: either<TransformerActivation>(
    oneOf('relu', 'gelu'),
    rule<(input: Tensor) => Tensor>('a function or a Module', isActivation),
  ).or('relu'),
  layerNormEps: finite.or(1e-5),
  batchFirst: boolean.or(false),
  normFirst: boolean.or(false),
  bias: boolean.or(true),
  dtype: floatDType.or('float32'),
});

/** Options of `TransformerEncoderLayer.forward`. */
export interface EncodeLayerOptions {
  /** [S, S] or [N·heads, S, S]. bool: true where a position is hidden from another; floats: added to the scores. Default: null. */
  srcMask?: Tensor | null;
  /** [N, S] or [S]. bool: true where a position is padding; floats: added to the scores. Default: null. */
  srcKeyPaddingMask?: Tensor | null;
  /** Says that `srcMask`, which must be given, hides what follows each position. Default: false. */
  isCausal?: boolean;
}

const encodeLayerOptions = optionsTable<EncodeLayerOptions>('TransformerEncoderLayer.forward', {
  srcMask: anyTensor.orNull.or(null),
  srcKeyPaddingMask: anyTensor.orNull.or(null),
  isCausal: boolean.or(false),
});

/**
 * A layer of a transformer's encoder (torch.nn.TransformerEncoderLayer; Vaswani et al. 2017, arXiv:1706.03762): self-attention, then a net
 * with one hidden layer at each position,
 *
 *     y = norm1(x + dropout1(self_attn(x, x, x)))
 *     out = norm2(y + dropout2(linear2(dropout(activation(linear1(y))))))
 *
 * and with `normFirst` (Xiong et al. 2020, arXiv:2002.04745)
 *
 *     y = x + dropout1(self_attn(u, u, u)),   u = norm1(x)
 *     out = y + dropout2(linear2(dropout(activation(linear1(norm2(y))))))
 *
 * Shapes: [S, N, dModel], [N, S, dModel] with `batchFirst`, or [S, dModel], to the same.
 * @throws TypeError, RangeError for sizes or options that are none, and heads that do not divide dModel.
 * @example
 * const layer = new nn.TransformerEncoderLayer(16, 4, { dimFeedforward: 32, batchFirst: true });
 * layer.forward(randn([2, 5, 16])).shape; // [2, 5, 16]
 */
export class TransformerEncoderLayer extends Module {
  /** Of each position to all. */
  readonly self_attn: MultiheadAttention;
  /** From dModel to dimFeedforward features. */
  readonly linear1: Linear<boolean>;
  /** Of the hidden layer. */
  readonly dropout: Dropout;
  /** From dimFeedforward to dModel features. */
  readonly linear2: Linear<boolean>;
  /** Whether the input of each part is normalized, in place of its sum with the residual. */
  readonly normFirst: boolean;
  /** Of the attention. */
  readonly norm1: LayerNorm<true, boolean>;
  /** Of the feed-forward net. */
  readonly norm2: LayerNorm<true, boolean>;
  /** Of what the attention adds. */
  readonly dropout1: Dropout;
  /** Of what the feed-forward net adds. */
  readonly dropout2: Dropout;
  /** Between the two maps. */
  readonly activation: ((input: Tensor) => Tensor) | Layer;

  /**
   * @param dModel features of a position
   * @param nhead heads of the attention, which divide dModel
   */
  constructor(dModel: number, nhead: number, options?: TransformerEncoderLayerOptions) {
    if (arguments.length > 3) surplus('TransformerEncoderLayer', arguments, 3, 'options');
    super();
    const read = layerOptions.read(options);
    const { dimFeedforward, dropout, activation, normFirst, batchFirst, bias, dtype } = read;
    positiveInteger.check('TransformerEncoderLayer', 'dModel', dModel);
    positiveInteger.check('TransformerEncoderLayer', 'nhead', nhead);
    if (dModel % nhead !== 0) {
      throw new RangeError(
        `TransformerEncoderLayer: nhead must divide dModel, got ${nhead} heads for ${dModel} features`,
      );
    }
    const eps = read.layerNormEps;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, dtype });
    this.linear1 = new Linear<boolean>(dModel, dimFeedforward, { bias, dtype });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear<boolean>(dimFeedforward, dModel, { bias, dtype });
    this.normFirst = normFirst;
    this.norm1 = new LayerNorm<true, boolean>(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm<true, boolean>(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    const named = { relu: (x: Tensor) => relu(x), gelu: (x: Tensor) => gelu(x) };
    this.activation = typeof activation === 'string' ? named[activation] : activation;
  }

  /**
   * `src` encoded, of the same shape.
   * @throws TypeError, RangeError when shapes or element types do not go together, and for `isCausal` without `srcMask`.
   */
  forward(src: Tensor, options?: EncodeLayerOptions): Tensor {
    const name = 'TransformerEncoderLayer.forward';
    if (arguments.length > 2) surplus(name, arguments, 2, 'options');
    const read = encodeLayerOptions.read(options);
    anyTensor.check(name, 'src', src);
    const { embedDim, batchFirst } = this.self_attn;
    if ((src.ndim !== 2 && src.ndim !== 3) || sizesOf(src)[src.ndim - 1] !== embedDim) {
      throw new RangeError(
        `${name}: src must be ${batchFirst ? `[N, S, ${embedDim}]` : `[S, N, ${embedDim}]`} or [S, ${embedDim}], got ${showShape(sizesOf(src))}`,
      );
    }
    if (read.isCausal && read.srcMask === null) {
      throw new RangeError(`${name}: isCausal is a hint about srcMask, which must be given`);
    }
    if (this.normFirst) {
      const x = src.add(this.attend(this.norm1.forward(src), read));
      return x.add(this.feedForward(this.norm2.forward(x)));
    }
    const x = this.norm1.forward(src.add(this.attend(src, read)));
    return this.norm2.forward(x.add(this.feedForward(x)));
  }

  private attend(x: Tensor, given: Required<EncodeLayerOptions>): Tensor {
    const [attended] = this.self_attn.forward(x, x, x, {
      attnMask: given.srcMask,
      keyPaddingMask: given.srcKeyPaddingMask,
      isCausal: given.isCausal,
      needWeights: false,
    });
    return this.dropout1.forward(attended);
  }

  private feedForward(x: Tensor): Tensor {
    const { activation } = this;
    const hidden = this.linear1.forward(x);
    const active = isInstance(activation, Module) ? activation.forward(hidden) : activation(hidden);
    anyTensor.check('TransformerEncoderLayer.forward', 'the result of activation', active);
    return this.dropout2.forward(this.linear2.forward(this.dropout.forward(active)));
  }
}

/** What a `TransformerEncoder` repeats: a `TransformerEncoderLayer`, or a module whose `forward` takes the same. */
export interface EncoderLayer extends Module {
  /** `src` encoded, of the same shape. */
  forward(src: Tensor, options?: EncodeLayerOptions): Tensor;
}

/** Options of `TransformerEncoder`. */
export interface TransformerEncoderOptions {
  /** A module that the last layer's output goes through; null for none. Default: null. */
  norm?: Layer | null;
}

const stackOptions = optionsTable<TransformerEncoderOptions>('TransformerEncoder', {
  norm: (instanceOf(Module) as ReturnType<typeof instanceOf<Layer>>).orNull.or(null),
});

const layerCount = integerBetween(1, 10_000);

/** Options of `TransformerEncoder.forward`. */
export interface EncodeOptions {
  /** [S, S] or [N·heads, S, S]. bool: true where a position is hidden from another; floats: added to the scores. Default: null. */
  mask?: Tensor | null;
  /** [N, S] or [S]. bool: true where a position is padding; floats: added to the scores. Default: null. */
  srcKeyPaddingMask?: Tensor | null;
  /** Says that `mask`, which must be given, hides what follows each position. Default: null, which is not to say it. */
  isCausal?: boolean | null;
}

const encodeOptions = optionsTable<EncodeOptions>('TransformerEncoder.forward', {
  mask: anyTensor.orNull.or(null),
  srcKeyPaddingMask: anyTensor.orNull.or(null),
  isCausal: boolean.orNull.or(null),
});

/**
 * A stack of encoder layers (torch.nn.TransformerEncoder): `numLayers` deep copies of `encoderLayer`, which start with its weights, one
 * after the other, then `norm`. There are no nested tensors, so that `enable_nested_tensor` and `mask_check` have no counterpart:
 * PyTorch, in evaluation without gradients, may give zeros at positions of padding; here they are computed as in training.
 *
 * Shapes: [S, N, E], [N, S, E] where the layer has `batchFirst`, or [S, E], to the same.
 * @throws TypeError, RangeError unless there are a module to copy and a number of layers.
 * @example
 * const layer = new nn.TransformerEncoderLayer(16, 4, { batchFirst: true });
 * const encoder = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(16) });
 * const causal = ones([5, 5], { dtype: 'bool' }).triu(1);
 * encoder.forward(randn([2, 5, 16]), { mask: causal }).shape; // [2, 5, 16]
 */
export class TransformerEncoder extends Module {
  /** The copies, in order. */
  readonly layers: ModuleList<EncoderLayer>;
  /** Of the last layer's output; null for none. */
  readonly norm: Layer | null;

  /**
   * @param encoderLayer the layer that is copied
   * @param numLayers how many copies
   */
  constructor(
    encoderLayer: EncoderLayer,
    /** How many layers. */
    readonly numLayers: number,
    options?: TransformerEncoderOptions,
  ) {
    if (arguments.length > 3) surplus('TransformerEncoder', arguments, 3, 'options');
    super();
    const { norm } = stackOptions.read(options);
    instanceOf(Module).check('TransformerEncoder', 'encoderLayer', encoderLayer);
    layerCount.check('TransformerEncoder', 'numLayers', numLayers);
    const copies = Array.from({ length: numLayers }, () => deepcopy(encoderLayer));
    this.layers = new ModuleList(copies);
    this.norm = norm;
  }

  /**
   * `src` encoded, of the same shape.
   * @throws TypeError, RangeError when shapes or element types do not go together, and for `isCausal` without `mask`.
   */
  forward(src: Tensor, options?: EncodeOptions): Tensor {
    const name = 'TransformerEncoder.forward';
    if (arguments.length > 2) surplus(name, arguments, 2, 'options');
    const { mask, srcKeyPaddingMask, isCausal } = encodeOptions.read(options);
    anyTensor.check(name, 'src', src);
    if (isCausal === true && mask === null) {
      throw new RangeError(`${name}: isCausal is a hint about mask, which must be given`);
    }
    const given = { srcMask: mask, srcKeyPaddingMask, isCausal: isCausal === true };
    let out = src;
    for (const layer of this.layers) out = layer.forward(out, given);
    return this.norm === null ? out : this.norm.forward(out);
  }
}
