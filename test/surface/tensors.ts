// The tensors in what a call is given and gives.
import { nn, Tensor } from 'ostinato';

export const isFloat = ({ dtype }: Tensor): boolean => dtype === 'float32' || dtype === 'float64';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The tensors in a value, each once: in arrays, objects, modules and packed sequences too. */
export function tensorsIn(value: unknown): Tensor[] {
  const found = new Set<Tensor>();
  const walk = (one: unknown): void => {
    if (one instanceof Tensor) found.add(one);
    else if (one instanceof nn.Module) {
      for (const module of one.modules()) Object.values(module).forEach(walk);
      one.parameters().forEach(walk);
      one.buffers().forEach(walk);
    } else if (one instanceof nn.utils.rnn.PackedSequence) {
      [one.data, one.batchSizes, one.sortedIndices, one.unsortedIndices].forEach(walk);
    } else if (Array.isArray(one)) one.forEach(walk);
    else if (isObject(one) && Object.getPrototypeOf(one) === Object.prototype) {
      Object.values(one).forEach(walk);
    }
  };
  walk(value);
  return [...found];
}
