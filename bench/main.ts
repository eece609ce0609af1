/**
 * npm run bench [-- --rounds N --filter TEXT --seconds S --skip-memory]
 *
 * The short benchmark, micro and layer: each work in Ostinato (timed by the `benchmark` package), in PyTorch as it is
 * installed and, for inference, in onnxruntime, alternating within each round, one thread. Results are compared
 * first: no ratio is printed for sides that disagree. `npm run bench:peers` is the whole of it.
 */
import { parseArgs } from 'node:util';
import { Machine } from './machine';
import { showRatio, time } from './measure';
import { memoryGrowth } from './memory';
import { describeMachine, describePeers } from './report/machine';
import { comparable, type Row } from './report/row';
import { nodePeer } from './peers/node-process';
import { pythonPeers } from './peers/torch';
import { runWork } from './run';
import { quick } from './works';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '0.05' },
    filter: { type: 'string', default: '' },
    'skip-memory': { type: 'boolean', default: false },
  },
});

function line(row: Row): string {
  const [name, cell] =
    row.peers.onnx === undefined
      ? (['PyTorch', row.peers.torch] as const)
      : (['onnxruntime', row.peers.onnx] as const);
  const ratio =
    cell === undefined
      ? 'not installed'
      : comparable(cell)
        ? `${showRatio(cell.median / row.seconds!)} (${name})`
        : `${name}'s results differ by ${cell.apart.toExponential(1)}`;
  const goals = row.verdicts
    .filter(({ reached }) => reached !== null)
    .map(({ goal, value, reached }) => `${goal}: ${value}, ${reached ? 'reached' : 'missed'}`);
  return `| ${[row.name, row.own, ratio, row.bound, goals.join('; ')].join(' | ')} |`;
}

async function main(): Promise<void> {
  const python = await pythonPeers();
  const peers = python.filter(({ name }) => name === 'torch');
  for (const peer of python) if (peer.name !== 'torch') peer.stop();
  const onnx = await nodePeer('onnx', 'wall');
  if (onnx !== null) peers.push(onnx);
  const machine = new Machine();
  const settings = {
    rounds: Number(options.rounds),
    seconds: Number(options.seconds),
    timer: time,
  };
  console.log(`${describeMachine(machine)[0]}\n${describePeers(peers, ['torch', 'onnx'])}.\n`);
  console.log('| work | Ostinato | Ostinato is faster by | bound | goals |');
  console.log('|---|---|---|---|---|');
  const wanted = options.filter.toLowerCase();
  for (const work of quick) {
    if (!work.name.toLowerCase().includes(wanted)) continue;
    console.log(line(await runWork(work, peers, settings)));
  }
  for (const peer of peers) peer.stop();
  if (!options['skip-memory'] && options.filter === '') {
    const { steps, bytes } = memoryGrowth();
    const grown = bytes / 2 ** 20;
    console.log(
      `| resident memory over ${steps.toLocaleString('en')} training steps, LSTM 2,10,4,32,1 | ${grown.toFixed(1)} MB | | | under 5 MB: ${grown < 5 ? 'reached' : 'missed'} |`,
    );
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
