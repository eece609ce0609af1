/**
 * A call of a recurrent layer: what it refuses of inputs and states, batched or not, packed or not. Its layers run in stack.ts.
 */
import { instanceOf } from '../../check';
import { indexSelect, squeeze, unsqueeze } from '../../ops';
import { stateSize } from '../../ops/sequence/cells';
import { isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import { PackedSequence } from '../utils/rnn/packed-sequence';
import { checkInput, checkNormalized, checkState } from './checks';
import type { ParameterName } from './parameters';
import { runStack, type Built, type LayerFields, type Run, type States } from './stack';
import { mapStates } from './variants';
import { checkBuilt } from './weights';

/** The public fields that a call reads. */
export interface CalledFields extends LayerFields {
  readonly inputSize: number;
  readonly projSize: number;
  readonly [name: ParameterName]: Tensor;
}

const packed = instanceOf(PackedSequence, 'a Tensor or a PackedSequence');

/** N of an input, null without a batch; undefined for what is no input. */
export function rowsOf(
  { batchFirst }: CalledFields,
  input: Tensor | PackedSequence,
): number | null | undefined {
  if (!isTensor(input)) return packed.accepts(input) ? input.batch : undefined;
  if (input.ndim === 2) return null;
  return input.ndim === 3 ? sizesOf(input)[batchFirst ? 0 : 1] : undefined;
}

/** The output and the states of all layers, [numLayers · directions, N, S or H], as which `states` come in too. */
export function runLayers(
  net: CalledFields,
  built: Built,
  input: Tensor | PackedSequence,
  states: States | null,
): Run<Tensor | PackedSequence> {
  const { operation } = built;
  if (!isTensor(input)) {
    return runPacked(net, built, packed.check(operation, 'input', input), states);
  }
  const { batchFirst } = net;
  if (input.ndim !== 2 && input.ndim !== 3) {
    throw new RangeError(
      `${operation}: input must have 2 dimensions (unbatched, [T, features]) or 3 (${batchFirst ? '[N, T' : '[T, N'}, features]), got ${showShape(sizesOf(input))}`,
    );
  }
  check(net, built, input);
  const unbatched = input.ndim === 2;
  const batchDim = batchFirst ? 0 : 1;
  const x = unbatched ? unsqueeze(input, batchDim) : input;
  if (sizesOf(x)[1 - batchDim] === 0) {
    throw new RangeError(
      `${operation}: the sequence has no steps (input ${showShape(sizesOf(input))})`,
    );
  }
  const batch = sizesOf(x)[batchDim];
  const start = startStates(net, built, states, batch, unbatched, input.dtype);
  const ran = runStack(net, built, x, start, batch, null);
  if (!unbatched) return ran;
  const [out, h, c, all] = ran;
  const lower = (y: Tensor): Tensor => squeeze(y, batchDim);
  return [lower(out), squeeze(h, 1), c && squeeze(c, 1), all && mapStates(all, lower)];
}

function runPacked(
  net: CalledFields,
  built: Built,
  input: PackedSequence,
  states: States | null,
): Run<PackedSequence> {
  const { data, sortedIndices, unsortedIndices } = input;
  // What kernels read is no memory of the user's.
  const { copy: batchSizes } = input.check(built.operation);
  check(net, built, data);
  const batch = input.batch;
  const start = startStates(net, built, states, batch, false, data.dtype);
  const sort = (x: Tensor): Tensor =>
    sortedIndices === null ? x : indexSelect(x, 1, sortedIndices);
  const unsort = (x: Tensor): Tensor =>
    unsortedIndices === null ? x : indexSelect(x, 1, unsortedIndices);
  const sorted = start && { h: sort(start.h), c: start.c && sort(start.c) };
  const [out, h, c, all] = runStack(net, built, data, sorted, batch, batchSizes);
  const pack = (y: Tensor): PackedSequence => input.withData(y);
  return [pack(out), unsort(h), c && unsort(c), all && mapStates(all, pack)];
}

// The kernels know the sizes of the constructor.
function check(net: CalledFields, built: Built, x: Tensor): void {
  const { operation: name, sizes, directions } = built;
  checkBuilt(name, 'inputSize', net.inputSize, sizes[0].inputSize);
  checkBuilt(name, 'hiddenSize', net.hiddenSize, sizes[0].hiddenSize);
  checkBuilt(name, 'projSize', net.projSize, sizes[0].projSize);
  checkBuilt(name, 'numLayers', net.numLayers, sizes.length);
  checkBuilt(name, 'bidirectional', net.bidirectional, directions === 2);
  if (built.layerNorm) {
    const { projSize, recurrentDropout, returnStates } = net;
    const { zoneout, peephole } = built;
    checkNormalized(name, { projSize, recurrentDropout, zoneout, peephole, returnStates });
  }
  checkInput(name, x, net.inputSize, net.batchFirst, net.weight_ih_l0);
}

function startStates(
  net: CalledFields,
  { operation, sizes, directions }: Built,
  states: States | null,
  batch: number,
  unbatched: boolean,
  dtype: string,
): States | null {
  if (states === null) return null;
  const { bidirectional, hiddenSize, projSize } = net;
  const layers = net.numLayers * directions;
  const expect = (features: number): number[] =>
    unbatched ? [layers, features] : [layers, batch, features];
  const ofOutput = projSize === 0 ? 'hiddenSize' : 'projSize';
  const S = stateSize(sizes[0]);
  checkState(operation, 'h0', states.h, expect(S), dtype, bidirectional, ofOutput);
  if (states.c !== null) {
    checkState(operation, 'c0', states.c, expect(hiddenSize), dtype, bidirectional, 'hiddenSize');
  }
  if (!unbatched) return states;
  return { h: unsqueeze(states.h, 1), c: states.c && unsqueeze(states.c, 1) };
}
