// Nobody reaches what kernels are given by assigning to an object's fields: in a process of its own, which may end.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { Generator, nn, tensor, type Tensor } from 'ostinato';

const root = resolve(__dirname, '..', '..', '..');

test('every field of every kind of object, with every hostile value', () => {
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [resolve(root, 'scripts', 'run.cjs'), '--source', resolve(__dirname, 'program.ts')],
    { encoding: 'utf8' },
  );
  expect({ stderr, status, signal }).toEqual({ stderr: '', status: 0, signal: null });
  const { count, found } = JSON.parse(stdout) as { count: number; found: string[] };
  expect(found).toEqual([]);
  expect(count).toBeGreaterThan(1000);
}, 60_000);

test.each([
  [
    'shape',
    [3, 2],
    'Tensor.shape: cannot be assigned, got [3, 2]; x.reshape(shape) gives another shape',
  ],
  [
    'dtype',
    'int32',
    "Tensor.dtype: cannot be assigned, got 'int32'; x.to(dtype) gives another element type",
  ],
  ['numel', 1e6, 'Tensor.numel: cannot be assigned, got 1000000'],
  ['address', 8, 'Tensor.address: cannot be assigned, got 8'],
  ['gradFn', null, 'Tensor.gradFn: cannot be assigned, got null'],
  ['T', 1, 'Tensor.T: cannot be assigned, got 1'],
])('%s', (field, value, sentence) => {
  for (const x of [tensor([[1, 2, 3]]), new nn.Parameter(tensor([[1, 2, 3]]))]) {
    expect(() => ((x as unknown as Record<string, unknown>)[field] = value)).toThrow(
      new TypeError(sentence),
    );
  }
});

test('of storages and generators', () => {
  const write = (target: unknown, field: string) => () =>
    ((target as Record<string, unknown>)[field] = 8);
  const x: Tensor = tensor([1]);
  expect(write(x.storage, 'address')).toThrow(
    new TypeError('Storage.address: cannot be assigned, got 8'),
  );
  expect(write(new Generator(), 'address')).toThrow(
    new TypeError('Generator.address: cannot be assigned, got 8'),
  );
});

test('gradFn shows a frozen object, the same one each time, and not the node', () => {
  const y = tensor([1, 2], { requiresGrad: true }).mul(2);
  expect(y.gradFn).toEqual({ name: 'MulBackward0' });
  expect(Object.keys(y.gradFn!)).toEqual(['name']);
  expect([y.gradFn, Object.isFrozen(y.gradFn)]).toEqual([y.gradFn, true]);
  expect(y.gradFn).toBe(y.gradFn);
  expect(y.add(1).gradFn).not.toBe(y.gradFn);
});
