/** What a model carries from batch to batch outside of its state dict: states of nn.Stateful, buffers that are not persistent. */
import { isArray, isInstance } from '../../check';
import { noGrad } from '../../autograd/mode';
import { Stateful, type Module } from '../../nn';
import type { CellState } from '../../nn/rnn';
import { isTensor } from '../../tensor/rules';
import type { Tensor } from '../../tensor/tensor';
import { refuseFile } from './refuse-file';

const statefulIn = (model: Module): [string, Stateful][] =>
  model.namedModules().filter((pair): pair is [string, Stateful] => isInstance(pair[1], Stateful));

/** States by the names of their modules; null where there is none. */
export const carriedStates = (model: Module): Record<string, CellState | null> =>
  Object.fromEntries(statefulIn(model).map(([name, module]) => [name, module.state]));

/** Takes the states out of the model; what is returned puts them back. */
export function putAside(model: Module): () => void {
  const kept = statefulIn(model).map(([, module]) => [module, module.state] as const);
  for (const [module] of kept) module.state = null;
  return () => {
    for (const [module, state] of kept) module.state = state;
  };
}

const isState = (value: unknown): value is CellState =>
  isTensor(value) || (isArray(value) && value.length > 0 && value.every(isState));

/** @throws RangeError unless `states` are those of `carriedStates` of such a model. */
export function checkCarried(model: Module, states: Readonly<Record<string, unknown>>): void {
  for (const [name] of statefulIn(model)) {
    const state = states[name];
    if (state !== null && !isState(state)) refuseFile(`there is no state of '${name}'`);
  }
}

/** Sets what `checkCarried` has let through. */
export function setCarried(model: Module, states: Readonly<Record<string, unknown>>): void {
  for (const [name, module] of statefulIn(model)) module.state = states[name] as CellState | null;
}

/** Buffers that the state dict leaves out. */
export function passingBuffers(model: Module): Map<string, Tensor> {
  const saved = model.stateDict();
  return new Map(model.namedBuffers().filter(([name]) => !saved.has(name)));
}

/** @throws RangeError where a buffer is missing or of another form. */
export function checkBuffers(model: Module, saved: ReadonlyMap<string, unknown>): void {
  for (const [name, buffer] of passingBuffers(model)) {
    const value = saved.get(name);
    if (!isTensor(value) || String(value.shape) !== String(buffer.shape)) {
      refuseFile(`there is no buffer '${name}' of shape [${buffer.shape.join(', ')}]`);
    }
  }
}

/** Sets what `checkBuffers` has let through. */
export function setBuffers(model: Module, saved: ReadonlyMap<string, unknown>): void {
  noGrad(() => {
    for (const [name, buffer] of passingBuffers(model)) buffer.copy_(saved.get(name) as Tensor);
  });
}
