/**
 * Running a model without leaving a trace in it: what its forward writes into public fields, and into tensors, arrays and plain objects
 * there, is put back. Weights are not: nothing may change them while they are recorded.
 */
import { isArray, isPlain } from '../../../check';
import { noGrad } from '../../../autograd/mode';
import type { Module } from '../../../nn';
import { clone } from '../../../ops';
import { isTensor } from '../../../tensor/rules';
import type { Tensor } from '../../../tensor/tensor';

type Restore = () => void;

const deepest = 20;

/** What `value` holds now: the elements of a tensor, the items of an array or a plain object. */
function restoresOf(value: unknown, weights: ReadonlySet<Tensor>, depth = 0): Restore[] {
  if (isTensor(value)) {
    if (weights.has(value)) return [];
    const { version } = value;
    const before = clone(value.detach());
    return [() => void (value.version !== version && noGrad(() => value.copy_(before)))];
  }
  if ((!isArray(value) && !isPlain(value)) || depth >= deepest) return [];
  return restoresOfFields(value, weights, depth + 1);
}

function restoresOfFields(holder: object, weights: ReadonlySet<Tensor>, depth: number): Restore[] {
  const before = new Map(
    Reflect.ownKeys(holder).map((key) => [key, Object.getOwnPropertyDescriptor(holder, key)!]),
  );
  const putBack = (): void => {
    for (const key of Reflect.ownKeys(holder)) {
      if (!before.has(key)) Reflect.deleteProperty(holder, key);
    }
    for (const [key, property] of before) {
      if ('value' in property && !Object.is(Reflect.get(holder, key), property.value))
        Reflect.set(holder, key, property.value);
    }
  };
  const inside = [...before.values()].flatMap((property) =>
    restoresOf(property.value, weights, depth),
  );
  return [putBack, ...inside];
}

/** Whether the layer is what its first forward has made of it: a LazyLinear with its features. */
function isMadeByForward(module: Module): () => boolean {
  const shapes = (): string => module.ownParameters().map(([, x]) => x.shape.join()).join(' '); // prettier-ignore
  const before = shapes();
  return () => shapes() !== before;
}

/** Runs `body`, which runs `model`. */
export function unchanged<R>(model: Module, body: () => R): R {
  const weights = new Set<Tensor>([...model.parameters(), ...model.buffers()]);
  const notes = model.modules().map((module) => ({
    isMade: isMadeByForward(module),
    restores: restoresOfFields(module, weights, 0),
  }));
  try {
    return body();
  } finally {
    for (const { isMade, restores } of notes) if (!isMade()) for (const restore of restores) restore(); // prettier-ignore
  }
}
