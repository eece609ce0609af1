/**
 * What recurrent layers share: options, parameters, layers and directions, checks of inputs and states, and the
 * stacking of fused layers. The layers themselves are in rnn.ts, lstm.ts, gru.ts and janet.ts.
 */
import { Node } from '../../autograd/node';
import { cat, indexSelect, narrow, squeeze, transpose, unsqueeze } from '../../ops';
import {
  boolean,
  instanceOf,
  optionsTable,
  positiveInteger,
  probability,
  refuseAbstract,
  surplus,
  type Fields,
} from '../../check';
import { contiguous } from '../../ops/copying/clone';
import { cells, stateSize, type CellKind, type CellSizes } from '../../ops/sequence/cells';
import type {
  DirectionVariant,
  DirectionWeights,
  SequenceOptions,
  SequenceResult,
} from '../../ops/sequence/call';
import { normalizedSequence, type NormalizedWeights } from '../../ops/sequence/normalized';
import type { NormalizedKind } from '../../ops/sequence/normalized-twin';
import { sequence } from '../../ops/sequence/sequence';
import { deepcopy, emptyOf } from '../../tensor/deepcopy';
import type { DType } from '../../tensor/dtype';
import { floatDType, isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { ownNodeOf, sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { dropout as dropoutOf } from '../functional/dropout';
import { lockedDropout as lockedDropoutOf, type StepLayout } from '../functional/locked-dropout';
import { uniform_ } from '../init';
import { Module } from '../module';
import { Parameter } from '../parameter';
import { showBoolean } from '../print';
import { PackedSequence } from '../utils/rnn/packed-sequence';
import {
  drawVariant,
  dropWeights,
  mapStates,
  showVariants,
  variantFields,
  type AllStates,
  type ReturnStates,
  type VariantOptions,
  type Zoneout,
} from './variants';
import {
  forgetGate,
  initialFields,
  isOfNormalization,
  makeOrthogonal,
  openForgetGate,
  resetNormalization,
  type InitialOptions,
} from './initial';
import {
  checkCombination,
  checkInput,
  checkNormalized,
  checkState,
  type Combination,
} from './checks';
import { namesOf, shapesOf, type FieldNames, type ParameterName } from './parameters';
import { checkBuilt, directionWeights, normalizedWeights } from './weights';
import { carrier, carries, carryOn, type Carries } from '../session/carried';

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

/** States by layer and direction: hidden, and for the LSTM cell. */
export interface States {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

/** What a layer has computed: out, the states after the last step, and with `returnStates: 'all'` those of all. */
export type Run<S> = [out: S, h: Tensor, c: Tensor | null, all: AllStates<S> | null];

const packed = instanceOf(PackedSequence, 'a Tensor or a PackedSequence');

/** The states of all layers in one tensor. PyTorch stacks those of each direction, which its gradFn says. */
function layersOf(states: readonly Tensor[]): Tensor {
  if (states.length === 1) return states[0];
  const all = cat(states, 0);
  const node = ownNodeOf(all);
  if (node instanceof Node) node.name = 'StackBackward0';
  return all;
}

/** The cell states of all steps, [T, N, H] or [R, H] of each direction, laid out as the output. */
function directionsOf(ofCells: readonly Tensor[], { batchFirst, batchSizes }: StepLayout): Tensor {
  const all = ofCells.length === 1 ? ofCells[0] : cat(ofCells, -1);
  return batchFirst && batchSizes === null ? transpose(all, 0, 1) : all;
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
  readonly #kind: CellKind;
  readonly #relu: boolean;
  readonly #zoneout: Zoneout;
  readonly #peephole: boolean;
  readonly #layerNorm: boolean;
  readonly #sizes: readonly CellSizes[];
  readonly #twoWays: boolean;
  /** What errors of a call begin with. */
  readonly #operation: string;
  readonly #names: FieldNames[] = [];

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
    this.#kind = kind;
    this.#relu = relu;
    this.#zoneout = details.zoneout ?? noZoneout;
    this.#peephole = details.peephole ?? false;
    this.#layerNorm = details.layerNorm ?? false;
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
    this.#twoWays = options.bidirectional;
    this.#operation = `${name}.forward`;
    this.projSize = projSize;
    checkCombination(name, this.#combination);
    const inner = (projSize || hiddenSize) * this.#directions;
    this.#sizes = Array.from({ length: this.numLayers }, (_, layer) => ({
      inputSize: layer === 0 ? this.inputSize : inner,
      hiddenSize,
      projSize,
    }));
    if (bare) return;
    this.#addParameters(options.dtype);
    this.resetParameters();
  }

  /** @internal */
  override [deepcopy.custom](): Module {
    const [{ inputSize, hiddenSize, projSize }] = this.#sizes;
    const options = {
      numLayers: this.#sizes.length,
      bidirectional: this.#twoWays,
      ...{ bias: true, batchFirst: false, dropout: 0, dtype: 'float32' },
      ...noVariants,
    };
    const details: LayerDetails = {
      ...{ projSize, relu: this.#relu, zoneout: this.#zoneout, peephole: this.#peephole },
      layerNorm: this.#layerNorm,
      bare: true,
    };
    return emptyOf(RecurrentBase, this, [this.#kind, inputSize, hiddenSize, options, details]);
  }

  get #directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  #addParameters(dtype: DType): void {
    const { bias } = this;
    const parts = { bias, peephole: this.#peephole, layerNorm: this.#layerNorm };
    for (let layer = 0; layer < this.numLayers; layer++) {
      const shapes = shapesOf(this.#kind, this.#sizes[layer], parts);
      for (let d = 0; d < this.#directions; d++) {
        const names = namesOf(layer, d);
        for (const [kind, shape] of shapes)
          this.registerParameter(names[kind], new Parameter(empty(shape, dtype)));
      }
    }
  }

  /** Draws all parameters anew, uniform in ±1/√hiddenSize, in their order; then what `orthogonal` and `unitForgetBias` say. */
  resetParameters(): void {
    if (arguments.length > 0) surplus(`${this.constructor.name}.resetParameters`, arguments, 0);
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const [key, parameter] of this.ownParameters())
      if (!isOfNormalization(key)) uniform_(parameter, -bound, bound);
    resetNormalization(this.ownParameters());
    const { gates } = cells[this.#kind];
    if (this.orthogonal) makeOrthogonal(this.ownParameters(), gates);
    if (this.unitForgetBias)
      openForgetGate(this.ownParameters(), gates, forgetGate[this.#kind] ?? 0);
  }

  // The names are put together once: that would cost more in each forward than finding the fields.
  #weights(layer: number, dtype: DType): DirectionWeights[] {
    const name = this.#operation;
    const out: DirectionWeights[] = [];
    const directions = this.#directions;
    for (let d = 0; d < directions; d++) {
      const names = this.#namesOf(layer, d);
      out.push(
        directionWeights(name, this.#kind, this.#sizes[layer], this, names, dtype, this.#peephole),
      );
    }
    return out;
  }

  #namesOf(layer: number, d: number): FieldNames {
    return (this.#names[layer * this.#directions + d] ??= namesOf(layer, d));
  }

  #normalizedWeights(layer: number, dtype: DType): NormalizedWeights[] {
    const kind = this.#kind as NormalizedKind;
    const sizes = this.#sizes[layer];
    return Array.from({ length: this.#directions }, (_, d) =>
      normalizedWeights(this.#operation, kind, sizes, this, this.#namesOf(layer, d), dtype),
    );
  }

  get #combination(): Combination {
    const { hiddenSize, numLayers, bias, dropout, projSize } = this;
    const { recurrentDropout, unitForgetBias, returnStates } = this;
    return {
      ...{ hiddenSize, numLayers, bias, dropout, projSize },
      ...{ recurrentDropout, unitForgetBias, returnStates },
      ...{ zoneout: this.#zoneout, peephole: this.#peephole, layerNorm: this.#layerNorm },
    };
  }

  // The kernels know the sizes of the constructor; fields are `readonly` for the compiler alone.
  #checkBuilt(): void {
    const name = this.#operation;
    const { inputSize, hiddenSize, projSize } = this.#sizes[0];
    checkBuilt(name, 'inputSize', this.inputSize, inputSize);
    checkBuilt(name, 'hiddenSize', this.hiddenSize, hiddenSize);
    checkBuilt(name, 'projSize', this.projSize, projSize);
    checkBuilt(name, 'numLayers', this.numLayers, this.#sizes.length);
    checkBuilt(name, 'bidirectional', this.bidirectional, this.#twoWays);
    if (this.#layerNorm) checkNormalized(name, this.#combination);
  }

  #checkInput(x: Tensor): void {
    this.#checkBuilt();
    checkInput(this.#operation, x, this.inputSize, this.batchFirst, this.weight_ih_l0);
  }

  #checkState(which: string, state: Tensor, expected: readonly number[], dtype: string): void {
    const features = which === 'c0' || this.projSize === 0 ? 'hiddenSize' : 'projSize';
    checkState(this.#operation, which, state, expected, dtype, this.bidirectional, features);
  }

  /** @internal */
  [carries](): Carries {
    const { hasCellState } = cells[this.#kind];
    return {
      parts: hasCellState ? ['h', 'c'] : ['h'],
      rowDim: 1,
      fromZeros: true,
      refusal: this.#twoWays
        ? 'is bidirectional: its second direction begins at the end of the sequence, which a session does not know'
        : null,
      expected: (part, rows) => {
        const { hiddenSize } = this.#sizes[0];
        const features = part === 0 ? stateSize(this.#sizes[0]) : hiddenSize;
        const layers = this.#sizes.length;
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
    const rows = session === null ? undefined : this.#rowsOf(input);
    if (session === null || rows === undefined) return this.#run(input, states);
    const { dtype } = isTensor(input) ? input : input.data;
    return carryOn(
      session,
      this,
      states,
      rows,
      dtype,
      (from) => this.#run(input, from),
      ([, h, c]) => ({ h, c }),
    );
  }

  // Of the batch, null without one; undefined for what is no input.
  #rowsOf(input: Tensor | PackedSequence): number | null | undefined {
    if (!isTensor(input)) return packed.accepts(input) ? input.batch : undefined;
    if (input.ndim === 2) return null;
    return input.ndim === 3 ? sizesOf(input)[this.batchFirst ? 0 : 1] : undefined;
  }

  #run(input: Tensor | PackedSequence, states: States | null): Run<Tensor | PackedSequence> {
    if (!isTensor(input)) {
      return this.#runPacked(packed.check(this.#operation, 'input', input), states);
    }
    const name = this.#operation;
    if (input.ndim !== 2 && input.ndim !== 3) {
      throw new RangeError(
        `${name}: input must have 2 dimensions (unbatched, [T, features]) or 3 (${this.batchFirst ? '[N, T' : '[T, N'}, features]), got ${showShape(sizesOf(input))}`,
      );
    }
    this.#checkInput(input);
    const unbatched = input.ndim === 2;
    const batchDim = this.batchFirst ? 0 : 1;
    const x = unbatched ? unsqueeze(input, batchDim) : input;
    if (sizesOf(x)[1 - batchDim] === 0) {
      throw new RangeError(
        `${name}: the sequence has no steps (input ${showShape(sizesOf(input))})`,
      );
    }
    const batch = sizesOf(x)[batchDim];
    const start = this.#startStates(states, batch, unbatched, input.dtype);
    const ran = this.#stack(x, start, batch, null);
    if (!unbatched) return ran;
    const [out, h, c, all] = ran;
    const lower = (y: Tensor): Tensor => squeeze(y, batchDim);
    return [lower(out), squeeze(h, 1), c && squeeze(c, 1), all && mapStates(all, lower)];
  }

  #runPacked(input: PackedSequence, states: States | null): Run<PackedSequence> {
    const { data, sortedIndices, unsortedIndices } = input;
    // What kernels read is no memory of the user's.
    const { copy: batchSizes } = input.check(this.#operation);
    this.#checkInput(data);
    const batch = input.batch;
    const start = this.#startStates(states, batch, false, data.dtype);
    const sort = (x: Tensor): Tensor =>
      sortedIndices === null ? x : indexSelect(x, 1, sortedIndices);
    const unsort = (x: Tensor): Tensor =>
      unsortedIndices === null ? x : indexSelect(x, 1, unsortedIndices);
    const sorted = start && { h: sort(start.h), c: start.c && sort(start.c) };
    const [out, h, c, all] = this.#stack(data, sorted, batch, batchSizes);
    const pack = (y: Tensor): PackedSequence => input.withData(y);
    return [pack(out), unsort(h), c && unsort(c), all && mapStates(all, pack)];
  }

  #startStates(
    states: States | null,
    batch: number,
    unbatched: boolean,
    dtype: string,
  ): States | null {
    if (states === null) return null;
    const layers = this.numLayers * this.#directions;
    const S = stateSize(this.#sizes[0]);
    const expect = (features: number): number[] =>
      unbatched ? [layers, features] : [layers, batch, features];
    this.#checkState('h0', states.h, expect(S), dtype);
    if (states.c !== null) this.#checkState('c0', states.c, expect(this.hiddenSize), dtype);
    if (!unbatched) return states;
    return { h: unsqueeze(states.h, 1), c: states.c && unsqueeze(states.c, 1) };
  }

  #stack(x: Tensor, start: States | null, batch: number, batchSizes: Tensor | null): Run<Tensor> {
    const D = this.#directions;
    const last = this.numLayers - 1;
    const ofLayer = (state: Tensor | null | undefined, layer: number): Tensor | null => {
      if (state === null || state === undefined) return null;
      return contiguous(this.numLayers === 1 ? state : narrow(state, 0, layer * D, D));
    };
    const drops = this.dropout > 0 && this.training && last > 0;
    const { training, batchFirst, lockedDropout } = this;
    const { returnStates } = this;
    const all: AllStates<Tensor> | null =
      returnStates === 'last' ? null : { h: [], c: [], gates: [] };
    // PyTorch draws masks over [T, N, …]: the layers before the last run time-first then, with batchFirst too.
    const swaps = drops && !lockedDropout && batchFirst && batchSizes === null;
    const layout = { batchFirst, batchSizes, batch };
    const given =
      training && this.inputDropout > 0 ? lockedDropoutOf(x, this.inputDropout, layout) : x;
    let out = swaps ? transpose(given, 0, 1) : given;
    const hs: Tensor[] = [];
    const cs: Tensor[] = [];
    for (let layer = 0; layer <= last; layer++) {
      const timeFirst = swaps && layer < last;
      const result = this.#runLayer(
        layer,
        out,
        ofLayer(start?.h, layer),
        ofLayer(start?.c, layer),
        {
          sizes: this.#sizes[layer],
          batchFirst: batchFirst && !timeFirst,
          relu: this.#relu,
          batchSizes,
          batch,
          returnsCells: all !== null,
          returnsGates: returnStates === 'gates',
          gradFnNames: [this.#gradFnName, 'StackBackward0'],
          // Drawn by #runLayer, after the mask of the weights.
          variants: null,
        },
      );
      [out] = result;
      hs.push(result[1]);
      if (result[2] !== null) cs.push(result[2]);
      if (all !== null) {
        all.h.push(timeFirst ? transpose(out, 0, 1) : out);
        const [, , , ofCells, gates] = result;
        if (ofCells.length > 0) all.c.push(directionsOf(ofCells, layout));
        if (gates.length > 0) {
          // GRU's blocks end with n's part of h, which is no gate.
          const features = cells[this.#kind].gates * this.hiddenSize;
          const own = gates.map((saved) => narrow(saved, -1, 0, features));
          all.gates.push(directionsOf(own, layout));
        }
      }
      if (!drops || layer === last) continue;
      out = lockedDropout
        ? lockedDropoutOf(out, this.dropout, layout)
        : dropoutOf(out, this.dropout);
      if (swaps && layer === last - 1) out = transpose(out, 0, 1);
    }
    if (training && this.outputDropout > 0) {
      out = lockedDropoutOf(out, this.outputDropout, layout);
    }
    return [out, layersOf(hs), cs.length === 0 ? null : layersOf(cs), all];
  }

  #runLayer(
    layer: number,
    x: Tensor,
    h0: Tensor | null,
    c0: Tensor | null,
    options: SequenceOptions,
  ): SequenceResult {
    const p = this.training ? this.weightDropout : 0;
    if (this.#layerNorm) {
      const weights = this.#normalizedWeights(layer, x.dtype).map((own) => ({
        ...own,
        weightHh: p > 0 ? dropoutOf(own.weightHh, p) : own.weightHh,
      }));
      return normalizedSequence(this.#kind as NormalizedKind, x, h0, c0, weights, options);
    }
    const plain = this.#weights(layer, x.dtype);
    // Drawn before what the steps draw.
    const weights = p > 0 ? dropWeights(plain, p) : plain;
    options.variants = this.#variants(x, options);
    return sequence(this.#kind, x, h0, c0, weights, options);
  }

  /** What is drawn for the directions of a layer whose input is x; null for the plain cell. */
  #variants(
    x: Tensor,
    { batch, batchSizes, batchFirst }: SequenceOptions,
  ): DirectionVariant[] | null {
    const { recurrentDropout, training, hiddenSize: H } = this;
    const zoneout = this.#zoneout;
    if (recurrentDropout === 0 && zoneout.h === 0 && zoneout.c === 0) return null;
    const out: DirectionVariant[] = [];
    for (let d = 0; d < this.#directions; d++) {
      const drawn = drawVariant({
        recurrentDropout,
        zoneout,
        training,
        stateShape: [batch, H],
        stepsShape:
          batchSizes === null ? [sizesOf(x)[batchFirst ? 1 : 0], batch, H] : [sizesOf(x)[0], H],
        hasCellState: cells[this.#kind].hasCellState,
        dtype: x.dtype,
      });
      if (drawn === null) return null;
      out.push(drawn);
    }
    return out;
  }

  // What PyTorch's gradFn is called for the same layer.
  get #gradFnName(): string {
    if (this.batchFirst) return this.#kind === 'lstm' ? 'TransposeBackward0' : 'TransposeBackward1';
    return this.bidirectional ? 'CatBackward0' : 'StackBackward0';
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
