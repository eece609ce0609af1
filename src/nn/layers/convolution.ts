/** Conv1d and ConvTranspose1d: learned windows over signals. */
import { boolean, integer, oneOf, optionsTable, positiveInteger, surplus } from '../../check';
import {
  convolutionFields,
  numberOf,
  single,
  sizeOf,
  stepsOf,
  type Conv1dOptions as FunctionOptions,
  type Single,
} from '../../ops/convolution/arguments';
import { conv1d, convTranspose1d } from '../../ops/convolution/conv1d';
import type { DType } from '../../tensor/dtype';
import { anyTensor, floatDType } from '../../tensor/rules';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { pad } from '../functional/pad';
import { kaimingUniform_, uniform_ } from '../init';
import { Module } from '../module';
import { Parameter, type Learned } from '../parameter';
import { showBoolean, showTuple } from '../print';

/** What `paddingMode` of a convolution fills in. */
export type ConvolutionPadding = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Options of `Conv1d`. */
export interface Conv1dOptions<Bias extends boolean = boolean> extends FunctionOptions {
  /** Whether a bias is learned. Default: true. */
  bias?: Bias;
  /** What the padding is: zeros, or elements of the input as in `nn.functional.pad`. Default: 'zeros'. */
  paddingMode?: ConvolutionPadding;
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const conv1dOptions = optionsTable<Conv1dOptions>('Conv1d', {
  ...convolutionFields,
  bias: boolean.or(true),
  paddingMode: oneOf('zeros', 'reflect', 'replicate', 'circular').or('zeros'),
  dtype: floatDType.or('float32'),
});

/** The parameters of a layer: first sizes of weight, then bias, drawn as PyTorch does. */
abstract class Convolution<Bias extends boolean> extends Module {
  /** [first, second / groups, kernelSize]. */
  weight: Parameter;
  /** [outChannels]; null with `bias: false`. */
  bias: Learned<Bias>;
  /** Elements of a window, as an array of one. */
  readonly kernelSize: readonly number[];

  constructor(
    name: string,
    /** Channels of an input. */
    readonly inChannels: number,
    /** Channels of an output. */
    readonly outChannels: number,
    kernelSize: Single,
    /** Groups of channels, each convolved by itself. */
    readonly groups: number,
    isTransposed: boolean,
    bias: boolean,
    dtype: DType,
  ) {
    super();
    positiveInteger.check(name, 'inChannels', inChannels);
    positiveInteger.check(name, 'outChannels', outChannels);
    positiveInteger.check(name, 'groups', groups);
    const taps = sizeOf(name, 'kernelSize', single.check(name, 'kernelSize', kernelSize), 1);
    for (const [side, channels] of Object.entries({ inChannels, outChannels })) {
      if (channels % groups === 0) continue;
      throw new RangeError(
        `${name}: groups must divide ${side}, got ${groups} groups for ${channels} channels`,
      );
    }
    this.kernelSize = [taps];
    const shape = isTransposed
      ? [inChannels, outChannels / groups, taps]
      : [outChannels, inChannels / groups, taps];
    this.weight = new Parameter(empty(shape, dtype));
    this.bias = (bias ? new Parameter(empty([outChannels], dtype)) : null) as Learned<Bias>;
    this.resetParameters();
  }

  /** Draws weight, then bias, as a new layer does. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    // A slope of √5 makes the bound of Kaiming's formula 1/√(fan in).
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    const bias: Parameter | null = this.bias;
    if (bias === null) return;
    const [, channels, taps] = sizesOf(this.weight);
    const bound = 1 / Math.sqrt(channels * taps);
    uniform_(bias, -bound, bound);
  }
}

/**
 * Learned windows that move over signals (torch.nn.Conv1d):
 *
 *     y[n, o, t] = bias[o] + Σ_c,j weight[o, c, j] · x[n, c, t·stride + j·dilation − padding]
 *
 * `weight` [outChannels, inChannels / groups, kernelSize] and `bias` [outChannels] start uniform in
 * ±1/√(inChannels / groups · kernelSize).
 *
 * Shapes: [N, inChannels, L] to [N, outChannels, T], or without N;
 * T = ⌊(L + 2·padding − dilation·(kernelSize − 1) − 1) / stride⌋ + 1.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const layer = new nn.Conv1d(16, 33, 3, { stride: 2 });
 * layer.forward(randn([20, 16, 50])).shape; // [20, 33, 24]
 */
export class Conv1d<Bias extends boolean = true> extends Convolution<Bias> {
  /** Steps between windows, as an array of one. */
  readonly stride: readonly number[];
  /** Elements that are added at both ends, as an array of one; `'same'` or `'valid'`. */
  readonly padding: readonly number[] | 'same' | 'valid';
  /** Steps between the elements of a window, as an array of one. */
  readonly dilation: readonly number[];
  /** What the padding is. */
  readonly paddingMode: ConvolutionPadding;

  /**
   * @param inChannels channels of an input
   * @param outChannels channels of an output
   * @param kernelSize elements of a window; a number, or an array of one
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Single,
    options?: Conv1dOptions<Bias>,
  ) {
    if (arguments.length > 4) surplus('Conv1d', arguments, 4, 'options');
    const read = conv1dOptions.read(options);
    const { bias, dtype, groups, padding, paddingMode } = read;
    super('Conv1d', inChannels, outChannels, kernelSize, groups, false, bias, dtype);
    const { stride, dilation } = stepsOf('Conv1d', this.kernelSize[0], read);
    this.stride = [stride];
    this.padding = typeof padding === 'string' ? padding : [numberOf(padding)];
    this.dilation = [dilation];
    this.paddingMode = paddingMode;
  }

  /**
   * The input's windows: [N, inChannels, L] to [N, outChannels, T].
   * @throws RangeError, TypeError when the input has other channels or another type than the weight, and for a window longer
   * than the padded input.
   */
  forward(input: Tensor): Tensor {
    if (arguments.length > 1) surplus('Conv1d.forward', arguments, 1, 'input');
    const { stride, padding, dilation, groups, paddingMode } = this;
    if (paddingMode === 'zeros') {
      return conv1d(input, this.weight, this.bias, { stride, padding, dilation, groups });
    }
    anyTensor.check('Conv1d.forward', 'input', input);
    const taps = sizeOf('Conv1d.forward', 'kernelSize', this.kernelSize, 1);
    const { before, after } = stepsOf('Conv1d.forward', taps, { stride, padding, dilation });
    const padded =
      before + after === 0 ? input : pad(input, [before, after], { mode: paddingMode });
    return conv1d(padded, this.weight, this.bias, { stride, dilation, groups });
  }

  /** @internal */
  override extraRepr(): string {
    const { inChannels, outChannels, padding, dilation, groups, paddingMode } = this;
    const parts = [`${inChannels}, ${outChannels}`, `kernelSize=${showTuple(this.kernelSize)}`];
    parts.push(`stride=${showTuple(this.stride)}`);
    if (typeof padding === 'string') parts.push(`padding=${padding}`);
    else if (padding[0] !== 0) parts.push(`padding=${showTuple(padding)}`);
    if (dilation[0] !== 1) parts.push(`dilation=${showTuple(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push(`bias=${showBoolean(false)}`);
    if (paddingMode !== 'zeros') parts.push(`paddingMode=${paddingMode}`);
    return parts.join(', ');
  }
}

/** Options of `ConvTranspose1d`. */
export interface ConvTranspose1dLayerOptions<Bias extends boolean = boolean> {
  /** Steps between the windows that are added. Default: 1. */
  stride?: Single;
  /** Elements that are cut from both ends of the output. Default: 0. */
  padding?: Single;
  /** Elements that are added to the output's end; less than stride or dilation. Default: 0. */
  outputPadding?: Single;
  /** Groups of channels, each convolved by itself. Default: 1. */
  groups?: number;
  /** Whether a bias is learned. Default: true. */
  bias?: Bias;
  /** Steps between the elements of a window. Default: 1. */
  dilation?: Single;
  /** Only 'zeros', as in PyTorch. */
  paddingMode?: 'zeros';
  /** Of the parameters: float32 (default) or float64. */
  dtype?: DType;
}

const transposeOptions = optionsTable<ConvTranspose1dLayerOptions>('ConvTranspose1d', {
  stride: single.or(1),
  padding: single.or(0),
  outputPadding: single.or(0),
  groups: integer.or(1),
  bias: boolean.or(true),
  dilation: single.or(1),
  paddingMode: oneOf('zeros').or('zeros'),
  dtype: floatDType.or('float32'),
});

/** Options of `ConvTranspose1d.forward`. */
export interface OutputSizeOptions {
  /** The length of the output, which chooses outputPadding. Default: none, the layer's outputPadding counts. */
  outputSize?: Single;
}

const outputOptions = optionsTable<OutputSizeOptions, 'outputSize'>('ConvTranspose1d.forward', {
  outputSize: single.optional,
});

/**
 * The gradient of a `Conv1d` for its input, as a layer that makes signals longer (torch.nn.ConvTranspose1d):
 *
 *     y[n, c, l] = bias[c] + Σ weight[o, c, j] · x[n, o, t]   over o and all t, j with l = t·stride + j·dilation − padding
 *
 * `weight` [inChannels, outChannels / groups, kernelSize] and `bias` [outChannels] start uniform in
 * ±1/√(outChannels / groups · kernelSize).
 *
 * Shapes: [N, inChannels, L] to [N, outChannels, T], or without N;
 * T = (L − 1)·stride − 2·padding + dilation·(kernelSize − 1) + outputPadding + 1.
 * @throws TypeError, RangeError for sizes or options that are none.
 * @example
 * const layer = new nn.ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 });
 * layer.forward(randn([20, 16, 50])).shape; // [20, 8, 100]
 */
export class ConvTranspose1d<Bias extends boolean = true> extends Convolution<Bias> {
  /** Steps between the windows that are added, as an array of one. */
  readonly stride: readonly number[];
  /** Elements that are cut from both ends, as an array of one. */
  readonly padding: readonly number[];
  /** Steps between the elements of a window, as an array of one. */
  readonly dilation: readonly number[];
  /** Elements that are added to the output's end, as an array of one. */
  readonly outputPadding: readonly number[];

  /**
   * @param inChannels channels of an input
   * @param outChannels channels of an output
   * @param kernelSize elements of a window; a number, or an array of one
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Single,
    options?: ConvTranspose1dLayerOptions<Bias>,
  ) {
    if (arguments.length > 4) surplus('ConvTranspose1d', arguments, 4, 'options');
    const read = transposeOptions.read(options);
    const { bias, dtype, groups } = read;
    super('ConvTranspose1d', inChannels, outChannels, kernelSize, groups, true, bias, dtype);
    const { stride, before, dilation } = stepsOf('ConvTranspose1d', this.kernelSize[0], read);
    this.stride = [stride];
    this.padding = [before];
    this.dilation = [dilation];
    this.outputPadding = [sizeOf('ConvTranspose1d', 'outputPadding', read.outputPadding, 0)];
  }

  /**
   * The input's windows, added: [N, inChannels, L] to [N, outChannels, T].
   * @throws RangeError, TypeError when the input has other channels or another type than the weight, and for an output size that
   * these sizes cannot have.
   */
  forward(input: Tensor, options?: OutputSizeOptions): Tensor {
    if (arguments.length > 2) surplus('ConvTranspose1d.forward', arguments, 2, 'options');
    const { outputSize } = outputOptions.read(options);
    const { stride, padding, dilation, groups } = this;
    anyTensor.check('ConvTranspose1d.forward', 'input', input);
    const outputPadding =
      outputSize === undefined ? this.outputPadding : this.paddingFor(input, numberOf(outputSize));
    return convTranspose1d(input, this.weight, this.bias, {
      stride,
      padding,
      outputPadding,
      groups,
      dilation,
    });
  }

  private paddingFor(input: Tensor, wanted: number): number {
    const [stride, padding, dilation, taps] = (
      ['stride', 'padding', 'dilation', 'kernelSize'] as const
    ).map((name) => sizeOf('ConvTranspose1d.forward', name, this[name], 0));
    const length = sizesOf(input)[input.ndim - 1] ?? 0;
    const least = (length - 1) * stride - 2 * padding + dilation * (taps - 1) + 1;
    if (wanted < least || wanted > least + stride - 1) {
      throw new RangeError(
        `ConvTranspose1d.forward: outputSize must be an integer from ${least} to ${least + stride - 1} for an input of length ${length}, got ${wanted}`,
      );
    }
    return wanted - least;
  }

  /** @internal */
  override extraRepr(): string {
    const { inChannels, outChannels, padding, dilation, groups, outputPadding } = this;
    const parts = [`${inChannels}, ${outChannels}`, `kernelSize=${showTuple(this.kernelSize)}`];
    parts.push(`stride=${showTuple(this.stride)}`);
    if (padding[0] !== 0) parts.push(`padding=${showTuple(padding)}`);
    if (dilation[0] !== 1) parts.push(`dilation=${showTuple(dilation)}`);
    if (outputPadding[0] !== 0) parts.push(`outputPadding=${showTuple(outputPadding)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push(`bias=${showBoolean(false)}`);
    return parts.join(', ');
  }
}
