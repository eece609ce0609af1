/** The `plot` namespace: curves and matrices as SVG text, on the optional package `echarts`. */
import { string, surplus } from '../check';
import { makeFolderOf, writeFile } from '../io/files';
import { pathOf, type FilePath } from '../io/path';

export type { ChartOptions } from './chart';
export { curve, type Curve, type CurveOptions } from './curve';
export { matrices, matrix, type MatricesOptions, type Matrix, type MatrixOptions } from './matrix';

/**
 * Writes a chart to a file, whose folder is made when it is missing; returns the path.
 * The file is written as a whole or not at all.
 * @throws TypeError for what is no path or no text; Error when the file cannot be written, saying why.
 * @example plot.save('out/loss.svg', plot.curve([1, 0.5, 0.25]));
 */
export function save(path: FilePath, svg: string): string {
  if (arguments.length > 2) surplus('plot.save', arguments, 2, 'svg');
  const target = pathOf('plot.save', path);
  string.check('plot.save', 'svg', svg);
  makeFolderOf('plot.save', target);
  writeFile('plot.save', target, [Buffer.from(svg)]);
  return target;
}
