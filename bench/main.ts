/**
 * npm run bench [-- --rounds N --filter TEXT --seconds S --skip-memory]
 *
 * Runs each work in Ostinato and in the peer that does the same, alternating within each round, one thread, and prints a
 * Markdown table of medians. Results are compared first: no ratio is printed for sides that disagree.
 */
import os from 'node:os';
import { parseArgs } from 'node:util';
import { isa, setNumThreads, type Tensor } from 'ostinato';
import { median, showTime, spread, time } from './measure';
import { memoryGrowth } from './memory';
import { OnnxPeer, timeAsync } from './peers/onnx';
import { TorchPeer } from './peers/torch';
import { peakFlops } from './peak';
import { onnxStep, works, type Work } from './works';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '0.1' },
    filter: { type: 'string', default: '' },
    'skip-memory': { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

interface Peers {
  readonly torch: TorchPeer | null;
  readonly onnx: OnnxPeer | null;
}

/** How one peer times a work and what it computes; null where the peer is not installed. */
interface PeerSide {
  readonly label: string;
  time(): Promise<number>;
  result(): Promise<ArrayLike<number>>;
}

async function peerSide(work: Work, peers: Peers): Promise<PeerSide | null> {
  const { peer } = work;
  if (peer?.peer === 'torch' && peers.torch !== null) {
    const { torch } = peers;
    return {
      label: 'PyTorch',
      time: async () => (await torch.time(peer.work, peer.args, seconds)) / (peer.perCall ?? 1),
      result: () => torch.check(peer.work, peer.args),
    };
  }
  if (peer?.peer === 'onnx' && peers.onnx !== null) {
    const run = await onnxStep(peers.onnx, peer.sizes);
    const first = Float32Array.from(await run());
    return {
      label: 'onnxruntime',
      time: () => timeAsync(run, seconds),
      result: () => Promise.resolve(first),
    };
  }
  return null;
}

function disagreement(ours: Tensor, theirs: ArrayLike<number>): number {
  const own = ours.toTypedArray();
  let [largest, worst] = [1e-30, 0];
  for (let i = 0; i < theirs.length; i++) {
    largest = Math.max(largest, Math.abs(theirs[i]));
    const difference = Math.abs(own[i] - theirs[i]);
    if (!(difference <= worst)) worst = difference;
  }
  return worst / largest;
}

async function row(work: Work, peers: Peers, peak: number): Promise<string> {
  const side = await peerSide(work, peers);
  if (side !== null) {
    const apart = disagreement(work.make().result(), await side.result());
    if (!(apart <= 1e-4)) {
      return `| ${work.name} | results differ from ${side.label}'s by ${apart.toExponential(1)} | | | |`;
    }
  }
  const { run } = work.make();
  const perCall = work.peer?.peer === 'torch' ? (work.peer.perCall ?? 1) : 1;
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(time(run, seconds) / perCall);
    if (side !== null) theirs.push(await side.time());
  }
  const own = median(ours);
  const mark = (value: number): string => (value >= work.goal ? 'reached' : 'missed');
  const peer = side === null ? 'not installed' : `${showTime(median(theirs))} (${side.label})`;
  const ratio = side === null ? '' : `${(median(theirs) / own).toPrecision(3)}×`;
  if (work.kind === 'peak') {
    const share = work.flops! / own / peak;
    return `| ${work.name} | ${showTime(own)} ±${percent(spread(ours))} | ${peer} | ${ratio}, ${share.toFixed(2)} of peak | ${work.goal} of peak: ${mark(share)} |`;
  }
  const goal = side === null ? `${work.goal}×` : `${work.goal}×: ${mark(median(theirs) / own)}`;
  return `| ${work.name} | ${showTime(own)} ±${percent(spread(ours))} | ${peer} | ${ratio} | ${goal} |`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

async function main(): Promise<void> {
  setNumThreads(1);
  const peers: Peers = { torch: await TorchPeer.start(1), onnx: OnnxPeer.load() };
  const peak = peakFlops();
  console.log(
    `${os.cpus()[0].model}, ${isa}, one thread, Node ${process.version}; FMA peak ${(peak / 1e9).toFixed(0)} GFLOP/s`,
  );
  console.log(
    [
      peers.torch === null
        ? 'PyTorch is not installed (pip install torch==2.13.0)'
        : `PyTorch ${peers.torch.version}`,
      peers.onnx === null
        ? 'onnxruntime-node is not installed (npm install --no-save onnxruntime-node)'
        : `onnxruntime-node ${peers.onnx.version}`,
    ].join('; '),
  );
  console.log(`medians of ${rounds} rounds, the sides alternating\n`);
  console.log('| work | Ostinato | peer | Ostinato is faster by | goal |');
  console.log('|---|---|---|---|---|');
  for (const work of works) {
    if (work.name.toLowerCase().includes(options.filter.toLowerCase())) {
      console.log(await row(work, peers, peak));
    }
  }
  peers.torch?.stop();
  if (!options['skip-memory'] && options.filter === '') {
    const { steps, bytes } = memoryGrowth();
    const grown = bytes / 2 ** 20;
    console.log(
      `| resident memory over ${steps.toLocaleString('en')} training steps, LSTM 2,10,4,32,1 | ${grown.toFixed(1)} MB | | | under 5 MB: ${grown < 5 ? 'reached' : 'missed'} |`,
    );
  }
}

void main();
