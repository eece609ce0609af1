/**
 * Carried states: the one place where a recurrent layer meets a session. While a session runs a model, it is the carrier, and each
 * call of a layer asks it where to start and tells it where it ended (`RecurrentBase`, the cells, `Recurrent`). Which state belongs to
 * which session is in runner.ts and sessions.ts.
 */
import type { DType } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';

/** The state of a call: a tensor, or an array of states. */
export type Carried = Tensor | readonly Carried[];

/** What a session has to know of a layer that it carries the state of. */
export interface Carries {
  /** Names of the parts of its state; null where only a call tells how it is nested. */
  readonly parts: readonly string[] | null;
  /** Which dimension of each part its rows are. */
  readonly rowDim: 0 | 1;
  /** Whether a call without a state starts from zeros; else rows without one are run apart from those with one. */
  readonly fromZeros: boolean;
  /** Why its state cannot be carried, or null. */
  readonly refusal: string | null;
  /** Element type of the state and shape of a part for so many rows (null: unbatched); null where only a call tells. */
  expected(part: number, rows: number | null): { shape: number[]; dtype: DType } | null;
}

/** The member by which layers say so. */
export const carries = Symbol('carries');

/** A layer whose calls a carrier takes part in. */
export interface Carrying {
  [carries](): Carries;
}

export interface Carrier {
  /**
   * Where a call starts.
   * @param explicit the state that the call was given, null for none
   * @param rows of the input; null without a batch
   */
  start(
    layer: Carrying,
    explicit: Carried | null,
    rows: number | null,
    dtype: DType,
  ): Carried | null;
  /** Which rows of the call that has started last have no state yet; null for all or none. */
  freshRows(layer: Carrying): readonly boolean[] | null;
  /** Where the call that `start` was asked for has ended. */
  end(layer: Carrying, state: Carried): void;
}

/** The states of a layer that has a hidden one, and of LSTM a cell one too. */
export interface HiddenAndCell {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

const carriedOf = ({ h, c }: HiddenAndCell): Carried => (c === null ? h : [h, c]);

/** Runs a call of such a layer from where the session is. `statesOf` finds the states after it in what `run` returns. */
export function carryOn<R>(
  session: Carrier,
  layer: Carrying,
  given: HiddenAndCell | null,
  rows: number | null,
  dtype: DType,
  run: (from: HiddenAndCell | null) => R,
  statesOf: (ran: R) => HiddenAndCell,
): R {
  const start = session.start(layer, given && carriedOf(given), rows, dtype) as
    Tensor | readonly [Tensor, Tensor] | null;
  const from =
    start === null ? null : isTensor(start) ? { h: start, c: null } : { h: start[0], c: start[1] };
  const ran = run(from);
  session.end(layer, carriedOf(statesOf(ran)));
  return ran;
}

let on: Carrier | null = null;

/** The carrier of the running session, or null. */
export const carrier = (): Carrier | null => on;

/** Puts a carrier on; returns the one before. */
export function setCarrier(next: Carrier | null): Carrier | null {
  const before = on;
  on = next;
  return before;
}
