/**
 * What recurrent layers share: options, fields and parameters. A call goes through run.ts; the layers themselves are in rnn.ts,
 * lstm.ts, gru.ts and janet.ts.
 */
import {
  boolean,
  optionsTable,
  positiveInteger,
  probability,
  refuseAbstract,
  surplus,
  type Fields,
} from '../../check';
import { cells, stateSize, type CellKind } from '../../ops/sequence/cells';
import { deepcopy, emptyOf } from '../../tensor/deepcopy';
import type { DType } from '../../tensor/dtype';
import { floatDType, isTensor } from '../../tensor/rules';
import { empty, type Tensor } from '../../tensor/tensor';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';
import { showBoolean } from '../print';
import { carrier, carries, carryOn, type Carries } from '../session/carried';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { checkCombination } from './checks';
import {
  forgetGate,
  initialFields,
  isOfNormalization,
  makeOrthogonal,
  openForgetGate,
  resetNormalization,
  type InitialOptions,
} from './initial';
import { namesOf, shapesOf, type ParameterName } from './parameters';
import { rowsOf, runLayers } from './run';
import type { Built, Run, States } from './stack';
import {
  showVariants,
  variantFields,
  type ReturnStates,
  type VariantOptions,
  type Zoneout,
} from './variants';

/** Options of every recurrent layer, with PyTorch's defaults. */
export interface RecurrentOptions<R extends ReturnStates = ReturnStates>
  extends VariantOptions<R>, InitialOptions {
  /** Number of layers; each takes the output of the one below. Default: 1. */
  numLayers?: number;
  /** Whether the layers have biases. Default: true. */
  bias?: boolean;
  /** Inputs and outputs are [N, T, …] instead of [T, N, …]; states are not affected. Default: false. */
  batchFirst?: boolean;
  /** Probability of setting an output between two layers to 0 while training. Default: 0. */
  dropout?: number;
  /** A second direction, from the last step to the first; outputs are concatenated. Default: false. */
  bidirectional?: boolean;
  /** Of the parameters: `'float32'` (default) or `'float64'`. */
  dtype?: DType;
}

/** The rows that the options tables of recurrent layers share. */
export const recurrentFields: Fields<RecurrentOptions> = {
  numLayers: positiveInteger.or(1),
  bias: boolean.or(true),
  batchFirst: boolean.or(false),
  dropout: probability.or(0),
  bidirectional: boolean.or(false),
  dtype: floatDType.or('float32'),
  ...variantFields,
  ...initialFields,
};

// Of a copy, which gets the fields of the original.
const noVariants = optionsTable<VariantOptions & InitialOptions>('RecurrentBase', {
  ...variantFields,
  ...initialFields,
}).read(undefined);

interface LayerDetails {
  readonly projSize?: number;
  readonly relu?: boolean;
  readonly zoneout?: Zoneout;
  readonly peephole?: boolean;
  readonly layerNorm?: boolean;
  readonly bare?: boolean;
  /** Whether the bias of the forget gate, the block of that number, starts as 1. */
  readonly unitForgetBias?: boolean;
}

const noZoneout: Zoneout = { h: 0, c: 0 };

/**
 * What `RNN`, `LSTM`, `GRU` and `JANET` have in common (torch.nn.RNNBase); not made directly. `instanceof nn.RecurrentBase` tells
 * recurrent layers from others.
 *
 * Parameters of layer k, with G gates (RNN 1, LSTM 4, GRU 3, JANET 2) and S = projSize or else hiddenSize; those of the second
 * direction end in `_reverse`:
 *
 * | name | shape |
 * |---|---|
 * | `weight_ih_lk` | [G · hiddenSize, inputSize], above layer 0 [G · hiddenSize, D · S] |
 * | `weight_hh_lk` | [G · hiddenSize, S] |
 * | `bias_ih_lk`, `bias_hh_lk` | [G · hiddenSize], unless `bias` is false |
 * | `weight_hr_lk` | [projSize, hiddenSize], of an LSTM with projSize > 0 |
 * | `weight_ch_lk` | [3 · hiddenSize], of an LSTM with peepholes |
 * | `norm_ih_lk`, `norm_hh_lk` | [G · hiddenSize], with `layerNorm` |
 * | `norm_ch_lk`, `bias_ch_lk` | [hiddenSize], of an LSTM with `layerNorm`; the latter unless `bias` is false |
 *
 * All start uniform in ±1/√hiddenSize, those of `layerNorm` as 1 and 0.
 *
 * @example
 * const layer: nn.Module = new nn.GRU(4, 8);
 * layer instanceof nn.RecurrentBase; // true
 */
export abstract class RecurrentBase extends Module {
  /**
   * The parameters by PyTorch's names: `weight_ih_l0`, `bias_hh_l1_reverse`. There are none of a layer or a direction that the
   * net does not have, no biases with `bias: false`, `weight_hr` with a projection only, and `weight_ch` with peepholes only.
   */
  [name: ParameterName]: Parameter;
  /** Features of an input. */
  readonly inputSize: number;
  /** Features of the hidden state: H. */
  readonly hiddenSize: number;
  /** Number of layers. */
  readonly numLayers: number;
  /** Whether the layers have biases. */
  readonly bias: boolean;
  /** Whether inputs and outputs are [N, T, …] instead of [T, N, …]. */
  readonly batchFirst: boolean;
  /** Probability of setting an output between two layers to 0 while training. */
  readonly dropout: number;
  /** Whether there is a second direction: D = 2 instead of 1. */
  readonly bidirectional: boolean;
  /** Features that the hidden state is projected to; 0 for no projection. */
  readonly projSize: number;
  /** Probability of setting a feature of the input to 0 while training, at all steps of a sequence. */
  readonly inputDropout: number;
  /** The same for the output of the last layer. */
  readonly outputDropout: number;
  /** Whether `dropout` has one mask for all steps of a sequence. */
  readonly lockedDropout: boolean;
  /** Probability of setting an element of a `weight_hh` to 0 for one forward while training. */
  readonly weightDropout: number;
  /** Probability of setting a feature of h to 0 before the product with `weight_hh` while training, at all steps. */
  readonly recurrentDropout: number;
  /** Which states `forward` returns. */
  readonly returnStates: ReturnStates;
  /** Whether the block of each gate in a `weight_hh` starts as an orthogonal matrix. */
  readonly orthogonal: boolean;
  /** Whether the bias of the forget gate starts as 1; false for layers that have none. */
  readonly unitForgetBias: boolean;
  readonly #built: Built;

  /** @internal `bare`: without parameters, for a copy that gets them. */
  constructor(
    kind: CellKind,
    inputSize: number,
    hiddenSize: number,
    options: Readonly<Required<RecurrentOptions>>,
    {
      projSize = 0,
      relu = false,
      bare = false,
      unitForgetBias = false,
      ...details
    }: LayerDetails = {},
  ) {
    super();
    if (!Object.hasOwn(cells, kind)) {
      refuseAbstract(RecurrentBase, RecurrentBase, 'use RNN, LSTM, GRU or JANET');
    }
    const { name } = cells[kind];
    this.inputSize = positiveInteger.check(name, 'inputSize', inputSize);
    this.hiddenSize = positiveInteger.check(name, 'hiddenSize', hiddenSize);
    this.numLayers = options.numLayers;
    this.bias = options.bias;
    this.batchFirst = options.batchFirst;
    this.dropout = options.dropout;
    this.bidirectional = options.bidirectional;
    this.inputDropout = options.inputDropout;
    this.outputDropout = options.outputDropout;
    this.lockedDropout = options.lockedDropout;
    this.weightDropout = options.weightDropout;
    this.recurrentDropout = options.recurrentDropout;
    this.returnStates = options.returnStates;
    this.orthogonal = options.orthogonal;
    this.unitForgetBias = unitForgetBias;
    this.projSize = projSize;
    const { numLayers, bias, dropout, recurrentDropout, returnStates } = options;
    const { zoneout = noZoneout, peephole = false, layerNorm = false } = details;
    checkCombination(name, {
      ...{ hiddenSize, numLayers, bias, dropout, projSize },
      ...{ recurrentDropout, zoneout, peephole, layerNorm, unitForgetBias, returnStates },
    });
    const directions = options.bidirectional ? 2 : 1;
    const inner = (projSize || hiddenSize) * directions;
    this.#built = {
      operation: `${name}.forward`,
      ...{ kind, relu, zoneout, peephole, layerNorm, directions },
      sizes: Array.from({ length: numLayers }, (_, layer) => ({
        inputSize: layer === 0 ? inputSize : inner,
        hiddenSize,
        projSize,
      })),
      // Once: putting them together costs more than a call's look at the fields.
      names: Array.from({ length: numLayers * directions }, (_, i) =>
        namesOf(Math.floor(i / directions), i % directions),
      ),
    };
    if (bare) return;
    this.#addParameters(options.dtype);
    this.resetParameters();
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    const { kind, relu, zoneout, peephole, layerNorm, sizes, directions } = this.#built;
    const [{ inputSize, hiddenSize, projSize }] = sizes;
    const options = {
      numLayers: sizes.length,
      bidirectional: directions === 2,
      ...{ bias: true, batchFirst: false, dropout: 0, dtype: 'float32' },
      ...noVariants,
    };
    const details: LayerDetails = { projSize, relu, zoneout, peephole, layerNorm, bare: true };
    return emptyOf(RecurrentBase, this, [kind, inputSize, hiddenSize, options, details]);
  }

  #addParameters(dtype: DType): void {
    const { bias } = this;
    const { kind, sizes, names, directions, peephole, layerNorm } = this.#built;
    sizes.forEach((ofLayer, layer) => {
      const shapes = shapesOf(kind, ofLayer, { bias, peephole, layerNorm });
      for (let d = 0; d < directions; d++) {
        const own = names[layer * directions + d];
        for (const [which, shape] of shapes)
          this.registerParameter(own[which], new Parameter(empty(shape, dtype)));
      }
    });
  }

  /** Draws all parameters anew, uniform in ±1/√hiddenSize, in their order; then what `orthogonal` and `unitForgetBias` say. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const [key, parameter] of this.ownParameters())
      if (!isOfNormalization(key)) uniform_(parameter, -bound, bound);
    resetNormalization(this.ownParameters());
    const { kind } = this.#built;
    const { gates } = cells[kind];
    if (this.orthogonal) makeOrthogonal(this.ownParameters(), gates);
    if (this.unitForgetBias) openForgetGate(this.ownParameters(), gates, forgetGate[kind] ?? 0);
  }

  /** @internal */
  [carries](): Carries {
    const { kind, sizes, directions } = this.#built;
    const { hasCellState } = cells[kind];
    return {
      parts: hasCellState ? ['h', 'c'] : ['h'],
      rowDim: 1,
      fromZeros: true,
      refusal:
        directions === 2
          ? 'is bidirectional: its second direction begins at the end of the sequence, which a session does not know'
          : null,
      expected: (part, rows) => {
        const features = part === 0 ? stateSize(sizes[0]) : sizes[0].hiddenSize;
        const layers = sizes.length;
        const shape = rows === null ? [layers, features] : [layers, rows, features];
        return { shape, dtype: this.weight_ih_l0.dtype };
      },
    };
  }

  /** Runs all layers. The states that come in and go out are [numLayers · directions, N, S or H]. */
  protected run(
    input: Tensor | PackedSequence,
    states: States | null,
  ): Run<Tensor | PackedSequence> {
    const session = carrier();
    const rows = session === null ? undefined : rowsOf(this, input);
    if (session === null || rows === undefined) return runLayers(this, this.#built, input, states);
    const { dtype } = isTensor(input) ? input : input.data;
    return carryOn(
      session,
      this,
      states,
      rows,
      dtype,
      (from) => runLayers(this, this.#built, input, from),
      ([, h, c]) => ({ h, c }),
    );
  }

  /** @internal */
  override extraRepr(): string {
    const parts = [`${this.inputSize}`, `${this.hiddenSize}`];
    if (this.projSize > 0) parts.push(`projSize=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`numLayers=${this.numLayers}`);
    if (!this.bias) parts.push(`bias=${showBoolean(this.bias)}`);
    if (this.batchFirst) parts.push(`batchFirst=${showBoolean(this.batchFirst)}`);
    if (this.dropout !== 0) parts.push(`dropout=${this.dropout}`);
    if (this.bidirectional) parts.push(`bidirectional=${showBoolean(this.bidirectional)}`);
    return parts.concat(showVariants(this)).join(', ');
  }
}
