/** How time grows with steps, rows, layers and the nodes of a graph; and what padding costs when it is packed. */
import { nn, noGrad, optim, type Tensor } from 'ostinato';
import { showRatio, showTime, type Timing } from '../measure';
import type { Row } from '../report/row';
import { takePlaces } from '../run';
import { infer, makeLayer, shapes, train } from './recurrent';
import { alternate, type Context, type Special } from './special';
import { filled } from './work';

/** The greatest rise of the time of one unit from a size to the next. */
function rise(sizes: readonly number[], times: readonly Timing[]): number {
  const perUnit = times.map(({ median }, i) => median / sizes[i]);
  return Math.max(...perUnit.slice(1).map((time, i) => time / perUnit[i]));
}

function growth(
  what: string,
  unit: string,
  sizes: readonly number[],
  make: (size: number) => () => void,
): Special {
  const name = `growth: ${what} at ${sizes.map((n) => n.toLocaleString('en')).join(', ')} ${unit}`;
  const group = 'growth';
  return {
    name,
    group,
    measure({ peers, settings }: Context): Promise<Row> {
      takePlaces(peers, 1);
      const times = alternate(sizes.map(make), settings);
      const most = rise(sizes, times);
      return Promise.resolve({
        name,
        group,
        own: times.map(({ median }) => showTime(median)).join(', '),
        peers: {},
        bound: '',
        verdicts: [
          {
            goal: `time of one of the ${unit} rises by ≤ 10 %`,
            value: `${((most - 1) * 100).toFixed(0)} %`,
            reached: most <= 1.1,
          },
        ],
      });
    },
  };
}

/** A chain of `count` primitive nodes, made once, walked back again and again. */
function chain(count: number): () => void {
  const x = filled([4], 0).requiresGrad_();
  let y: Tensor = x;
  for (let i = 0; i < count; i++) y = y.add(1);
  const loss = y.sum();
  return () => {
    x.grad = null;
    loss.backward({ retainGraph: true });
  };
}

const packed: Special = {
  name: 'packed batch, half of its steps padding: LSTM 32,64,80,256,1',
  group: 'growth',
  measure({ peers, settings }: Context): Promise<Row> {
    takePlaces(peers, 1);
    const [B, T, I, H, L] = shapes.middle;
    const lengths = Array.from({ length: B }, (_, i) => T - Math.floor((i * T) / B));
    const share = lengths.reduce((sum, n) => sum + n, 0) / (B * T);
    const layer = makeLayer('LSTM', I, H, L);
    const optimizer = new optim.Adam(layer.parameters(), { lr: 1e-3 });
    const x = filled([B, T, I], 0);
    const pack = (): nn.utils.rnn.PackedSequence =>
      nn.utils.rnn.packPaddedSequence(x, lengths, { batchFirst: true });
    const step = (out: () => Tensor): void => {
      optimizer.zeroGrad();
      out().square().mean().backward();
      optimizer.step();
    };
    const [padded, short, paddedStep, shortStep] = alternate(
      [
        () => void noGrad(() => layer.forward(x)),
        () => void noGrad(() => layer.forward(pack())),
        () => step(() => layer.forward(x)[0]),
        () => step(() => layer.forward(pack())[0].data),
      ],
      settings,
    );
    const verdict = (what: string, one: Timing, other: Timing): Row['verdicts'][number] => ({
      goal: `${what} ≤ 0.6 of the padded time`,
      value: showRatio(one.median / other.median),
      reached: one.median <= 0.6 * other.median,
    });
    return Promise.resolve({
      name: this.name,
      group: this.group,
      own: `forward ${showTime(short.median)} (padded ${showTime(padded.median)}), training step ${showTime(shortStep.median)} (padded ${showTime(paddedStep.median)})`,
      peers: {},
      bound: `${share.toFixed(2)} of the steps are real`,
      verdicts: [verdict('forward', short, padded), verdict('training', shortStep, paddedStep)],
    });
  },
};

export const growths: readonly Special[] = [
  growth(
    'LSTM forward 4,T,32,64,1',
    'steps',
    [10, 100, 1000, 10_000],
    (T) => infer('LSTM', [4, T, 32, 64, 1], []).make().run,
  ),
  growth(
    'LSTM training step 4,T,32,64,1',
    'steps',
    [10, 100, 1000, 10_000],
    (T) => train('LSTM', [4, T, 32, 64, 1], []).make().run,
  ),
  growth(
    'LSTM training step B,32,64,64,1',
    'rows',
    [16, 64, 256],
    (B) => train('LSTM', [B, 32, 64, 64, 1], []).make().run,
  ),
  growth(
    'LSTM training step 16,32,64,64,L',
    'layers',
    [1, 2, 4, 8],
    (L) => train('LSTM', [16, 32, 64, 64, L], []).make().run,
  ),
  growth('backward of a chain of additions', 'nodes', [1000, 10_000, 100_000], chain),
  packed,
];
