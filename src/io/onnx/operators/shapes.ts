/** ONNX's operators that make, cut, join and rearrange tensors. */
import * as ops from '../../../ops';
import { functional } from '../../../nn';
import type { Tensor } from '../../../tensor/tensor';
import { cannotRead, refuse } from '../../malformed';
import { axisOf, given, integersOf, numberIn, type Operator, type Operators } from '../node';

const shapeTensor = (shape: readonly number[]): Tensor =>
  ops.tensor([...shape], { dtype: 'int32' });

const constant: Operator = {
  inputs: [0, 0],
  make: (node) => {
    const single = node.float('value_float', undefined) ?? node.floats('value_floats', undefined);
    const whole = node.int('value_int', undefined) ?? node.ints('value_ints', undefined);
    const value =
      node.tensor('value') ??
      (single !== undefined
        ? ops.tensor(single)
        : whole !== undefined
          ? ops.tensor(whole, { dtype: 'int32' })
          : null);
    if (value === null) return refuse('it has no value');
    return () => value;
  },
};

const constantOfShape: Operator = {
  inputs: [1, 1],
  make: (node) => {
    const value = node.tensor('value');
    const number = value === null ? 0 : numberIn(value);
    const dtype = value?.dtype ?? 'float32';
    return ([shape]) => ops.full(integersOf(given(shape)), number, { dtype });
  },
};

/** The sizes that Reshape asks for: 0 is x's own at that place, −1 what is left. */
const reshape: Operator = {
  inputs: [1, 2],
  make: (node) => {
    const keepsZero = node.flag('allowzero', false);
    const fixed = node.version < 5 ? node.ints('shape', undefined) : undefined;
    return ([x, shape]) => {
      const wanted = fixed ?? integersOf(given(shape));
      const { shape: own } = given(x);
      return given(x).reshape(wanted.map((size, d) => (size === 0 && !keepsZero ? own[d] : size)));
    };
  },
};

const squeeze: Operator = {
  inputs: [1, 2],
  make: (node) => {
    const fixed = node.version < 13 ? node.ints('axes', undefined) : undefined;
    return ([x, axes]) => {
      const y = given(x);
      const dims = fixed ?? (axes ? integersOf(axes) : undefined);
      if (dims === undefined) return y.squeeze();
      for (const dim of dims) {
        const size = y.shape[axisOf(dim, y.ndim)];
        if (size !== 1) throw new RangeError(`dimension ${dim} has size ${size}, not 1`);
      }
      return dims.length === 0 ? y : y.squeeze(dims);
    };
  },
};

const unsqueeze: Operator = {
  inputs: [1, 2],
  make: (node) => {
    const fixed = node.version < 13 ? node.ints('axes', undefined) : undefined;
    return ([x, axes]) => {
      const dims = fixed ?? integersOf(given(axes ?? null));
      const ndim = given(x).ndim + dims.length;
      const places = dims.map((dim) => axisOf(dim, ndim)).sort((a, b) => a - b);
      return places.reduce((y, dim) => y.unsqueeze(dim), given(x));
    };
  },
};

const transpose: Operator = {
  inputs: [1, 1],
  make: (node) => {
    const order = node.ints('perm', undefined);
    return ([x]) => given(x).permute(order ?? given(x).shape.map((_, d) => given(x).ndim - 1 - d));
  },
};

const concat: Operator = {
  inputs: [1, Infinity],
  make: (node) => {
    const axis = node.int('axis', node.version < 4 ? 1 : undefined);
    if (axis === undefined) return refuse('it has no axis');
    return (xs) => ops.cat(xs.map(given), axis);
  },
};

const split: Operator = {
  inputs: [1, 2],
  outputs: Infinity,
  make: (node) => {
    const axis = node.int('axis', 0);
    const fixed = node.version < 13 ? node.ints('split', undefined) : undefined;
    const parts = node.int('num_outputs', node.outputs);
    return ([x, sizes]) => {
      const wanted = fixed ?? (sizes ? integersOf(sizes) : undefined);
      if (wanted !== undefined) return given(x).split(wanted, axis);
      const size = given(x).shape[axisOf(axis, given(x).ndim)];
      // The last part may be smaller.
      return given(x).split(Math.ceil(size / parts), axis);
    };
  },
};

/** One dimension of a slice, with a step of either sign. */
function sliced(x: Tensor, dim: number, start: number, end: number, step: number): Tensor {
  const size = x.shape[dim];
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  if (step > 0) {
    const first = Math.min(Math.max(from, 0), size);
    const last = Math.min(Math.max(to, first), size);
    const indices = x.shape.map((_, d) => (d === dim ? ops.slice(first, last, step) : ':'));
    // eslint-disable-next-line no-restricted-syntax -- as many as there are dimensions
    return x.at(...(indices as ':'[]));
  }
  // Backwards: from `first` down to above `last`, that is forwards through the flipped.
  const first = Math.min(Math.max(from, -1), size - 1);
  const last = Math.min(Math.max(to, -1), first);
  return sliced(x.flip(dim), dim, size - 1 - first, size - 1 - last, -step);
}

const slice: Operator = {
  inputs: [1, 5],
  make: (node) => {
    const old = node.version < 10;
    const fixed = {
      starts: old ? node.ints('starts', []) : [],
      ends: old ? node.ints('ends', []) : [],
      axes: old ? node.ints('axes', undefined) : undefined,
    };
    return ([x, starts, ends, axes, steps]) => {
      const y = given(x);
      const from = old ? fixed.starts : integersOf(given(starts));
      const to = old ? fixed.ends : integersOf(given(ends));
      const along = fixed.axes ?? (axes ? integersOf(axes) : from.map((_, d) => d));
      const by = steps ? integersOf(steps) : from.map(() => 1);
      if (to.length !== from.length || along.length !== from.length || by.length !== from.length) {
        throw new RangeError(`${from.length} starts, ${to.length} ends, ${along.length} axes, ${by.length} steps`); // prettier-ignore
      }
      return along.reduce((part, axis, i) => {
        if (by[i] === 0) throw new RangeError('a step is 0');
        // Like ends, starts reach beyond: −2^31 is the smallest number there is.
        return sliced(part, axisOf(axis, part.ndim), Math.max(from[i], -part.shape[axisOf(axis, part.ndim)] - 1), to[i], by[i]); // prettier-ignore
      }, y);
    };
  },
};

/** Broadcasting in both directions: a size of 1 keeps x's. */
const expand: Operator = {
  inputs: [2, 2],
  make:
    () =>
    ([x, shape]) => {
      const wanted = integersOf(given(shape));
      const own = given(x).shape;
      const ndim = Math.max(wanted.length, own.length);
      const sizes = Array.from({ length: ndim }, (_, d) => {
        const mine = own[d - ndim + own.length] ?? 1;
        const other = wanted[d - ndim + wanted.length] ?? 1;
        return other === 1 ? mine : other;
      });
      return given(x).expand(sizes);
    },
};

/** Counts from the end where an index is negative. */
function counted(index: Tensor, size: number): Tensor {
  const values = index.toTypedArray();
  for (const value of values) {
    if (Number(value) < 0) return ops.where(index.lt(0), index.add(size), index);
  }
  return index;
}

const gather: Operator = {
  inputs: [2, 2],
  make: (node) => {
    const axis = node.int('axis', 0);
    return ([x, indices]) => {
      const [y, index] = [given(x), given(indices)];
      const dim = axisOf(axis, y.ndim);
      if (index.ndim === 0) return y.select(dim, numberIn(index));
      const flat = counted(index, y.shape[dim]).reshape([index.numel]).to('int32');
      const rows = y.indexSelect(dim, flat);
      if (index.ndim === 1) return rows;
      return rows.reshape([...y.shape.slice(0, dim), ...index.shape, ...y.shape.slice(dim + 1)]);
    };
  },
};

const gatherElements: Operator = {
  inputs: [2, 2],
  make: (node) => {
    const axis = node.int('axis', 0);
    return ([x, indices]) => {
      const dim = axisOf(axis, given(x).ndim);
      return given(x).gather(dim, counted(given(indices), given(x).shape[dim]).to('int32'));
    };
  },
};

const modes: Readonly<Record<string, 'constant' | 'reflect' | 'replicate' | 'circular'>> = {
  ...{ constant: 'constant', reflect: 'reflect', edge: 'replicate', wrap: 'circular' },
};

/** Pads the last dimensions by [first, …] at the beginnings and then [first, …] at the ends, as ONNX has them. */
function padded(x: Tensor, pads: readonly number[], mode: string, value: number): Tensor {
  const ndim = x.ndim;
  if (pads.length !== 2 * ndim) {
    throw new RangeError(`${pads.length} pads for ${ndim} dimensions`);
  }
  // The function's amounts begin with the last dimension; trailing pairs of zeros are left out.
  const amounts: number[] = [];
  for (let d = ndim - 1; d >= 0; d--) amounts.push(pads[d], pads[d + ndim]);
  while (amounts.length > 0 && amounts.at(-1) === 0 && amounts.at(-2) === 0) amounts.splice(-2);
  if (amounts.length === 0) return x;
  if (mode === 'constant') return functional.pad(x, amounts, { value });
  // The other modes take one padded dimension, the last of two or three.
  if (amounts.length > 2) throw new RangeError(`${mode} pads the last dimension only, got [${pads.join(', ')}]`); // prettier-ignore
  const flat = x.ndim === 1 ? x.reshape([1, 1, x.numel]) : x.ndim === 2 ? x.unsqueeze(0) : x;
  const y = functional.pad(flat, amounts, { mode: modes[mode] });
  return x.ndim === 1 ? y.reshape([y.numel]) : x.ndim === 2 ? y.squeeze(0) : y;
}

const pad: Operator = {
  inputs: [1, 4],
  make: (node) => {
    const mode = node.text('mode', 'constant');
    if (!(mode in modes)) cannotRead(`mode is ${mode}`);
    const old = node.version < 11;
    const fixed = old ? node.ints('pads', []) : [];
    const number = old ? node.float('value', 0) : 0;
    return ([x, pads, value, axes]) => {
      const given1 = old ? fixed : integersOf(given(pads));
      const { ndim } = given(x);
      let all = given1;
      if (axes) {
        const along = integersOf(axes).map((axis) => axisOf(axis, ndim));
        const spread = new Array<number>(2 * ndim).fill(0);
        along.forEach((axis, i) => {
          spread[axis] = given1[i];
          spread[axis + ndim] = given1[i + along.length];
        });
        all = spread;
      }
      return padded(given(x), all, mode, value ? numberIn(value) : number);
    };
  },
};

const topk: Operator = {
  inputs: [1, 2],
  outputs: 2,
  make: (node) => {
    const axis = node.int('axis', -1);
    const largest = node.flag('largest', true);
    node.int('sorted', 1);
    const fixed = node.version < 10 ? node.int('k', 1) : 1;
    return ([x, k]) => {
      const { values, indices } = given(x).topk(k ? numberIn(k) : fixed, axis, { largest });
      return [values, indices];
    };
  },
};

const oneHot: Operator = {
  inputs: [3, 3],
  make: (node) => {
    const axis = node.int('axis', -1);
    return ([indices, depth, values]) => {
      const [index, count] = [given(indices), numberIn(given(depth))];
      const dim = axisOf(axis, index.ndim + 1);
      const [off, on] = [given(values).select(0, 0), given(values).select(0, 1)];
      const places = counted(index, count).to('int32').unsqueeze(dim);
      const shape = places.shape.map((_, d) => (d === dim ? count : 1));
      const is = places.eq(ops.arange(count, { dtype: 'int32' }).reshape(shape));
      return ops.where(is, on, off);
    };
  },
};

/** The first `lengths[n]` steps of each sequence backwards. */
const reverseSequence: Operator = {
  inputs: [2, 2],
  make: (node) => {
    const time = node.int('time_axis', 0);
    const batch = node.int('batch_axis', 1);
    if (time + batch !== 1) cannotRead(`its axes are ${time} and ${batch}`);
    return ([x, lengths]) => {
      const y = given(x);
      const [T, N] = [y.shape[time], y.shape[batch]];
      const lens = integersOf(given(lengths));
      if (lens.length !== N || lens.some((l) => l < 0 || l > T)) {
        throw new RangeError(`lengths [${lens.join(', ')}] for ${N} sequences of ${T} steps`);
      }
      const order = Int32Array.from({ length: T * N }, (_, i) => {
        const [t, n] = time === 0 ? [Math.floor(i / N), i % N] : [i % T, Math.floor(i / T)];
        const from = t < lens[n] ? lens[n] - 1 - t : t;
        return time === 0 ? from * N + n : n * T + from;
      });
      const rows = y.reshape([T * N, ...y.shape.slice(2)]);
      return rows.indexSelect(0, ops.tensor(order)).reshape(y.shape);
    };
  },
};

export const shapes: Operators = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: {
    inputs: [1, 1],
    make: (node) => {
      const start = node.int('start', 0);
      const end = node.int('end', undefined);
      return ([x]) => shapeTensor(given(x).shape.slice(start, end));
    },
  },
  Size: {
    inputs: [1, 1],
    make:
      () =>
      ([x]) =>
        ops.tensor(given(x).numel, { dtype: 'int32' }),
  },
  Reshape: reshape,
  Flatten: {
    inputs: [1, 1],
    make: (node) => {
      const axis = node.int('axis', 1);
      return ([x]) => {
        const { shape } = given(x);
        const at = axis < 0 ? axis + shape.length : axis;
        const count = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
        return given(x).reshape([count(shape.slice(0, at)), count(shape.slice(at))]);
      };
    },
  },
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Slice: slice,
  Expand: expand,
  Tile: {
    inputs: [2, 2],
    make:
      () =>
      ([x, times]) =>
        given(x).tile(integersOf(given(times))),
  },
  Gather: gather,
  GatherElements: gatherElements,
  Pad: pad,
  Range: {
    inputs: [3, 3],
    make:
      () =>
      ([start, limit, step]) =>
        ops.arange(numberIn(given(start)), numberIn(given(limit)), numberIn(given(step)), {
          dtype: given(start).dtype,
        }),
  },
  TopK: topk,
  OneHot: oneHot,
  Trilu: {
    inputs: [1, 2],
    make: (node) => {
      const upper = node.flag('upper', true);
      return ([x, k]) => {
        const diagonal = k ? numberIn(k) : 0;
        return upper ? given(x).triu(diagonal) : given(x).tril(diagonal);
      };
    },
  },
  CumSum: {
    inputs: [2, 2],
    make: (node) => {
      node.fixed('exclusive', 0);
      node.fixed('reverse', 0);
      return ([x, axis]) => given(x).cumsum(numberIn(given(axis)));
    },
  },
  ReverseSequence: reverseSequence,
  'ai.onnx.ml.ArrayFeatureExtractor': {
    inputs: [2, 2],
    make:
      () =>
      ([x, indices]) =>
        given(x).indexSelect(
          -1,
          given(indices)
            .reshape([given(indices).numel])
            .to('int32'),
        ),
  },
};
