/**
 * Which numbers of a recording are sizes of dynamic axes: two recordings of other sizes are compared, and a number that differs is written as what
 * it is of those sizes.
 */

/** A dynamic axis: its name, and its size in both recordings. */
export interface Axis {
  readonly name: string;
  readonly a: number;
  readonly b: number;
}

/** factor · Π of axes + offset, all over divisor, rounded down. */
export interface Size {
  readonly axes: readonly Axis[];
  readonly factor: number;
  readonly divisor: number;
  readonly offset: number;
}

/** What a number is that is `a` in the first recording and `b` in the second; null where it is nothing simple. */
export function sizeOf(a: number, b: number, axes: readonly Axis[]): Size | null {
  if (a === b) return { axes: [], factor: 1, divisor: 1, offset: a };
  const products: Axis[][] = axes.map((axis) => [axis]);
  for (const [i, x] of axes.entries()) for (const y of axes.slice(i + 1)) products.push([x, y]);
  const found = products.flatMap((of): Size[] => {
    const [p, q] = [of.reduce((n, x) => n * x.a, 1), of.reduce((n, x) => n * x.b, 1)];
    const factor = (b - a) / (q - p);
    if (Number.isInteger(factor)) return [{ axes: of, factor, divisor: 1, offset: a - factor * p }];
    const divisor = Math.round((q - p) / (b - a));
    if (divisor > 1 && Math.floor(p / divisor) === a && Math.floor(q / divisor) === b) {
      return [{ axes: of, factor: 1, divisor, offset: 0 }];
    }
    return [];
  });
  const cost = ({ axes: of, factor, offset, divisor }: Size): number =>
    100 * Math.abs(offset) + 10 * of.length + Math.abs(factor) + divisor;
  found.sort((x, y) => cost(x) - cost(y));
  return found[0] ?? null;
}

/** A dynamic size as onnxruntime shows it. */
export function nameOf({ axes, factor, divisor, offset }: Size): string {
  if (axes.length === 0) return String(offset);
  const product = axes.map(({ name }) => name).join('*');
  const scaled = factor === 1 ? product : `${factor}*${product}`;
  const divided = divisor === 1 ? scaled : `${scaled}//${divisor}`;
  return offset === 0 ? divided : `${divided}${offset > 0 ? '+' : ''}${offset}`;
}
