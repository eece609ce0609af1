/**
 * npm run bench:peers [-- --filter TEXT --rounds N --seconds S --clock wall|cpu --keep --list]
 *
 * The same work in Ostinato, PyTorch (as installed and tuned), OpenBLAS, onnxruntime and tfjs-wasm, the sides
 * alternating in each round, and each row's goal beside it. Writes bench/results/peers.md, .json and .svg; --keep takes
 * the rows that are not run again from there; --clock cpu reads processor time, for a machine that others use; --list names
 * the rows. docs/performance.md explains the columns.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Machine } from './machine';
import { setClock } from './measure';
import { nodePeer } from './peers/node-process';
import { labels } from './peers/peer';
import { pythonPeers } from './peers/torch';
import { chart } from './report/chart';
import type { Row } from './report/row';
import { describeMachine, describePeers } from './report/machine';
import { header, line, summary } from './report/table';
import { runWork } from './run';
import { works } from './works';
import type { PeerName } from './works/work';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '0.05' },
    filter: { type: 'string', default: '' },
    clock: { type: 'string', default: 'wall' },
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

const results = join(process.cwd(), 'bench', 'results');

function kept(): Map<string, Row> {
  const rows = new Map<string, Row>();
  if (!options.keep) return rows;
  try {
    const text = readFileSync(join(results, 'peers.json'), 'utf8');
    for (const row of JSON.parse(text) as Row[]) rows.set(row.name, row);
  } catch {
    console.error('bench: no earlier results to keep');
  }
  return rows;
}

async function main(): Promise<void> {
  const wanted = options.filter.toLowerCase();
  const chosen = works.filter(({ name, group }) =>
    `${group}: ${name}`.toLowerCase().includes(wanted),
  );
  if (options.list) {
    for (const { name, group } of chosen) console.log(`${group}: ${name}`);
    return;
  }
  const clock = options.clock === 'cpu' ? 'cpu' : 'wall';
  setClock(clock);
  const peers = await pythonPeers(clock);
  for (const name of ['onnx', 'tfjs'] as const) {
    const peer = await nodePeer(name, clock);
    if (peer !== null) peers.push(peer);
  }
  const machine = new Machine();
  const settings = { rounds: Number(options.rounds), seconds: Number(options.seconds) };
  const rows = kept();
  const fresh: Row[] = [];
  console.log(header.join('\n'));
  for (const work of chosen) {
    const row =
      'measure' in work
        ? await work.measure({ peers, settings })
        : await runWork(work, peers, settings);
    rows.set(row.name, row);
    fresh.push(row);
    console.log(line(row));
  }
  for (const peer of peers) peer.stop();
  const notes = [
    ...describeMachine(machine),
    `${describePeers(peers, Object.keys(labels) as PeerName[])}. Medians of ${settings.rounds} rounds, the sides alternating, ± half the distance of the quartiles${clock === 'cpu' ? '; processor time, since others use the machine' : ''}.`,
    `${summary([...rows.values()])}.`,
  ];
  console.log(`\n${notes.join('\n')}`);
  const order = new Map(works.map(({ name }, i) => [name, i]));
  const sorted = [...rows.values()].sort(
    (a, b) => (order.get(a.name) ?? Infinity) - (order.get(b.name) ?? Infinity),
  );
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'peers.json'), `${JSON.stringify(sorted, null, 1)}\n`);
  writeFileSync(
    join(results, 'peers.md'),
    [...notes.flatMap((note) => [note, '']), ...header, ...sorted.map(line), ''].join('\n'),
  );
  const svg = chart(sorted, 'Times as fast as a peer, one thread');
  if (svg === null) console.log('no chart: echarts is not installed (npm ci)');
  else writeFileSync(join(results, 'peers.svg'), svg);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
