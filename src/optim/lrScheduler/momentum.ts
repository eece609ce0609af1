/** Momentum that a schedule cycles: the option of that name, or the first beta. */
import type { AnyOptimizer, Groups } from './scheduler';

type Momentum = { momentum?: number; betas?: readonly [number, number] };

/** @throws RangeError for an optimizer without any. */
export function requireMomentum(operation: string, { paramGroups }: AnyOptimizer): void {
  if (paramGroups.every((group) => 'momentum' in group || 'betas' in group)) return;
  throw new RangeError(
    `${operation}: the optimizer has neither momentum nor betas; pass { cycleMomentum: false }`,
  );
}

/** Sets the momentum of a group. */
export function setMomentum(group: Groups[number], value: number): void {
  const options = group as Momentum;
  if (options.betas !== undefined) options.betas = [value, options.betas[1]];
  else options.momentum = value;
}
