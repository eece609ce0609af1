/** The states of a model's recurrent layers as data: nested, flat, by name. */
import { checkDepth, describe, isInstance } from '../../check';
import { clone } from '../../ops';
import { isTensor } from '../../tensor/rules';
import { sameShape, showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';
import type { Carried, Carries } from './carried';

/** By layer, and of each by call within a forward: the state that the call ended in, null where there is none yet. */
export type States = (Carried | null)[][];

/** A layer by its path in the model. */
export interface Place {
  readonly path: string;
  readonly carries: Carries;
}

export function leavesOf(state: Carried, leaves: Tensor[] = []): Tensor[] {
  if (isTensor(state)) leaves.push(state);
  else for (const one of state) leavesOf(one, leaves);
  return leaves;
}

/** A state nested as `form`, with other leaves. */
export function nested(form: Carried, next: () => Tensor): Carried {
  return isTensor(form) ? next() : form.map((one) => nested(one, next));
}

export const mapState = (state: Carried, f: (x: Tensor) => Tensor): Carried =>
  isTensor(state) ? f(state) : state.map((one) => mapState(one, f));

export const copyOfState = (state: Carried): Carried => mapState(state, clone);

/** What a call of a layer is called in messages: `'rnn'`, or the class of the model that is a layer itself. */
export const showPlace = (path: string): string => (path === '' ? 'the layer' : `'${path}'`);

const prefixOf = (path: string, call: number): string => {
  const name = call === 0 ? path : `${path}~${call}`;
  return name === '' ? '' : `${name}.`;
};

function addNamed(state: Carried, name: string, into: Map<string, Tensor>): void {
  if (isTensor(state)) into.set(name, clone(state));
  else state.forEach((one, i) => addNamed(one, `${name}.${i}`, into));
}

/**
 * Copies of states under the names `rnn.h`, `rnn.c`; `cell.state`, `cell.state.0` of a `Recurrent`; `rnn~1.h` of the second call of a
 * layer in a forward.
 */
export function namedStates(places: readonly Place[], states: States): Map<string, Tensor> {
  const named = new Map<string, Tensor>();
  places.forEach(({ path, carries: { parts } }, layer) => {
    states[layer].forEach((state, call) => {
      if (state === null) return;
      const prefix = prefixOf(path, call);
      if (parts === null) addNamed(state, `${prefix}state`, named);
      else parts.forEach((part, i) => named.set(prefix + part, clone(leavesOf(state)[i])));
    });
  });
  return named;
}

const nameForm = /^(?:(.*?)(?:~(\d+))?\.)?(h|c|state(?:\.\d+)*)$/;
const mostCalls = 100_000;

class Restoring {
  readonly states: States;
  rows: number | null | undefined;

  constructor(
    readonly operation: string,
    readonly model: string,
    readonly places: readonly Place[],
  ) {
    this.states = places.map(() => []);
  }

  refuse(name: string, why: string): never {
    throw new RangeError(
      `${this.operation}: the snapshot's '${name}' ${why}; a snapshot fits the model that it is of`,
    );
  }

  /** The parts of one call by name: `h`, `c`, `state.0.1`. */
  take(layer: number, call: number, parts: ReadonlyMap<string, readonly [string, Tensor]>): void {
    const { path, carries } = this.places[layer];
    const calls = this.states[layer];
    while (calls.length <= call) calls.push(null);
    if (carries.parts === null) {
      calls[call] = copyOfState(this.#nest('state', parts, 0));
      return;
    }
    const leaves = carries.parts.map((part, i) => {
      const found = parts.get(part);
      if (found === undefined) {
        const lacking = prefixOf(path, call) + part;
        throw new RangeError(`${this.operation}: the snapshot has no '${lacking}'`);
      }
      this.#checkPart(carries, i, found[0], found[1]);
      return clone(found[1]);
    });
    const [extra] = [...parts].filter(([part]) => !carries.parts!.includes(part));
    if (extra !== undefined) this.refuse(extra[1][0], `is no state of ${showPlace(path)}`);
    calls[call] = leaves.length === 1 ? leaves[0] : leaves;
  }

  #checkPart(carries: Carries, part: number, name: string, x: Tensor): void {
    const dim = carries.rowDim;
    const batched = carries.expected(part, 1)!;
    const rows = x.ndim === batched.shape.length ? sizesOf(x)[dim] : null;
    const { shape, dtype } = carries.expected(part, rows)!;
    if (!sameShape(sizesOf(x), shape) || x.dtype !== dtype) {
      const must = showShape(batched.shape.map((n, d) => (d === dim ? 'N' : n) as number));
      this.refuse(name, `is ${x.dtype} ${showShape(sizesOf(x))}, the layer's is ${dtype} ${must}`);
    }
    if (this.rows === undefined) this.rows = rows;
    else if (this.rows !== rows) {
      this.refuse(name, `has ${rows ?? 'no'} rows, others have ${this.rows ?? 'none'}`);
    }
  }

  #nest(
    name: string,
    parts: ReadonlyMap<string, readonly [string, Tensor]>,
    depth: number,
  ): Carried {
    checkDepth(this.operation, 'a state', depth);
    const leaf = parts.get(name);
    const below = [...parts.keys()].filter((key) => key.startsWith(`${name}.`));
    if (leaf !== undefined) {
      if (below.length > 0) this.refuse(leaf[0], 'is a tensor and has parts too');
      return leaf[1];
    }
    const places = new Set(below.map((key) => Number(key.slice(name.length + 1).split('.')[0])));
    return Array.from(places, (_, i) => {
      if (!places.has(i)) this.refuse(parts.get(below[0])![0], `has no ${i} beside it`);
      return this.#nest(`${name}.${i}`, parts, depth + 1);
    });
  }
}

/**
 * The states that `namedStates` has given names, copied.
 * @throws TypeError for what is no Map of tensors; RangeError for names, shapes and element types that are another model's.
 */
export function statesOf(
  operation: string,
  model: string,
  places: readonly Place[],
  saved: unknown,
): States {
  if (!isInstance(saved, Map)) {
    throw new TypeError(
      `${operation}: saved must be what snapshot() returned, a Map from names to tensors, got ${describe(saved)}`,
    );
  }
  const restoring = new Restoring(operation, model, places);
  const grouped = new Map<string, [number, number, Map<string, readonly [string, Tensor]>]>();
  for (const [name, value] of saved) {
    if (typeof name !== 'string' || !isTensor(value)) {
      throw new TypeError(
        `${operation}: saved must be what snapshot() returned, a Map from names to tensors, but ${describe(name)} is ${describe(value)}`,
      );
    }
    const [, path = '', callText = '0', part] =
      nameForm.exec(name) ?? restoring.refuse(name, 'is no name of a state');
    const layer = places.findIndex((place) => place.path === path);
    if (layer < 0) restoring.refuse(name, `belongs to a layer that ${model} does not have`);
    const call = Number(callText);
    if (call >= mostCalls) restoring.refuse(name, 'is of no call');
    const key = `${layer} ${call}`;
    const none = new Map<string, readonly [string, Tensor]>();
    const group = grouped.get(key) ?? [layer, call, none];
    grouped.set(key, group);
    group[2].set(part, [name, value]);
  }
  for (const [layer, call, parts] of grouped.values()) restoring.take(layer, call, parts);
  return restoring.states;
}
