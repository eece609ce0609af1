/** Rows as a picture: how many times as fast as each peer, and where the goals are. Drawn by Apache ECharts. */
import type * as ECharts from 'echarts';
import { labels } from '../peers/peer';
import type { PeerName } from '../works/work';
import { comparable, type Row } from './row';

// Told apart with any colour vision (Okabe and Ito).
const colours: Readonly<Partial<Record<PeerName, string>>> = {
  torch: '#0072b2',
  tuned: '#56b4e9',
  openblas: '#e69f00',
  onnx: '#009e73',
};
const drawn = Object.keys(colours) as PeerName[];
const rowHeight = 34;

/** Times as fast as that peer, or null where that cannot be said. */
function ratio(row: Row, name: PeerName): number | null {
  const cell = row.peers[name];
  if (cell === undefined || row.seconds === undefined || !comparable(cell)) return null;
  return Number((cell.median / row.seconds).toPrecision(3));
}

/** A bar for each peer of each row, as SVG text; null when echarts is not installed. */
export function chart(rows: readonly Row[], title: string): string | null {
  let echarts: typeof ECharts;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- a package that may be missing
    echarts = require('echarts') as typeof ECharts;
  } catch {
    return null;
  }
  const shown = rows.filter((row) => drawn.some((name) => ratio(row, name) !== null));
  const height = 110 + rowHeight * shown.length;
  const picture = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 1000, height });
  try {
    picture.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      title: { text: title, left: 'center', top: 8, textStyle: { fontSize: 15 } },
      legend: { top: 34, data: [...drawn.map((name) => labels[name]), 'goal'] },
      grid: { left: 330, right: 40, top: 70, bottom: 30 },
      xAxis: { type: 'log', min: 0.05, axisLabel: { formatter: '{value}×' } },
      yAxis: {
        type: 'category',
        inverse: true,
        data: shown.map(({ name }) => name),
        axisLabel: { width: 310, overflow: 'truncate', fontSize: 11 },
      },
      series: [
        ...drawn.map((name) => ({
          type: 'bar' as const,
          name: labels[name],
          barGap: '10%',
          itemStyle: { color: colours[name] },
          data: shown.map((row) => ratio(row, name)),
          // Parity.
          ...(name === 'torch'
            ? {
                markLine: {
                  silent: true,
                  symbol: 'none',
                  label: { show: false },
                  lineStyle: { color: '#333333', type: 'solid' as const },
                  data: [{ xAxis: 1 }],
                },
              }
            : {}),
        })),
        {
          type: 'scatter' as const,
          name: 'goal',
          symbol: 'diamond',
          symbolSize: 10,
          itemStyle: { color: '#d55e00' },
          data: shown.map((row) => row.goalTimes ?? null),
        },
      ],
    });
    return picture.renderToSVGString();
  } finally {
    picture.dispose();
  }
}
