/**
 * Optimizers that update a group by one kernel call: how its parameters reach the kernel, those of one element type
 * together and in contiguous memory. What a row of the kernel's table holds is each optimizer's own file.
 */
import { copyInto, copyOf } from '../ops/kernels/copy';
import { Table } from '../ops/kernels/table';
import type { DType } from '../tensor/dtype';
import { bumpVersion, type Tensor } from '../tensor/tensor';
import {
  Optimizer,
  type CommonOptions,
  type ParamGroup,
  type Params,
  type ParamState,
  type Update,
} from './optimizer';

/** A row of the table is: elements, address of the parameter, of its gradient, then the optimizer's own columns. */
export abstract class FusedOptimizer<
  O extends CommonOptions,
  S extends ParamState,
> extends Optimizer<O, S> {
  readonly #table: Table;

  /** @param columns of a row, the three common ones included */
  constructor(columns: number, params: Params<O>, defaults: Required<O>) {
    super(params, defaults);
    this.#table = new Table(columns);
  }

  protected abstract override checkState(param: Tensor, state: S): void;

  /** Counts an update of `param` in its state and writes the row's own columns. */
  protected abstract putState(table: Table, state: S, param: Tensor, options: ParamGroup<O>): void;

  /** Calls the kernel on the table's rows, parameters of type `dtype`. */
  protected abstract launch(table: Table, dtype: DType, options: ParamGroup<O>): void;

  protected override update(updates: readonly Update<S>[], options: ParamGroup<O>): void {
    if (isOneTable(updates)) this.#updateRows(updates, updates[0].param.dtype, options);
    else this.#updateApart(updates, options);
    for (let i = 0; i < updates.length; i++) bumpVersion(updates[i].param);
  }

  #updateRows(updates: readonly Update<S>[], dtype: DType, options: ParamGroup<O>): void {
    const table = this.#table;
    table.begin(updates.length);
    for (let i = 0; i < updates.length; i++) {
      const { param, grad, state } = updates[i];
      table.put(param.numel);
      table.put(param.address);
      table.put(grad.address);
      this.putState(table, state, param, options);
    }
    this.launch(table, dtype, options);
  }

  /** One call for each element type. A parameter that is not contiguous is updated in a contiguous copy. */
  #updateApart(updates: readonly Update<S>[], options: ParamGroup<O>): void {
    const rows = updates.map(packed);
    for (const dtype of ['float32', 'float64'] as const) {
      const some = rows.filter(({ param }) => param.dtype === dtype);
      if (some.length > 0) this.#updateRows(some, dtype, options);
    }
    for (const [i, { param }] of updates.entries()) {
      if (rows[i].param !== param) copyInto(rows[i].param, param);
    }
  }
}

/** Whether all parameters are contiguous and of one element type, as they nearly always are. */
function isOneTable(updates: readonly Update<unknown>[]): boolean {
  const { dtype } = updates[0].param;
  for (let i = 0; i < updates.length; i++) {
    const { param } = updates[i];
    if (!param.contiguousLayout || param.dtype !== dtype) return false;
  }
  return true;
}

function packed<S>(update: Update<S>): Update<S> {
  const { param } = update;
  if (param.contiguousLayout) return update;
  return { ...update, param: copyOf(param) };
}
