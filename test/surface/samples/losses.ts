// Losses that nn.functional alone has, and those as layers.
import * as o from 'ostinato';
import { ints, on, tokens, withOptions, x, type Make } from './make';

const { nn } = o;
const signs = (): o.Tensor => o.tensor([1, -1, 1]);
const triplet = (): o.Tensor[] => [x(3, 4), x(3, 4), x(3, 4)];
const lists = (): o.Tensor => tokens([0, -1, 1], [2, 1, -1]);
const distanceFunction = (a: o.Tensor, b: o.Tensor): o.Tensor => a.sub(b).abs().sum(-1);

/** What a call of each is given; the options are those of the layer too. */
const samples: Record<string, readonly [layer: string, options: () => Record<string, unknown>, inputs: () => unknown[]]> = {
  klDiv: ['KLDivLoss', () => ({ reduction: 'batchmean', logTarget: true }), () => [x(3), x(3)]],
  gaussianNllLoss: ['GaussianNLLLoss', () => ({ reduction: 'sum', full: true, eps: 0.1 }), () => [x(3), x(3), x(3)]],
  poissonNllLoss: ['PoissonNLLLoss', () => ({ reduction: 'sum', logInput: false, full: true, eps: 0.1 }), () => [x(3), x(3)]],
  marginRankingLoss: ['MarginRankingLoss', () => ({ reduction: 'sum', margin: 1 }), () => [x(3), x(3), signs()]],
  hingeEmbeddingLoss: ['HingeEmbeddingLoss', () => ({ reduction: 'sum', margin: 1 }), () => [x(3), signs()]],
  softMarginLoss: ['SoftMarginLoss', () => ({ reduction: 'sum' }), () => [x(3), signs()]],
  cosineEmbeddingLoss: ['CosineEmbeddingLoss', () => ({ reduction: 'sum', margin: 0.5 }), () => [x(3, 4), x(3, 4), signs()]],
  multiMarginLoss: ['MultiMarginLoss', () => ({ reduction: 'sum', p: 2, margin: 0.5, weight: x(4) }), () => [x(3, 4), ints(0, 3, 1)]],
  multilabelMarginLoss: ['MultiLabelMarginLoss', () => ({ reduction: 'sum' }), () => [x(2, 3), lists()]],
  multilabelSoftMarginLoss: ['MultiLabelSoftMarginLoss', () => ({ reduction: 'sum', weight: x(3) }), () => [x(2, 3), x(2, 3)]],
  tripletMarginLoss: ['TripletMarginLoss', () => ({ reduction: 'sum', margin: 2, p: 1, eps: 0.1, swap: true }), triplet],
  tripletMarginWithDistanceLoss: ['TripletMarginWithDistanceLoss', () => ({ reduction: 'sum', margin: 2, swap: true, distanceFunction }), triplet],
}; // prettier-ignore

export const functionalLosses: Record<string, Make> = {
  ...Object.fromEntries(
    Object.entries(samples).map(([name, [, options, inputs]]): [string, Make] => [
      name,
      () => withOptions(options(), ...inputs()),
    ]),
  ),
  pinballLoss: () => withOptions({ reduction: 'sum' }, x(3, 2), x(3), [0.1, 0.9]),
  pairwiseDistance: () => withOptions({ eps: 0.1, keepdim: true }, x(3, 4), x(3, 4), 1),
};

export const lossLayers: Record<string, Make> = {
  ...Object.fromEntries(
    Object.values(samples).flatMap(([name, options, inputs]): [string, Make][] => {
      const Layer = nn[name as 'KLDivLoss'];
      return [
        [name, () => withOptions(options())],
        [`${name}.forward`, () => on(new Layer(options()), ...inputs())],
      ];
    }),
  ),
  PinballLoss: () => withOptions({ reduction: 'sum' }, [0.1, 0.9]),
  'PinballLoss.forward': () => on(new nn.PinballLoss(0.5), x(3), x(3)),
  PairwiseDistance: () => withOptions({ eps: 0.1, keepdim: true }, 1),
  'PairwiseDistance.forward': () => on(new nn.PairwiseDistance(), x(3, 4), x(3, 4)),
  CosineSimilarity: () => withOptions({ eps: 0.1 }, 1),
  'CosineSimilarity.forward': () => on(new nn.CosineSimilarity(), x(3, 4), x(3, 4)),
};
