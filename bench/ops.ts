/**
 * npm run bench:ops [-- --filter TEXT --sizes 2x4,16x64 --threads 1,2 --rounds N --seconds S --clock wall|cpu --check --list]
 *
 * Operation by operation beside PyTorch as it is installed: forward, and forward with backward, at five sizes, with one thread and with
 * two, the sides alternating in each round; the slowest against PyTorch first. Writes bench/results/ops.md and ops.json. --check compares
 * results and gradients alone, and times nothing.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Machine } from './machine';
import { setClock, showRatio, showTime } from './measure';
import { cases, goals, sizes, work, type Case, type Size } from './operations';
import type { Peer } from './peers/peer';
import { pythonPeers } from './peers/torch';
import { describeMachine, describePeers } from './report/machine';
import { comparable, tolerance, type Row } from './report/row';
import { runWork } from './run';
import { disagreement } from './works/work';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.01' },
    filter: { type: 'string', default: '' },
    sizes: { type: 'string', default: sizes.map((size) => size.join('x')).join() },
    threads: { type: 'string', default: '1,2' },
    clock: { type: 'string', default: 'wall' },
    check: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

/** A row and what it is a row of. */
interface Measured {
  readonly name: string;
  readonly size: string;
  readonly threads: number;
  readonly direction: string;
  readonly ours: number;
  readonly theirs: number;
  readonly ratio: number;
}

const geometric = (ratios: readonly number[]): number =>
  Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);

function measured(
  row: Row,
  rest: Pick<Measured, 'size' | 'threads' | 'direction'>,
): Measured | null {
  const cell = row.peers.torch;
  if (cell === undefined || !comparable(cell)) return null;
  const ours = row.seconds!;
  return { name: row.name, ...rest, ours, theirs: cell.median, ratio: cell.median / ours };
}

function summary(all: readonly Measured[]): string[] {
  const groups = new Map<string, number[]>();
  for (const { size, threads, direction, ratio } of all) {
    const key = `${size} | ${threads} | ${direction}`;
    groups.set(key, [...(groups.get(key) ?? []), ratio]);
  }
  return [
    `| size | threads | direction | cases | geometric mean (goal ${goals.mean}×) | below ${goals.least}× | least |`,
    '|---|---|---|---|---|---|---|',
    ...[...groups].map(
      ([key, ratios]) =>
        `| ${key} | ${ratios.length} | ${showRatio(geometric(ratios))} | ${ratios.filter((ratio) => ratio < goals.least).length} | ${showRatio(Math.min(...ratios))} |`,
    ),
  ];
}

/** How far apart the sides' results are, of everything at one size: the names of those that cannot be compared. */
async function check(chosen: readonly Case[], peers: readonly Peer[]): Promise<void> {
  let faults = 0;
  for (const one of chosen) {
    for (const backward of one.differentiable ? [false, true] : [false]) {
      const piece = work(one, [16, 64], 1, backward);
      try {
        const theirs = await (await peers[0].side(piece))!.result();
        const apart = disagreement(piece.make().result(), theirs);
        if (apart <= tolerance) continue;
        console.log(`${one.name}${backward ? ', backward' : ''}: apart by ${apart}`);
      } catch (error) {
        console.log(`${one.name}${backward ? ', backward' : ''}: ${String(error)}`);
      }
      faults++;
    }
  }
  console.log(`${chosen.length} operations, ${faults} that differ`);
}

async function main(): Promise<void> {
  const wanted = options.filter.toLowerCase();
  const chosen = cases.filter(({ name }) => name.toLowerCase().includes(wanted));
  if (options.list) {
    for (const { name, torch } of chosen) console.log(`${name}: ${torch}`);
    return;
  }
  const clock = options.clock === 'cpu' ? 'cpu' : 'wall';
  setClock(clock);
  const peers = (await pythonPeers(clock)).filter(({ name }) => name === 'torch');
  if (options.check) {
    await check(chosen, peers);
    for (const peer of peers) peer.stop();
    return;
  }
  const settings = {
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    warmUp: 0.1,
  };
  const all: Measured[] = [];
  const apart: string[] = [];
  for (const text of options.sizes.split(',')) {
    const size = text.split('x').map(Number) as unknown as Size;
    for (const one of chosen) {
      if (size[0] * size[1] > one.most) continue;
      for (const backward of one.differentiable ? [false, true] : [false]) {
        for (const threads of options.threads.split(',').map(Number)) {
          const row = await runWork(work(one, size, threads, backward), peers, settings);
          const direction = backward ? 'forward + backward' : 'forward';
          const found = measured(row, { size: text, threads, direction });
          if (found === null) apart.push(`${row.name} at ${text}, ${direction}`);
          else all.push(found);
        }
      }
    }
    console.error(`${text}: ${all.length} rows`);
  }
  for (const peer of peers) peer.stop();
  all.sort((a, b) => a.ratio - b.ratio);
  const lines = [
    ...describeMachine(new Machine()),
    `${describePeers(peers, ['torch'])}. Medians of ${settings.rounds} rounds, the sides alternating${clock === 'cpu' ? '; processor time' : ''}.`,
    '',
    ...summary(all),
    '',
    `Results differ, so that there is no ratio: ${apart.length === 0 ? 'none' : [...new Set(apart)].join('; ')}.`,
    '',
    '| operation | size | threads | direction | Ostinato | PyTorch | ratio |',
    '|---|---|---|---|---|---|---|',
    ...all.map(
      ({ name, size, threads, direction, ours, theirs, ratio }) =>
        `| ${name} | ${size} | ${threads} | ${direction} | ${showTime(ours)} | ${showTime(theirs)} | ${showRatio(ratio)} |`,
    ),
  ];
  const results = join(process.cwd(), 'bench', 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'ops.json'), `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(join(results, 'ops.md'), `${lines.join('\n')}\n`);
  console.log(lines.join('\n'));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
