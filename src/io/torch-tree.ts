/** The tensors in what a pickle of PyTorch's describes, by dotted names. */
import { deepest } from '../check';
import { refuse, quoted } from './malformed';
import { Dict, Tuple } from './pickle';
import { TensorRecord } from './torch-names';

// Names are short beside the descriptions of tensors. Values that hold one another many times over have exponentially many names, which a
// small pickle can ask for.
const largestNames = 64;

/**
 * @param size bytes of the pickle, in proportion to which there are names
 * @throws Malformed for values that hold themselves or are nested too deeply, for keys that are neither texts nor integers above tensors, for two
 * tensors of one name
 */
export function tensorsOf(root: unknown, size: number): Map<string, TensorRecord> {
  const tensors = new Map<string, TensorRecord>();
  const attributes = new Set<TensorRecord>();
  const above = new Set<unknown>();
  let budget = largestNames * (size + 64);

  function put(name: string, x: TensorRecord, holder: unknown): void {
    // TorchScript repeats weights in lists (_flat_weights), beside the attributes that they are.
    if (holder instanceof Dict && holder.isObject) attributes.add(x);
    else if (attributes.has(x)) return;
    if (tensors.has(name)) refuse(`two tensors are called ${quoted(name)}`);
    tensors.set(name, x);
  }

  function walk(value: unknown, name: string, holder: unknown): void {
    budget -= 1 + name.length;
    if (budget < 0) refuse('its values hold one another too often');
    if (value instanceof TensorRecord) return put(name, value, holder);
    const isTree = value instanceof Dict || value instanceof Tuple || Array.isArray(value);
    if (!isTree) return;
    if (above.has(value)) refuse(`${quoted(name)} holds itself`);
    if (above.size === deepest) refuse(`its values are nested more than ${deepest} deep`);
    above.add(value);
    const inside = name === '' ? '' : `${name}.`;
    if (value instanceof Dict) {
      if (value.state !== null) walk(value.state, name, value);
      for (const [key, item] of value) {
        const before = tensors.size;
        walk(item, inside + String(key), value);
        const isName = typeof key === 'string' || Number.isInteger(key);
        if (!isName && tensors.size > before) {
          refuse('a tensor is in a dict under a key that is neither a text nor an integer');
        }
      }
    } else {
      const items = value instanceof Tuple ? value.items : (value as unknown[]);
      items.forEach((item, i) => walk(item, `${inside}${i}`, value));
    }
    above.delete(value);
  }

  walk(root, '', null);
  return tensors;
}
