/** Rows as Markdown. */
import { showRatio, showTiming } from '../measure';
import { labels } from '../peers/peer';
import type { PeerName } from '../works/work';
import { comparable, type Row, type Verdict } from './row';

const head = ['work', 'Ostinato', 'PyTorch', 'PyTorch, tuned', 'other peers', 'bound', 'goals'];

export const header: readonly string[] = [
  `| ${head.join(' | ')} |`,
  `|${head.map(() => '---').join('|')}|`,
];

/** A peer's time and how many times as long it is as ours; no ratio when the results differ. */
function peerCell(row: Row, name: PeerName): string {
  const cell = row.peers[name];
  if (cell === undefined) return '';
  if (!comparable(cell)) {
    return `${showTiming(cell)}; results differ by ${cell.apart.toExponential(1)}: no ratio`;
  }
  return `${showTiming(cell)} (${showRatio(cell.median / row.seconds!)})`;
}

const mark = ({ reached }: Verdict): string =>
  reached === null ? 'open' : reached ? 'reached' : '**missed**';

export function line(row: Row): string {
  const others = (['openblas', 'onnx', 'tfjs'] as const)
    .filter((name) => row.peers[name] !== undefined)
    .map((name) => `${labels[name]} ${peerCell(row, name)}`);
  const goals = row.verdicts.map((v) => `${v.goal}: ${v.value}, ${mark(v)}`);
  const cells = [
    row.name,
    row.own,
    peerCell(row, 'torch'),
    peerCell(row, 'tuned'),
    others.join('; '),
    row.bound,
    goals.join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** How many goals are reached, missed, and open for want of a peer. */
export function summary(rows: readonly Row[]): string {
  const verdicts = rows.flatMap((row) => row.verdicts);
  const count = (state: boolean | null): number =>
    verdicts.filter(({ reached }) => reached === state).length;
  return `${count(true)} goals reached, ${count(false)} missed, ${count(null)} open`;
}
