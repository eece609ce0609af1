// What samples are made of.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as o from 'ostinato';

const { nn, optim, data } = o;

export interface Sample {
  readonly on?: object;
  readonly args: readonly unknown[];
  readonly options?: Readonly<Record<string, unknown>>;
}
export type Make = () => Sample;

/** Where the calls write files, spoiled paths too. */
export const folder = mkdtempSync(join(tmpdir(), 'ostinato-surface-'));
export const file = (name: string): string => join(folder, name);

export const call = (...args: unknown[]): Sample => ({ args });
export const withOptions = (options: Record<string, unknown>, ...args: unknown[]): Sample => ({
  args,
  options,
});
export const on = (object: object, ...args: unknown[]): Sample => ({ on: object, args });
export const onWithOptions = (
  object: object,
  options: Record<string, unknown>,
  ...args: unknown[]
): Sample => ({ on: object, args, options });

export const x = (...shape: number[]): o.Tensor => o.rand(shape).add(0.1);
export const leaf = (...shape: number[]): o.Tensor => x(...shape).requiresGrad_();
export const ints = (...values: number[]): o.Tensor => o.tensor(values, { dtype: 'int32' });
export const tokens = (...rows: number[][]): o.Tensor => o.tensor(rows, { dtype: 'int32' });
export const bools = (...values: boolean[]): o.Tensor => o.tensor(values);
export const parameters = (): o.nn.Parameter[] => {
  const weight = new nn.Parameter(x(2, 3));
  weight.square().sum().backward();
  return [weight];
};
export const sgd = (): o.optim.SGD => new optim.SGD(parameters(), { lr: 0.1, momentum: 0.9 });
export const generator = (): o.Generator => new o.Generator();
export const rows = (): o.data.TensorDataset => new data.TensorDataset(x(6, 2), x(6));
export const tensorOptions = (): Record<string, unknown> => ({
  dtype: 'float64',
  requiresGrad: true,
});
export const drawn = (): Record<string, unknown> => ({
  ...tensorOptions(),
  generator: generator(),
});

export const each = <K extends string>(
  names: readonly K[],
  make: (name: K) => Make,
): Record<string, Make> => Object.fromEntries(names.map((name) => [name, make(name)]));
