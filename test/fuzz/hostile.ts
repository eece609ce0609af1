// Values that a public call may be given by mistake or by malice.
import * as o from 'ostinato';
import type { Tensor } from 'ostinato';
import type { Random } from './random';

// Sizes that are taken are small: what is tried is what happens, not how much memory there is.
const numbers = [
  0, 1, 2, 3, 4, 7, 8, 16, 17, 31, 64, 100, 1000, -1, -2, -3, -7, -1000, 0.5, -0.5, 1.5, 1e-300, 1e300, -0, NaN, Infinity,
  -Infinity, 2 ** 31 - 1, 2 ** 31 + 1, -(2 ** 31), 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 63, Number.MAX_VALUE,
]; // prettier-ignore
const texts = ['', 'sum', 'mean', 'none', 'float32', 'float64', 'int32', 'uint8', 'bool', ':', '1:', '-1:0', '::2', 'constructor', '__proto__', 'x'.repeat(300), '\0', '😀']; // prettier-ignore
const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool'] as const;

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

/** An array whose elements and length change with each reading. */
function changing(random: Random): unknown {
  const seed = random.below(1 << 30);
  let reads = 0;
  return new Proxy([1, 2, 3], {
    get(target, key) {
      if (key === 'length') return 1 + ((reads++ + seed) % 5);
      if (typeof key === 'string' && /^\d+$/.test(key)) return ((reads++ * 7 + seed) % 9) - 2;
      return Reflect.get(target, key) as unknown;
    },
  });
}

function exotic(random: Random): unknown {
  return random.pick<() => unknown>([
    () => undefined,
    () => null,
    () => true,
    () => false,
    () => Symbol('s'),
    () => 3n,
    () => ({}),
    () => Object.create(null) as unknown,
    () => new Date(0),
    () => /x/,
    () => new Map([['x', 1]]),
    () => new Set([1]),
    () => Promise.resolve(1),
    () => revoked,
    () => changing(random),
    () => (): number => 1,
    () => (): never => {
      throw new Error('the user: thrown');
    },
    () => o.Tensor,
    () => Object.create(o.Tensor.prototype as object) as unknown,
    () => Object.create(o.nn.Module.prototype) as unknown,
    () => ({ length: 2 ** 40 }),
    () => ({ valueOf: () => 2, toString: () => 'sum' }),
    () => new Float32Array(random.below(5)),
    () => new Float64Array([1, NaN, 3]),
    () => new Int32Array([2, 0, -1]),
    () => new Uint8Array(3),
    () => new BigInt64Array(2),
    () => new ArrayBuffer(8),
    () => new DataView(new ArrayBuffer(8)),
    () => globalThis,
    () => o,
    () => new o.nn.Linear(2, 3),
    () => new o.nn.LSTM(3, 4),
    () => new o.Generator(),
  ])();
}

function array(random: Random, depth: number): unknown {
  const made: unknown[] = Array.from({ length: random.below(5) }, () =>
    random.chance(0.7) ? random.pick(numbers) : hostile(random, depth + 1),
  );
  if (random.chance(0.1)) made.length += 2;
  if (random.chance(0.05)) made.push(made);
  if (random.chance(0.05)) Object.defineProperty(made, 0, { get: () => random.pick(numbers) });
  if (random.chance(0.1)) Object.freeze(made);
  return made;
}

/** A tensor of any shape, element type, layout and state. */
export function anyTensor(random: Random): Tensor {
  const rank = random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 9]);
  const shape = Array.from({ length: rank }, () =>
    rank === 9 ? 1 : random.pick([0, 1, 2, 3, 4, 5]),
  );
  const dtype = random.pick(dtypes);
  let x: Tensor;
  if (dtype === 'int32') x = o.randint(-3, 6, shape);
  else if (dtype === 'uint8') x = o.randint(0, 200, shape).to('uint8');
  else if (dtype === 'bool') x = o.rand(shape).gt(0.5);
  else x = o.randn(shape, { dtype });
  if (random.chance(0.1) && (dtype === 'float32' || dtype === 'float64')) {
    x = x.mul(random.pick([NaN, Infinity, 1e30, 0]));
  }
  if (random.chance(0.3) && (dtype === 'float32' || dtype === 'float64')) x.requiresGrad_();
  return viewOf(x, random);
}

function viewOf(x: Tensor, random: Random): Tensor {
  if (x.ndim === 0) return random.chance(0.2) ? x.expand([2, 3]) : x;
  const dim = random.below(x.ndim);
  const size = x.shape[dim];
  return random.pick<() => Tensor>([
    () => x,
    () => x,
    () => x.transpose(0, dim),
    () => x.slice(dim, 0, size, 2),
    () => x.narrow(dim, size >> 1, size - (size >> 1)),
    () => (size > 0 ? x.select(dim, size - 1) : x),
    () => x.unsqueeze(dim).expand([...x.shape.slice(0, dim), 3, ...x.shape.slice(dim)]),
    () => x.detach(),
    () => x.clone(),
  ])();
}

export function hostile(random: Random, depth = 0): unknown {
  const kind = random.unit();
  if (kind < 0.3) return random.pick(numbers);
  if (kind < 0.55) return anyTensor(random);
  if (kind < 0.7 && depth < 3) return array(random, depth);
  if (kind < 0.8) return random.pick(texts);
  return exotic(random);
}
