/**
 * What generation needs of a model, and how its state is taken apart and joined. Nothing here knows whether the
 * steps are tokens or vectors.
 */
import { checkDepth, describe, isArray } from '../check';
import { noGrad } from '../autograd/mode';
import { indexSelect } from '../ops';
import { showShape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import { sizesOf, type Tensor } from '../tensor/tensor';

/**
 * One or several steps of a sequence: inputs [T, N, …] and the state so far (undefined at the start) to outputs
 * [T, N, …] and the state after them. A recurrent model's own `forward` has this form.
 */
export type StepFunction<S> = (input: Tensor, state?: S) => readonly [Tensor, S];

/** A model that runs step by step. */
export interface StepModel<S> {
  /** One or several steps: inputs [T, N, …] and the state so far to outputs [T, N, …] and the state after them. */
  forward(input: Tensor, state?: S): readonly [Tensor, S];
  /**
   * The state of other rows: row n of the result is row `rows[n]` (int32) of `state`. Beam search needs it for states
   * that are not made of [layers, N, features] and [N, features] tensors; batches of `tokens` and `stream` use it to go
   * on without the rows that have ended.
   */
  selectState?(state: S, rows: Tensor): S;
}

/** A model that runs step by step: an object with `forward`, or the function itself. */
export type Model<S> = StepModel<S> | StepFunction<S>;

function hasForward<S>(model: StepModel<S> | null | undefined): boolean {
  try {
    return typeof model?.forward === 'function';
  } catch {
    return false;
  }
}

/** Runs a model without recording it, and checks what it returns. */
export class Runner<S> {
  readonly #step: StepFunction<S>;
  readonly #select: (state: S, rows: Tensor) => S;
  readonly #selects: boolean;

  constructor(
    private readonly operation: string,
    model: Model<S>,
    private readonly batchFirst: boolean,
  ) {
    if (typeof model === 'function') {
      this.#step = model;
      this.#select = selectRows;
      this.#selects = false;
    } else if (hasForward(model)) {
      this.#step = (input, state) => model.forward(input, state);
      this.#select = (state, rows) => model.selectState?.(state, rows) ?? selectRows(state, rows);
      this.#selects = typeof model.selectState === 'function';
    } else {
      throw new TypeError(
        `${operation}: model must have a forward(input, state) or be such a function, got ${describe(model)}`,
      );
    }
  }

  /** The output after the last step, [N, features], and the state. */
  last(input: Tensor, state: S | undefined): [Tensor, S] {
    return noGrad(() => {
      const result: unknown = this.#step(input, state);
      if (!isArray(result) || result.length !== 2 || !isTensor(result[0])) {
        throw new TypeError(
          `${this.operation}: the model must return [output, state], an output for each step`,
        );
      }
      const [out, next] = result as unknown as [Tensor, S];
      const [steps, batch] = sizesOf(input);
      if (out.ndim !== 3 || sizesOf(out)[0] !== steps || sizesOf(out)[1] !== batch) {
        const [t, n] = this.batchFirst ? [batch, steps] : [steps, batch];
        const form = this.batchFirst ? '[N, T, features]' : '[T, N, features]';
        throw new RangeError(
          `${this.operation}: the model gave an output of shape ${showShape(sizesOf(out))} for ${t} steps of ${n} rows, expected ${form}`,
        );
      }
      const dim = this.batchFirst ? 1 : 0;
      return [out.select(dim, sizesOf(out)[dim] - 1), next];
    });
  }

  /** Whether `select` knows where the rows of this state, of a batch of `rows`, are. */
  canSelect(state: S, rows: number): boolean {
    return this.#selects || hasRows(state, rows);
  }

  /** The state of other rows. */
  select(state: S, rows: Tensor): S {
    return noGrad(() => this.#select(state, rows));
  }
}

/** Whether all tensors of a state are [layers, N, features] or [N, features] with N rows. */
function hasRows(state: unknown, rows: number, depth = 0): boolean {
  checkDepth('beamSearch', 'a state', depth);
  if (isTensor(state)) {
    return (state.ndim === 3 || state.ndim === 2) && sizesOf(state)[state.ndim - 2] === rows;
  }
  if (typeof state !== 'object' || state === null) return true;
  return Object.values(state).every((part) => hasRows(part, rows, depth + 1));
}

/**
 * Rows of a state made of tensors, arrays and plain objects: of [layers, N, features] along its second dimension,
 * of [N, features] along its first.
 */
export function selectRows<S>(state: S, rows: Tensor): S {
  const walk = (value: unknown, depth = 0): unknown => {
    checkDepth('beamSearch', 'a state', depth);
    if (isTensor(value)) {
      if (value.ndim === 3 || value.ndim === 2) return indexSelect(value, value.ndim - 2, rows);
      throw new RangeError(
        `beamSearch: a state of shape ${showShape(sizesOf(value))} has no known batch dimension ([layers, N, features] and [N, features] have); give the model a selectState(state, rows)`,
      );
    }
    if (isArray(value)) return value.map((part) => walk(part, depth + 1));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, part]) => [key, walk(part, depth + 1)]),
      );
    }
    return value;
  };
  return walk(state) as S;
}
