/**
 * A layer-normalized direction (normalized.ts) in primitive operations, one step after the other: what it is differentiated
 * twice by.
 */
import { constants } from '../../native/instance';
import type { Tensor } from '../../tensor/tensor';
import { constant } from '../creation/factories';
import { cat, stack } from '../joining/cat';
import { linear } from '../matmul/linear';
import { layerNorm } from '../normalization/layer-norm';
import { narrow, select } from '../view/select';
import type { SequenceOptions } from './call';
import { gruStep, normalizedLstmStep } from './steps';
import { rowsOfSteps, run, type State } from './twin';

const { eps } = constants.normalized;

/** The cells that can be normalized. */
export type NormalizedKind = 'lstm' | 'gru';

/** What a direction is given: x, h0, c0, W_ih and W_hh with their gains and biases, and gain and bias of c. */
export type NormalizedInputs = readonly [
  x: Tensor,
  h0: Tensor | null,
  c0: Tensor | null,
  weightIh: Tensor,
  gainIh: Tensor,
  biasIh: Tensor | null,
  weightHh: Tensor,
  gainHh: Tensor,
  biasHh: Tensor | null,
  gainC: Tensor | null,
  biasC: Tensor | null,
];

/** out, hN, cN and the cell states of all steps, those of an LSTM. */
export type NormalizedResult = readonly [
  out: Tensor,
  hN: Tensor,
  cN: Tensor | null,
  cells: Tensor | null,
];

export function primitiveNormalized(
  kind: NormalizedKind,
  [x, h0, c0, weightIh, gainIh, biasIh, weightHh, gainHh, biasHh, gainC, biasC]: NormalizedInputs,
  options: SequenceOptions,
  reverse: boolean,
): NormalizedResult {
  const { sizes, batch, batchSizes, batchFirst, returnsCells } = options;
  const time = batchFirst ? 1 : 0;
  const packed = batchSizes !== null;
  const [rows, firstRows] = rowsOfSteps(x, options);
  const normalize = (v: Tensor, weight: Tensor, bias: Tensor | null): Tensor =>
    layerNorm(v, [weight.numel], { weight, bias, eps });
  const ofX = normalize(linear(x, weightIh, null), gainIh, biasIh);
  const at = (t: number): Tensor =>
    packed ? narrow(ofX, 0, firstRows[t], rows[t]) : select(ofX, time, t);
  const zeros = (): Tensor => constant([batch, sizes.hiddenSize], 0, x.dtype);
  const step = (own: Tensor, { h, c }: State): State => {
    const ofH = normalize(linear(h, weightHh, null), gainHh, biasHh);
    if (kind === 'gru') return { h: gruStep(own, ofH, h)[0], c: null };
    const [after, cell] = normalizedLstmStep(own, ofH, c!, (y) => normalize(y, gainC!, biasC));
    return { h: after, c: cell };
  };
  const start = { h: h0 ?? zeros(), c: kind === 'lstm' ? (c0 ?? zeros()) : null };
  const [states, last] = run(step, start, rows, at, reverse);
  const joined = (all: Tensor[], dim: number): Tensor => (packed ? cat(all, 0) : stack(all, dim));
  return [
    joined(
      states.map(({ h }) => h),
      time,
    ),
    last.h,
    last.c,
    kind === 'lstm' && returnsCells
      ? joined(
          states.map(({ c }) => c!),
          0,
        )
      : null,
  ];
}
