// Small habits of JavaScript: operators, texts, JSON, loops, console.log.
import { inspect } from 'node:util';
import { arange, io, nn, noGrad, ones, tensor, Tensor, zeros } from 'ostinato';
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
      "Tensor: JavaScript's +, -, *, /, <, > and == take tensors of one element, this one has shape [2, 3]; write x.add(y), x.sub(y), x.mul(y), x.div(y), x.lt(y), x.gt(y), x.eq(y), and ${x} or String(x) for a text";
    for (const f of [() => x + 1, () => x * 2, () => 2 - x, () => x < 1, () => -x, () => x % 2]) {
      expect(f).toThrow(new RangeError(message));
    }
    expect(() => asNumber(zeros([0])) + 1).toThrow(
      new RangeError(
        "Tensor: JavaScript's +, -, *, /, <, > and == take tensors of one element, this one has shape [0]; write x.add(y), x.sub(y), x.mul(y), x.div(y), x.lt(y), x.gt(y), x.eq(y), and ${x} or String(x) for a text",
      ),
    );
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
        'Tensor: a 0-dimensional tensor cannot be iterated over; item() is its number (in a test, testing.assertClose(a, b) compares tensors, and toEqual does with testing.tensorEquality)',
      ),
    );
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
    expect(() => y.backward()).toThrow(
      'backward: a tensor of shape [2] that square needs for its gradient was changed in place since (version 1, saved at 0); change a clone() instead, or do it before square',
    );
  });
  test('refuses what does not fit', () => {
    const p = new nn.Parameter(ones([2]));
    expect(() => (p.data = [1, 2] as never)).toThrow(
      new TypeError(
        'data: what is assigned must be a Tensor, got [1, 2]; make it one with tensor(…)',
      ),
    );
    expect(() => (p.data = zeros([2], { dtype: 'float64' }))).toThrow(
      new TypeError('data: must be float32 as the tensor is, got float64'),
    );
    expect(() => (p.data = zeros([3]))).toThrow(
      new RangeError("data: must have the tensor's shape [2], got [3]"),
    );
    expect(() => (noGrad(() => p.view(1, 2)).data = zeros([1, 2]))).toThrow(
      "data: cannot be assigned to a view, whose memory is its base's; use copy_()",
    );
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
    expect(() => new Own(storage, 'float32', [1e8])).toThrow(
      new TypeError(
        'Tensor: tensors are made by functions: tensor([1, 2]) of values, zeros([2, 3]) and the like of a shape, nn.Parameter of a tensor',
      ),
    );
    expect(zeros([1])).toBeInstanceOf(Tensor);
    expect(new nn.Parameter(zeros([1]))).toBeInstanceOf(Tensor);
    expect([] instanceof Tensor).toBe(false);
    expect(Tensor.name).toBe('Tensor');
  });
});
