/** The `plot` namespace: curves and matrices as SVG text, on the optional package `echarts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { string } from '../check';

export type { ChartOptions } from './chart';
export { curve, type Curve, type CurveOptions } from './curve';
export { matrices, matrix, type MatricesOptions, type Matrix, type MatrixOptions } from './matrix';

/**
 * Writes a chart to a file, whose folder is made when it is missing; returns the path.
 * @throws TypeError for what is no path or no text; Error when the file cannot be written.
 * @example plot.save('out/loss.svg', plot.curve([1, 0.5, 0.25]));
 */
export function save(path: string, svg: string): string {
  string.check('plot.save', 'path', path);
  string.check('plot.save', 'svg', svg);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, svg);
  return path;
}
