// Small habits of JavaScript: operators, texts, JSON, loops, console.log, destructuring by name.
import { inspect } from 'node:util';
import {
  arange,
  compile,
  io,
  max,
  nn,
  noGrad,
  ones,
  randn,
  sort,
  tanh,
  tensor,
  Tensor,
  topk,
  tqdm,
  unique,
  zeros,
} from 'ostinato';
import { flat } from '../support';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const asNumber = (x: unknown): number => x as number;

describe('operators', () => {
  test('a tensor of one element counts as its number', () => {
    for (const loss of [tensor(0.5), tensor([0.5]), tensor([[0.5]]).requiresGrad_()]) {
      const n = asNumber(loss);
      expect(n + 1).toBe(1.5);
      expect(n * 2).toBe(1);
      expect(-n).toBe(-0.5);
      expect(n < 0.6).toBe(true);
      expect(n > 0.6).toBe(false);
      expect(Math.max(n, 0.25)).toBe(0.5);
    }
    expect(asNumber(tensor(true)) + 1).toBe(2);
    expect(asNumber(tensor(2)) - asNumber(tensor(3))).toBe(-1);
  });

  test('larger ones are refused, and the methods named', () => {
    const x = asNumber(zeros([2, 3]));
    const message =
      "Tensor: JavaScript's +, -, *, /, <, > and == take tensors of one element, this one has shape [2, 3]; write x.add(y), x.sub(y), x.mul(y), x.div(y), x.lt(y), x.gt(y), x.eq(y)";
    for (const f of [() => x + 1, () => x * 2, () => 2 - x, () => x < 1, () => -x, () => x % 2]) {
      expect(f).toThrow(new RangeError(message));
    }
    expect(() => asNumber(zeros([0])) + 1).toThrow(RangeError);
  });

  test('in a text, a number or what print shows', () => {
    expect(
      `${String(tensor(0.5))} ${`${tensor(3, { dtype: 'int32' }) as unknown as string}`}`,
    ).toBe('0.5 3');
    expect(String(tensor([1, 2]))).toBe('tensor([1., 2.])');
    expect(tensor(0.5).toString()).toBe('tensor(0.5000)');
  });
});

describe('JSON', () => {
  test('a tensor is its values', () => {
    expect(JSON.stringify({ x: tensor([[1, 2]]), mask: tensor([true]), n: tensor(3) })).toBe(
      '{"x":[[1,2]],"mask":[true],"n":3}',
    );
  });
  test('a state dict is refused, and saveSafetensors named', () => {
    const state = new nn.Linear(1, 1).stateDict();
    const path = join(mkdtempSync(join(tmpdir(), 'ostinato-')), 'x.safetensors');
    io.saveSafetensors(path, state);
    for (const dict of [state, io.loadSafetensors(path)]) {
      expect(() => JSON.stringify({ model: dict })).toThrow(
        new TypeError(
          'JSON.stringify: a state dict is a Map of tensors, which JSON cannot hold; io.saveSafetensors(path, stateDict) writes it to a file',
        ),
      );
    }
    expect(state).toBeInstanceOf(Map);
  });
});

describe('iteration', () => {
  test('over dimension 0', () => {
    const x = arange(6).view(3, 2);
    expect([...x].map(flat)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    const [first, , last] = x;
    expect(flat(first.add(last))).toEqual([4, 6]);
    expect([...zeros([0, 2])]).toEqual([]);
    const leaf = ones([3, 2]).requiresGrad_();
    let sum = tensor(0);
    for (const row of leaf) sum = sum.add(row.sum().mul(2));
    sum.backward();
    expect(flat(leaf.grad!)).toEqual([2, 2, 2, 2, 2, 2]);
  });
  test('not of a number', () => {
    expect(() => [...tensor(1)]).toThrow(
      new TypeError(
        'Tensor: a tensor of no dimensions cannot be iterated over; item() is its number',
      ),
    );
  });
  test('tqdm(n) counts', () => {
    const bar = tqdm(3, { disable: true });
    expect([...bar]).toEqual([0, 1, 2]);
    expect([...tqdm(0, { disable: true })]).toEqual([]);
    for (const wrong of [-1, 0.5, NaN]) expect(() => tqdm(wrong)).toThrow(RangeError);
    expect(() => tqdm(null as never)).toThrow(TypeError);
  });
});

describe('console.log', () => {
  test('indents tensors in objects, and stops where it looks no deeper', () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    expect(inspect(x)).toBe('tensor([[1., 2.],\n        [3., 4.]])');
    expect(inspect({ weight: x })).toBe('{\n  weight: tensor([[1., 2.],\n          [3., 4.]])\n}');
    expect(inspect({ a: { b: { c: { x } } } })).toContain('[Object]');
    expect(inspect([[[x]]], { depth: 1 })).toContain('[Array]');
    expect(inspect({ x }, { depth: 0 })).toBe('{ x: [tensor [2, 2]] }');
    expect(inspect(x, { depth: 0 })).toBe(String(x));
  });
});

describe('several results', () => {
  const x = tensor([
    [3, 1, 2],
    [4, 6, 5],
  ]);
  test('destructure by position and by name', () => {
    for (const result of [
      x.sort(),
      sort(x, 1),
      x.topk(2),
      topk(x, 2),
      x.max(1),
      x.min(0),
      max(x, 1, { keepdim: true }),
      x.gt(2).max(1),
      compile((y: Tensor) => y.sort(1))(x),
    ]) {
      const [a, b] = result;
      const { values, indices } = result;
      expect(values).toBe(a);
      expect(indices).toBe(b);
      expect(result).toHaveLength(2);
      expect(result[0]).toBe(values);
      expect(result[1]).toBe(indices);
      expect(b.dtype).toBe('int32');
    }
    expect(flat(x.sort().values)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(flat(x.max(1).indices)).toEqual([0, 1]);
  });
  test('unique', () => {
    const y = tensor([2, 1, 2]);
    const { values, inverse, counts } = unique(y, { returnInverse: true, returnCounts: true });
    expect([values, inverse, counts].map(flat)).toEqual([
      [1, 2],
      [1, 0, 1],
      [1, 2],
    ]);
    expect(flat(unique(y, { returnCounts: true }).counts)).toEqual([1, 2]);
    expect(flat(unique(y, { returnInverse: true }).inverse)).toEqual([1, 0, 1]);
    const [, often] = unique(y, { returnCounts: true });
    expect(flat(often)).toEqual([1, 2]);
  });
});

describe('Sequential', () => {
  test('functions stand among the modules', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), tanh, function rowSums(y) {
      return y.sum(1);
    });
    const x = randn([4, 2]);
    expect(flat(net.forward(x))).toEqual(flat((net.at(0) as nn.Linear).forward(x).tanh().sum(1)));
    expect(net.length).toBe(3);
    expect([...net.stateDict().keys()]).toEqual(['0.weight', '0.bias']);
    expect(String(net)).toContain('(2): Lambda(rowSums)');
    expect(() => new nn.Sequential(nn.Linear as never)).toThrow(
      new TypeError('Sequential: takes modules, got the class Linear'),
    );
    const named = new nn.Sequential(new Map<string, nn.SequentialItem>([['squash', tanh]]));
    expect(flat(named.forward(x))).toEqual(flat(x.tanh()));
  });
});

describe('data', () => {
  test('is the memory without history', () => {
    const p = new nn.Parameter(ones([2]));
    expect(p.data.requiresGrad).toBe(false);
    p.data.mul_(3);
    expect(flat(p)).toEqual([3, 3]);
    p.data = tensor([5, 6]);
    expect(flat(p)).toEqual([5, 6]);
    expect(p.requiresGrad).toBe(true);
    p.mul(2).sum().backward();
    expect(flat(p.grad!)).toEqual([2, 2]);
  });
  test('assigned, a graph that saved the old one notices', () => {
    const p = new nn.Parameter(ones([2]));
    const y = p.square().sum();
    p.data = tensor([5, 6]);
    expect(() => y.backward()).toThrow(/was changed in place since/);
  });
  test('refuses what does not fit', () => {
    const p = new nn.Parameter(ones([2]));
    expect(() => (p.data = [1, 2] as never)).toThrow(TypeError);
    expect(() => (p.data = zeros([2], { dtype: 'float64' }))).toThrow(TypeError);
    expect(() => (p.data = zeros([3]))).toThrow(
      new RangeError("data: must have the tensor's shape [2], got [3]"),
    );
    expect(() => (noGrad(() => p.view(1, 2)).data = zeros([1, 2]))).toThrow(/view/);
  });
});

describe('the class', () => {
  test('makes nothing, but answers instanceof', () => {
    const Class = Tensor as unknown as new (...given: unknown[]) => unknown;
    const message =
      'Tensor: tensors are made by functions: tensor([1, 2]) of values, zeros([2, 3]) and the like of a shape, nn.Parameter of a tensor';
    expect(() => new Class([1])).toThrow(new TypeError(message));
    const { storage } = zeros([1]);
    expect(() => new Class(storage, 'float32', [1e8])).toThrow(new TypeError(message));
    const Own = zeros([1]).constructor as typeof Class;
    expect(() => new Own(storage, 'float32', [1e8])).toThrow(TypeError);
    expect(zeros([1])).toBeInstanceOf(Tensor);
    expect(new nn.Parameter(zeros([1]))).toBeInstanceOf(Tensor);
    expect([] instanceof Tensor).toBe(false);
    expect(Tensor.name).toBe('Tensor');
  });
});
