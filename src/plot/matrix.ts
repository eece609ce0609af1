/**
 * Matrices as coloured cells: attention weights, generated matrices, parameters. Owns the arrangement of one
 * or many on a page and their common scale of colours; drawing is chart.ts's.
 */
import {
  arrayOf,
  boolean,
  isArray,
  number,
  optionsTable,
  pairOf,
  positiveInteger,
  refuse,
  string,
  surplus,
} from '../check';
import { isTensor } from '../tensor/rules';
import { showShape } from '../tensor/shape';
import { sizesOf, type Tensor } from '../tensor/tensor';
import { chartFields, draw, type ChartOptions } from './chart';

/** A tensor [rows, columns], or as many nested arrays. */
export type Matrix = Tensor | readonly ArrayLike<number>[];

/** Options of `matrices`. */
export interface MatricesOptions extends ChartOptions {
  /** Values of the first and the last colour. Default: the least and the greatest, or ± the largest magnitude. */
  range?: readonly [min: number, max: number];
  /** Write each value into its cell. Default: where the cells are large enough. */
  numbers?: boolean;
  /** Heading of each matrix. Default: none. */
  titles?: readonly string[];
  /** Matrices side by side. Default: about as many as below each other. */
  perRow?: number;
}

/** Options of `matrix`. */
export interface MatrixOptions extends Omit<MatricesOptions, 'titles' | 'perRow'> {
  /** Name of the horizontal axis. Default: none. */
  x?: string;
  /** Name of the vertical axis. Default: none. */
  y?: string;
  /** What each row is: the tokens that were written, for an attention matrix. Default: 0, 1, 2, … */
  rows?: readonly string[];
  /** What each column is. Default: 0, 1, 2, … */
  columns?: readonly string[];
}

const anyLabels = arrayOf(string, 'an array of strings');
const shared = {
  range: pairOf(number, 'a pair [min, max]').optional,
  numbers: boolean.optional,
  ...chartFields,
};
const matricesOptions = optionsTable<MatricesOptions, keyof MatricesOptions>('plot.matrices', {
  ...shared,
  titles: anyLabels.optional,
  perRow: positiveInteger.optional,
});
const matrixOptions = optionsTable<MatrixOptions, keyof MatrixOptions>('plot.matrix', {
  ...shared,
  x: string.optional,
  y: string.optional,
  rows: anyLabels.optional,
  columns: anyLabels.optional,
});

// From low to high: viridis for one sign; blue, white, red for both.
const sequential = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'];
const diverging = ['#2166ac', '#92c5de', '#f7f7f7', '#f4a582', '#b2182b'];

interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
}

function gridOf(operation: string, what: string, given: Matrix): Grid {
  if (isTensor(given)) {
    if (given.ndim !== 2) {
      throw new RangeError(
        `${operation}: ${what} must have two dimensions, [rows, columns], got ${showShape(sizesOf(given))}`,
      );
    }
    const [rows, columns] = sizesOf(given);
    return nonEmpty(operation, what, { rows, columns, values: [...given.toTypedArray()] });
  }
  if (!isArray(given)) refuse(operation, what, 'a tensor or nested arrays', given);
  const lists = Array.from(given, (row, i) => {
    if (!isArray(row) && !ArrayBuffer.isView(row)) {
      refuse(operation, `row ${i} of ${what}`, 'an array of numbers', row);
    }
    return Array.from(row as ArrayLike<number>);
  });
  const columns = lists.at(0)?.length ?? 0;
  for (const [i, row] of lists.entries()) {
    if (row.length !== columns) {
      throw new RangeError(
        `${operation}: ${what} has rows of different lengths: row 0 has ${columns} elements, row ${i} has ${row.length}`,
      );
    }
    if (row.some((value) => typeof value !== 'number')) {
      throw new TypeError(`${operation}: ${what} must hold numbers; row ${i} holds something else`);
    }
  }
  return nonEmpty(operation, what, { rows: lists.length, columns, values: lists.flat() });
}

function nonEmpty(operation: string, what: string, grid: Grid): Grid {
  if (grid.values.length > 0) return grid;
  throw new RangeError(`${operation}: ${what} is empty: ${showShape([grid.rows, grid.columns])}`);
}

function checkLabels(name: string, given: readonly string[] | undefined, count: number): void {
  if (given !== undefined && given.length !== count) {
    throw new RangeError(`plot.matrix: ${name} has ${given.length} labels for ${count} ${name}`);
  }
}

/** The values of the first and the last colour, and whether 0 is in the middle. */
function scaleOf(
  operation: string,
  grids: readonly Grid[],
  range: readonly [number, number] | undefined,
): { min: number; max: number; colors: string[] } {
  if (range !== undefined) {
    const [min, max] = range;
    if (!(Number.isFinite(min) && Number.isFinite(max) && min < max)) {
      throw new RangeError(
        `${operation}: range must be two finite numbers, the smaller first, got [${range.join(', ')}]`,
      );
    }
    return { min, max, colors: min < 0 && max > 0 ? diverging : sequential };
  }
  let min = Infinity;
  let max = -Infinity;
  for (const { values } of grids) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }
  if (min < 0 && max > 0) {
    const largest = Math.max(-min, max);
    return { min: -largest, max: largest, colors: diverging };
  }
  if (min > max) return { min: 0, max: 1, colors: sequential };
  return { min, max: min === max ? min + 1 : max, colors: sequential };
}

interface Page extends MatricesOptions, MatrixOptions {
  readonly operation: string;
}

const most = <T>(list: readonly T[], sizeOf: (one: T) => number): number =>
  list.reduce((greatest, one) => Math.max(greatest, sizeOf(one)), 0);

function drawAll(grids: readonly Grid[], page: Page): string {
  const { operation, titles, x, y, rows: rowLabels, columns: columnLabels } = page;
  const scale = scaleOf(operation, grids, page.range);
  const perRow = page.perRow ?? Math.ceil(Math.sqrt(grids.length * 1.5));
  const down = Math.ceil(grids.length / perRow);
  const across = Math.min(perRow, grids.length);
  const cells = most(grids, ({ values }) => values.length);
  const alone = grids.length === 1;
  const named = (labels: readonly string[] | undefined): number =>
    most(labels ?? [], (label) => label.length) * 7;
  const left = alone ? Math.max(30, named(rowLabels) + 14) + (y === undefined ? 0 : 22) : 20;
  const [right, bottom] = [95, x === undefined ? 20 : 40];
  const width = page.width ?? 720;
  const gap = alone ? 0 : 16;
  const heading = titles === undefined ? 0 : 20;
  const boxWidth = (width - left - right - gap * (across - 1)) / across;
  // Labels wider than their columns are set vertically.
  const upright = named(columnLabels) > boxWidth / grids[0].columns;
  const top =
    (page.title === undefined ? 15 : 45) + (upright ? named(columnLabels) + 8 : alone ? 22 : 0);
  const tallest = most(grids, ({ rows, columns }) => rows / columns);
  // Square cells, unless that makes the picture a strip or a tower.
  const square = Math.min(Math.max(boxWidth * tallest, 60), 900);
  const height =
    page.height ?? Math.round(top + bottom + down * (square + heading) + gap * (down - 1));
  const boxHeight = (height - top - bottom - gap * (down - 1)) / down - heading;

  const roomy = grids.every((g) => boxWidth / g.columns >= 42 && boxHeight / g.rows >= 16);
  const numbers = page.numbers ?? roomy;
  const placed = grids.map((grid, index) => ({
    grid,
    index,
    left: left + (index % perRow) * (boxWidth + gap),
    top: top + heading + Math.floor(index / perRow) * (boxHeight + heading + gap),
  }));
  const axis = (
    labels: readonly string[] | undefined,
    count: number,
    gridIndex: number,
    rotate: number,
  ): object => ({
    type: 'category',
    gridIndex,
    data: labels ?? Array.from({ length: count }, (_, i) => String(i)),
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: {
      show: alone,
      ...(labels === undefined ? {} : { interval: 0 }),
      rotate,
    },
  });
  const centre = (name: string | undefined, nameGap: number): object =>
    name === undefined ? {} : { name, nameLocation: 'middle', nameGap };
  return draw(
    operation,
    { ...page, width, height },
    {
      graphic: placed.flatMap(({ index, left: at, top: above }) =>
        titles?.[index] === undefined
          ? []
          : [
              {
                type: 'text',
                x: at + boxWidth / 2,
                y: above - 16,
                style: { text: titles[index], align: 'center', fontSize: 12, fill: '#333333' },
              },
            ],
      ),
      grid: placed.map(({ left: at, top: above }) => ({
        left: at,
        top: above,
        width: boxWidth,
        height: boxHeight,
      })),
      xAxis: placed.map(({ grid, index }) => ({
        ...axis(columnLabels, grid.columns, index, upright ? 90 : 0),
        position: 'top',
      })),
      yAxis: placed.map(({ grid, index }) => ({
        ...axis(rowLabels, grid.rows, index, 0),
        inverse: true,
        ...centre(y, left - 16),
      })),
      visualMap: {
        type: 'continuous',
        min: scale.min,
        max: scale.max,
        inRange: { color: scale.colors },
        calculable: false,
        right: 12,
        top: 'center',
        itemHeight: Math.max(40, Math.min(180, height - 120)),
        precision: 2,
        text: [short(scale.max), short(scale.min)],
      },
      ...(x === undefined
        ? {}
        : {
            graphic: [
              {
                type: 'text',
                x: left + boxWidth / 2,
                y: height - 26,
                style: { text: x, align: 'center', fontSize: 12, fill: '#333333' },
              },
            ],
          }),
      series: placed.map(({ grid, index }) => ({
        type: 'heatmap',
        silent: true,
        xAxisIndex: index,
        yAxisIndex: index,
        data: grid.values.map((value, i) => [
          i % grid.columns,
          Math.floor(i / grid.columns),
          Number.isFinite(value) ? value : '-',
          inCell(value, Math.max(Math.abs(scale.min), Math.abs(scale.max))),
        ]),
        encode: { x: 0, y: 1, value: 2 },
        label: { show: numbers, formatter: '{@[3]}', fontSize: 11 },
        itemStyle: { borderColor: '#ffffff', borderWidth: cells > 2500 ? 0 : 1 },
      })),
    },
  );
}

const short = (value: number): string => {
  const text = value.toPrecision(3);
  return text.includes('e') ? text : String(Number(text));
};

/** To the thousandth of the largest value's power of ten: smaller digits would say nothing beside it. */
function inCell(value: number, largest: number): string {
  const step = 10 ** (Math.floor(Math.log10(largest)) - 3);
  const rounded = Math.round(value / step) * step;
  return short(Number.isFinite(rounded) ? rounded : value);
}

/**
 * A matrix as a picture, as SVG text: row 0 on top, a cell for each element.
 * @throws Error when the package `echarts` is not installed; RangeError for another number of dimensions, an empty matrix
 * or labels that are not as many as rows or columns; TypeError for what is no matrix or no option.
 * @example
 * const weights = softmax(randn([2, 3]), 1);
 * plot.save('attention.svg', plot.matrix(weights, { rows: ['le', 'chat'], columns: ['the', 'black', 'cat'] }));
 */
export function matrix(values: Matrix, options?: MatrixOptions): string {
  if (arguments.length > 2) surplus('plot.matrix', arguments, 2, 'options');
  const read = matrixOptions.read(options);
  const grid = gridOf('plot.matrix', 'the matrix', values);
  checkLabels('rows', read.rows, grid.rows);
  checkLabels('columns', read.columns, grid.columns);
  return drawAll([grid], { ...read, operation: 'plot.matrix' });
}

/**
 * Several matrices on one scale of colours, as SVG text: nested arrays or tensors [rows, columns], or one tensor
 * [count, rows, columns].
 * @throws as `plot.matrix`.
 * @example plot.save('generated.svg', plot.matrices(randn([10, 2, 2])));
 */
export function matrices(values: Tensor | readonly Matrix[], options?: MatricesOptions): string {
  if (arguments.length > 2) surplus('plot.matrices', arguments, 2, 'options');
  const operation = 'plot.matrices';
  const read = matricesOptions.read(options);
  if (isTensor(values) && values.ndim !== 3) {
    throw new RangeError(
      `${operation}: a tensor must have three dimensions, [count, rows, columns], got ${showShape(sizesOf(values))}`,
    );
  }
  if (!isTensor(values) && !isArray(values)) {
    refuse(operation, 'values', 'a tensor or a list of matrices', values);
  }
  const list = isTensor(values)
    ? Array.from({ length: sizesOf(values)[0] }, (_, i) => values.select(0, i))
    : Array.from(values);
  if (list.length === 0) throw new RangeError(`${operation}: there are no matrices`);
  if (read.titles !== undefined && read.titles.length !== list.length) {
    throw new RangeError(
      `${operation}: titles has ${read.titles.length} entries for ${list.length} matrices`,
    );
  }
  const grids = list.map((each, i) => gridOf(operation, `matrix ${i}`, each));
  return drawAll(grids, { ...read, operation });
}
