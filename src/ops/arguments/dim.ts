/** The dimension along which tensors are joined, cut or sorted: a number, or `{ dim }` as keyword arguments are translated. */
import { integer, optionsTable } from '../../check';

/** The dimension as an option: `x.split(1, { dim: 1 })` is `x.split(1, 1)`. */
export interface DimOptions {
  /** Along which dimension. Default: 0. */
  dim?: number;
}

const dimOptions = optionsTable<DimOptions>('split', { dim: integer.or(0) });

/** The number that was given; what is neither a number nor an object is left to `checkDim`. */
export const dimOf = (operation: string, given: number | DimOptions): number =>
  typeof given === 'object' && given !== null ? dimOptions.read(given, operation).dim : given;
