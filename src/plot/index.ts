/** The `plot` namespace: curves and matrices as SVG text, on the optional package `echarts`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type { ChartOptions } from './chart';
export { curve, type Curve, type CurveOptions } from './curve';
export { matrices, matrix, type MatricesOptions, type Matrix, type MatrixOptions } from './matrix';

/**
 * Writes a chart to a file, whose folder is made when it is missing; returns the path.
 * @example plot.save('out/loss.svg', plot.curve(losses));
 */
export function save(path: string, svg: string): string {
  if (typeof path !== 'string' || typeof svg !== 'string') {
    throw new TypeError(
      `plot.save: takes a path and the SVG text of a chart, got ${typeof path} and ${typeof svg}`,
    );
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, svg);
  return path;
}
