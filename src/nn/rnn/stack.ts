/**
 * Runs the layers of a recurrent net one above the other: weights, what training draws, dropout between layers, and the states of
 * all of them. The fused steps of one layer are ops/sequence; inputs and states have been checked by run.ts.
 */
import { Node } from '../../autograd/node';
import { cat, narrow, transpose } from '../../ops';
import { contiguous } from '../../ops/copying/clone';
import type {
  DirectionVariant,
  DirectionWeights,
  SequenceOptions,
  SequenceResult,
} from '../../ops/sequence/call';
import { cells, type CellKind, type CellSizes } from '../../ops/sequence/cells';
import { normalizedSequence, type NormalizedWeights } from '../../ops/sequence/normalized';
import type { NormalizedKind } from '../../ops/sequence/normalized-twin';
import { sequence } from '../../ops/sequence/sequence';
import type { DType } from '../../tensor/dtype';
import { ownNodeOf, sizesOf, type Tensor } from '../../tensor/tensor';
import { dropout as dropoutOf } from '../functional/dropout';
import { lockedDropout as lockedDropoutOf, type StepLayout } from '../functional/locked-dropout';
import type { FieldNames } from './parameters';
import {
  drawVariant,
  dropWeights,
  type AllStates,
  type ReturnStates,
  type Zoneout,
} from './variants';
import { directionWeights, normalizedWeights } from './weights';

/** What the constructor of a layer settles; its public fields are `readonly` for the compiler alone. */
export interface Built {
  /** What errors of a call begin with. */
  readonly operation: string;
  readonly kind: CellKind;
  readonly relu: boolean;
  readonly zoneout: Zoneout;
  readonly peephole: boolean;
  readonly layerNorm: boolean;
  /** Of each layer, the lowest first. */
  readonly sizes: readonly CellSizes[];
  readonly directions: 1 | 2;
  /** The parameters' names, of layer k and direction d at k · directions + d. */
  readonly names: readonly FieldNames[];
}

/** The public fields that running reads; the parameters are further ones. */
export interface LayerFields {
  readonly numLayers: number;
  readonly hiddenSize: number;
  readonly training: boolean;
  readonly batchFirst: boolean;
  readonly bidirectional: boolean;
  readonly dropout: number;
  readonly lockedDropout: boolean;
  readonly inputDropout: number;
  readonly outputDropout: number;
  readonly weightDropout: number;
  readonly recurrentDropout: number;
  readonly returnStates: ReturnStates;
}

/** States by layer and direction: hidden, and for the LSTM cell. */
export interface States {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

/** What a layer has computed: out, the states after the last step, and with `returnStates: 'all'` those of all. */
export type Run<S> = [out: S, h: Tensor, c: Tensor | null, all: AllStates<S> | null];

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

function weightsOf(
  net: LayerFields,
  built: Built,
  layer: number,
  dtype: DType,
): DirectionWeights[] {
  const { operation, kind, sizes, directions, names, peephole } = built;
  const out = new Array<DirectionWeights>(directions);
  for (let d = 0; d < directions; d++) {
    const own = names[layer * directions + d];
    out[d] = directionWeights(operation, kind, sizes[layer], net, own, dtype, peephole);
  }
  return out;
}

function normalizedWeightsOf(
  net: LayerFields,
  { operation, kind, sizes, directions, names }: Built,
  layer: number,
  dtype: DType,
): NormalizedWeights[] {
  return Array.from({ length: directions }, (_, d) => {
    const own = names[layer * directions + d];
    return normalizedWeights(operation, kind as NormalizedKind, sizes[layer], net, own, dtype);
  });
}

/** What is drawn for the directions of a layer whose input is x; null for the plain cell. */
function variantsOf(
  { recurrentDropout, training, hiddenSize: H }: LayerFields,
  { kind, zoneout, directions }: Built,
  x: Tensor,
  { batch, batchSizes, batchFirst }: SequenceOptions,
): DirectionVariant[] | null {
  if (recurrentDropout === 0 && zoneout.h === 0 && zoneout.c === 0) return null;
  const out: DirectionVariant[] = [];
  for (let d = 0; d < directions; d++) {
    const drawn = drawVariant({
      recurrentDropout,
      zoneout,
      training,
      stateShape: [batch, H],
      stepsShape:
        batchSizes === null ? [sizesOf(x)[batchFirst ? 1 : 0], batch, H] : [sizesOf(x)[0], H],
      hasCellState: cells[kind].hasCellState,
      dtype: x.dtype,
    });
    if (drawn === null) return null;
    out.push(drawn);
  }
  return out;
}

type Names = SequenceOptions['gradFnNames'];
const transposedLstm: Names = ['TransposeBackward0', 'StackBackward0'];
const transposed: Names = ['TransposeBackward1', 'StackBackward0'];
const joined: Names = ['CatBackward0', 'StackBackward0'];
const stacked: Names = ['StackBackward0', 'StackBackward0'];

// What PyTorch's gradFn is called for the same layer.
function gradFnNamesOf({ batchFirst, bidirectional }: LayerFields, kind: CellKind): Names {
  if (batchFirst) return kind === 'lstm' ? transposedLstm : transposed;
  return bidirectional ? joined : stacked;
}

function runLayer(
  net: LayerFields,
  built: Built,
  layer: number,
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  options: SequenceOptions,
): SequenceResult {
  const p = net.training ? net.weightDropout : 0;
  if (built.layerNorm) {
    const weights = normalizedWeightsOf(net, built, layer, x.dtype).map((own) => ({
      ...own,
      weightHh: p > 0 ? dropoutOf(own.weightHh, p) : own.weightHh,
    }));
    return normalizedSequence(built.kind as NormalizedKind, x, h0, c0, weights, options);
  }
  const plain = weightsOf(net, built, layer, x.dtype);
  // Drawn before what the steps draw.
  const weights = p > 0 ? dropWeights(plain, p) : plain;
  options.variants = variantsOf(net, built, x, options);
  return sequence(built.kind, x, h0, c0, weights, options);
}

/**
 * Runs all layers.
 * @param net the module, which has the parameters
 * @param x [T, N, I], with batchFirst [N, T, I], or the rows [R, I] of a packed sequence
 * @param start [numLayers · directions, N, S or H]; null for zeros
 * @param batchSizes rows of each step; null where all have N
 */
export function runStack(
  net: LayerFields,
  built: Built,
  x: Tensor,
  start: States | null,
  batch: number,
  batchSizes: Tensor | null,
): Run<Tensor> {
  const { numLayers, training, batchFirst, dropout, lockedDropout, returnStates } = net;
  const { kind, directions: D } = built;
  const last = numLayers - 1;
  const ofLayer = (state: Tensor | null | undefined, layer: number): Tensor | null => {
    if (state === null || state === undefined) return null;
    return contiguous(numLayers === 1 ? state : narrow(state, 0, layer * D, D));
  };
  const drops = dropout > 0 && training && last > 0;
  const all: AllStates<Tensor> | null =
    returnStates === 'last' ? null : { h: [], c: [], gates: [] };
  const layout = { batchFirst, batchSizes, batch };
  let out = training && net.inputDropout > 0 ? lockedDropoutOf(x, net.inputDropout, layout) : x;
  const hs = new Array<Tensor>(numLayers);
  const cs = new Array<Tensor>(cells[kind].hasCellState ? numLayers : 0);
  for (let layer = 0; layer <= last; layer++) {
    const result = runLayer(
      net,
      built,
      layer,
      out,
      ofLayer(start?.h, layer),
      ofLayer(start?.c, layer),
      {
        sizes: built.sizes[layer],
        batchFirst,
        relu: built.relu,
        batchSizes,
        batch,
        returnsCells: all !== null,
        returnsGates: returnStates === 'gates',
        gradFnNames: gradFnNamesOf(net, kind),
        // Drawn by runLayer, after the mask of the weights.
        variants: null,
      },
    );
    [out] = result;
    hs[layer] = result[1];
    if (result[2] !== null) cs[layer] = result[2];
    if (all !== null) {
      all.h.push(out);
      const [, , , ofCells, gates] = result;
      if (ofCells.length > 0) all.c.push(directionsOf(ofCells, layout));
      if (gates.length > 0) {
        // GRU's blocks end with n's part of h, which is no gate.
        const features = cells[kind].gates * net.hiddenSize;
        const own = gates.map((saved) => narrow(saved, -1, 0, features));
        all.gates.push(directionsOf(own, layout));
      }
    }
    if (!drops || layer === last) continue;
    out = lockedDropout ? lockedDropoutOf(out, dropout, layout) : dropoutOf(out, dropout);
  }
  if (training && net.outputDropout > 0) {
    out = lockedDropoutOf(out, net.outputDropout, layout);
  }
  return [out, layersOf(hs), cs.length === 0 ? null : layersOf(cs), all];
}
