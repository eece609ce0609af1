/**
 * Optimizer state dicts, in PyTorch's structure:
 * { state: { 0: { step, exp_avg, … }, … }, param_groups: [{ lr, betas, …, params: [0, 1] }, …] }.
 * Ours are camelCase names inside, PyTorch's snake_case names in the dict.
 */
import { count, describe, finite, isArray, isPlain, refuse } from '../check';
import { cast } from '../ops/copying/cast';
import { clone, detach } from '../ops/copying/clone';
import { constant, full } from '../ops/creation/factories';
import { isFloat } from '../tensor/dtype';
import { sameShape, showShape } from '../tensor/shape';
import { isTensor } from '../tensor/rules';
import type { Tensor } from '../tensor/tensor';
import { sizesOf } from '../tensor/tensor';

/** A value in a state dict. `step` and other numbers of one parameter are 0-dimensional tensors, as in PyTorch. */
export type StateValue = Tensor | number | null | readonly Tensor[] | readonly number[];

/** What `Optimizer.stateDict` returns, in PyTorch's structure and names. */
export interface OptimizerStateDict {
  /** The state of each parameter, by its number. */
  state: Record<number, Record<string, StateValue>>;
  /** The options of each group, and the numbers of its parameters. */
  param_groups: ({ params: number[] } & Record<string, unknown>)[];
}

/** The first value of a moment: zeros like the parameter, with its own list of sizes, by which `isLike` knows it at once. */
export const zerosFor = (param: Tensor): Tensor => constant(sizesOf(param), 0, param.dtype);

function isLike(value: unknown, param: Tensor): boolean {
  try {
    const own = sizesOf(value as Tensor);
    const sizes = sizesOf(param);
    return (
      // The same list, as those that the optimizer made have, unless the parameter was converted.
      (own === sizes || sameShape(own, sizes)) &&
      (value as Tensor).dtype === param.dtype &&
      (value as Tensor).contiguousLayout
    );
  } catch {
    // No tensor.
    return false;
  }
}

// Put together only where there is something to say.
const stepOf = ({ constructor }: object): string => `${constructor.name}.step`;

/**
 * @throws TypeError, RangeError unless `value` is a contiguous tensor like `param`, which kernels can write. Null for what is
 * made when it is needed, where `orNull` says so.
 */
export function checkMoment(
  optimizer: object,
  name: string,
  value: unknown,
  param: Tensor,
  orNull = false,
): void {
  if ((value === null && orNull) || isLike(value, param)) return;
  if (!isTensor(value)) refuse(stepOf(optimizer), `state.${name}`, 'a Tensor', value);
  const { dtype } = value;
  const sizes = sizesOf(value);
  const must = `contiguous, ${param.dtype} and of its parameter's shape ${showShape(sizesOf(param))}`;
  const layout = value.contiguousLayout ? '' : ', not contiguous';
  throw new RangeError(
    `${stepOf(optimizer)}: state.${name} must be ${must}, got ${dtype} ${showShape(sizes)}${layout}`,
  );
}

/** @throws TypeError, RangeError unless `step` counts steps. */
export function checkStep(optimizer: object, step: unknown): void {
  // Numbers first, without a call.
  if (typeof step === 'number' && step >= 0 && Number.isSafeInteger(step)) return;
  count.check(stepOf(optimizer), 'state.step', step);
}

/** @throws TypeError, RangeError unless `value` is a finite number. */
export function checkScalar(optimizer: object, name: string, value: unknown): void {
  if (!Number.isFinite(value)) finite.check(stepOf(optimizer), `state.${name}`, value);
}

interface Group {
  params: Tensor[];
}

const toSnake = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const copyOption = (value: unknown): unknown => (isArray(value) ? Array.from(value) : value);

// A parameter's state by PyTorch's names; what is switched off is left out.
const entries = (state: Record<string, StateValue>): [string, StateValue][] =>
  Object.entries(state)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [
      toSnake(name),
      isTensor(value) ? detach(value) : full([], value as number),
    ]);

export function packState(
  groups: readonly Group[],
  states: ReadonlyMap<Tensor, Record<string, StateValue>>,
): OptimizerStateDict {
  const dict: OptimizerStateDict = { state: {}, param_groups: [] };
  let number = 0;
  for (const group of groups) {
    const packed: OptimizerStateDict['param_groups'][number] = { params: [] };
    for (const [name, value] of Object.entries(group)) {
      if (name !== 'params') packed[toSnake(name)] = copyOption(value);
    }
    for (const param of group.params) {
      const state = states.get(param);
      const entry = state === undefined ? [] : entries(state);
      if (entry.length > 0) dict.state[number] = Object.fromEntries(entry);
      packed.params.push(number++);
    }
    dict.param_groups.push(packed);
  }
  return dict;
}

// A copy of a saved value for `param`, or what is wrong with it.
function fit(param: Tensor, name: string, like: StateValue, value: unknown): StateValue | string {
  if (like === null && value === null) return null;
  if (typeof like === 'number') {
    const number = isTensor(value) && value.numel === 1 ? value.item() : value;
    if (name !== 'step') {
      return Number.isFinite(number)
        ? (number as number)
        : 'must be a finite number or a tensor of one';
    }
    return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
      ? number
      : 'must be an integer of at least 0 or a tensor of one';
  }
  if (!isTensor(value)) return 'must be a tensor';
  if (!isFloat(value.dtype)) return `is ${value.dtype}`;
  if (!sameShape(sizesOf(value), sizesOf(param))) {
    return `has shape ${showShape(sizesOf(value))}, its parameter ${showShape(sizesOf(param))}`;
  }
  return value.dtype === param.dtype ? clone(detach(value)) : cast(detach(value), param.dtype);
}

/** Groups' options and parameters' states out of a dict, all checked. */
export function unpackState<G extends Group, S extends Record<string, StateValue>>(
  operation: string,
  dict: unknown,
  groups: readonly G[],
  newState: (param: Tensor, group: G) => S,
  checkOptions: (options: G) => void,
): { groups: Partial<G>[]; states: Map<Tensor, S> } {
  if (!isPlain(dict) || !isPlain(dict['state']) || !isArray(dict['param_groups'])) {
    throw new TypeError(
      `${operation}.loadStateDict: takes what stateDict() returned: { state, param_groups }`,
    );
  }
  const saved = Array.from(dict['param_groups']) as OptimizerStateDict['param_groups'];
  const problems: string[] = [];
  if (saved.length !== groups.length) {
    problems.push(`${saved.length} parameter groups, but the optimizer has ${groups.length}`);
  }
  const options: Partial<G>[] = [];
  const states = new Map<Tensor, S>();
  for (let i = 0; i < Math.min(saved.length, groups.length); i++) {
    const given: unknown = isPlain(saved[i]) ? saved[i].params : undefined;
    const numbers = isArray(given) ? Array.from(given) : undefined;
    const group = groups[i];
    if (numbers?.length !== group.params.length) {
      problems.push(
        `group ${i}: ${numbers?.length ?? 'no'} parameters, but the optimizer's has ${group.params.length}`,
      );
      continue;
    }
    const own: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(saved[i])) {
      const key = toCamel(name);
      if (key !== 'params' && (key in group || key === 'initialLr')) own[key] = copyOption(value);
    }
    options.push(own as Partial<G>);
    try {
      checkOptions({ ...group, ...own });
    } catch (error) {
      problems.push(`group ${i}: ${(error as Error).message}`);
    }
    for (const [p, param] of group.params.entries()) {
      const number: unknown = numbers[p];
      if (typeof number !== 'number') {
        problems.push(`group ${i}: the number of parameter ${p} is ${describe(number)}`);
        continue;
      }
      const entry: unknown = (dict['state'] as Record<number, unknown>)[number];
      if (entry === undefined) continue;
      if (!isPlain(entry)) {
        problems.push(`state ${number}: must be an object`);
        continue;
      }
      const state = newState(param, { ...group, ...own }) as Record<string, StateValue>;
      for (const [name, like] of Object.entries(state)) {
        const key = toSnake(name);
        if (!(key in entry)) {
          if (like !== null) problems.push(`state ${number}: ${key} is missing`);
          continue;
        }
        const value = fit(param, name, like, entry[key]);
        if (typeof value === 'string') problems.push(`state ${number}: ${key} ${value}`);
        else state[name] = value;
      }
      states.set(param, state as S);
    }
  }
  if (problems.length > 0) {
    throw new RangeError(
      `${operation}.loadStateDict: the state dict does not fit; nothing was loaded:\n  ${problems.join('\n  ')}`,
    );
  }
  return { groups: options, states };
}
