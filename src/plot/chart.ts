/**
 * Charts as SVG text, drawn by Apache ECharts, an optional peer: it is loaded when the first chart is drawn. This file
 * owns the loading, the drawing and the style that all charts share; what a chart shows is its own file's.
 */
import type * as ECharts from 'echarts';
import { load, rule, string } from '../check';

/** Options of every chart. */
export interface ChartOptions {
  /** Heading. Default: none. */
  title?: string;
  /** In pixels. Default: 720. */
  width?: number;
  /** In pixels. Default: 420, or what keeps a matrix's cells square. */
  height?: number;
}

const pixels = rule<number>(
  'from 50 to 20000 pixels',
  (value) => typeof value === 'number',
  (value) => value >= 50 && value <= 20_000,
);

/** The rows that the options tables of all charts share. */
export const chartFields = {
  title: string.optional,
  width: pixels.optional,
  height: pixels.optional,
};

let library: typeof ECharts | null = null;

function echarts(operation: string): typeof ECharts {
  if (library !== null) return library;
  try {
    library = load('echarts') as typeof ECharts;
    return library;
  } catch (cause) {
    throw new Error(
      `${operation}: charts are drawn by the package 'echarts', which is not installed; run: npm install echarts`,
      { cause },
    );
  }
}

/** Colours of curves, told apart with any colour vision (Okabe and Ito). */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];
const ink = '#333333';

/**
 * The same with each line of text that names a property of every object ('constructor', '__proto__') made another by a
 * character without width: ECharts keeps what it has measured in a plain object, and would write into those properties.
 */
function withoutInherited(value: unknown): unknown {
  if (typeof value === 'string') {
    const lines = value.split('\n');
    return lines.map((line) => (line in Object.prototype ? `${line}\u200b` : line)).join('\n');
  }
  if (Array.isArray(value)) return value.map(withoutInherited);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutInherited(item)]),
  );
}

/** The chart of an ECharts option object, as SVG text. */
export function draw(
  operation: string,
  { title, width = 720, height = 420 }: ChartOptions,
  option: object,
): string {
  const chart = echarts(operation).init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    const styled = {
      animation: false,
      backgroundColor: '#ffffff',
      color: palette,
      textStyle: { fontFamily: 'sans-serif', fontSize: 12, color: ink },
      ...(title === undefined
        ? {}
        : {
            title: {
              text: title,
              left: 'center',
              top: 10,
              textStyle: { fontSize: 15, color: ink },
            },
          }),
      ...option,
    };
    chart.setOption(withoutInherited(styled) as Record<string, unknown>);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
