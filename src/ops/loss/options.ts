/** Options of losses that are a function and a layer: what the layer is made with is what the function is called with. */
import {
  boolean,
  functionOf,
  nonNegative,
  number,
  oneOf,
  optionsTable,
  positive,
} from '../../check';
import type { Tensor } from '../../tensor/tensor';
import { lossFields, type LossOptions } from './reduction';

/** What `klDiv` returns: as other losses, or the sum divided by the size of dimension 0. */
export type KLDivReduction = 'mean' | 'batchmean' | 'sum' | 'none';

/** Options of `klDiv` and `KLDivLoss`. */
export interface KLDivOptions {
  /** `'mean'` unless given; the divergence itself, averaged over the batch, is `'batchmean'`. */
  reduction?: KLDivReduction;
  /** Whether `target` holds logarithms of probabilities. Default: false. */
  logTarget?: boolean;
}
export const klDivOptions = optionsTable<KLDivOptions>('klDiv', {
  reduction: oneOf('none', 'mean', 'batchmean', 'sum').or('mean'),
  logTarget: boolean.or(false),
});

/** Options of `gaussianNllLoss` and `GaussianNLLLoss`. */
export interface GaussianNllOptions extends LossOptions {
  /** Whether the constant ½·ln 2π is added. Default: false. */
  full?: boolean;
  /** What smaller variances are replaced by. Default: 1e-6. */
  eps?: number;
}
export const gaussianNllOptions = optionsTable<GaussianNllOptions>('gaussianNllLoss', {
  ...lossFields,
  full: boolean.or(false),
  eps: nonNegative.or(1e-6),
});

/** Options of `poissonNllLoss` and `PoissonNLLLoss`. */
export interface PoissonNllOptions extends LossOptions {
  /** Whether `input` is the logarithm of the rate. Default: true. */
  logInput?: boolean;
  /** Whether Stirling's approximation of ln target! is added. Default: false. */
  full?: boolean;
  /** Added to the rate before its logarithm is taken, without `logInput`. Default: 1e-8. */
  eps?: number;
}
export const poissonNllOptions = optionsTable<PoissonNllOptions>('poissonNllLoss', {
  ...lossFields,
  logInput: boolean.or(true),
  full: boolean.or(false),
  eps: nonNegative.or(1e-8),
});

/** Options of losses with a margin. */
export interface MarginOptions extends LossOptions {
  /** How far apart what differs has to be. Default: 0 (`hingeEmbeddingLoss`: 1). */
  margin?: number;
}
const marginOptions = (operation: string, margin: number) =>
  optionsTable<MarginOptions>(operation, { ...lossFields, margin: number.or(margin) });
export const rankingOptions = marginOptions('marginRankingLoss', 0);
export const hingeOptions = marginOptions('hingeEmbeddingLoss', 1);
export const cosineOptions = marginOptions('cosineEmbeddingLoss', 0);

/** A distance of two batches of vectors: a number for each row. */
export type DistanceFunction = (a: Tensor, b: Tensor) => Tensor;

/** What both losses of triplets take. */
interface TripletOptions extends LossOptions {
  /** How much closer the positive has to be. Default: 1. */
  margin?: number;
  /** Whether the negative's distance is that to the positive where this is smaller (Balntas 2016). Default: false. */
  swap?: boolean;
}
const tripletFields = { ...lossFields, margin: positive.or(1), swap: boolean.or(false) };

/** Options of `tripletMarginLoss` and `TripletMarginLoss`. */
export interface TripletMarginOptions extends TripletOptions {
  /** Order of the norm. Default: 2. */
  p?: number;
  /** Added to each difference. Default: 1e-6. */
  eps?: number;
}
export const tripletOptions = optionsTable<TripletMarginOptions>('tripletMarginLoss', {
  ...tripletFields,
  p: number.or(2),
  eps: number.or(1e-6),
});

/** Options of `tripletMarginWithDistanceLoss` and `TripletMarginWithDistanceLoss`. */
export interface TripletDistanceOptions extends TripletOptions {
  /** How far the two are compared. Default: `pairwiseDistance`. */
  distanceFunction?: DistanceFunction | null;
}
export const tripletDistanceOptions = optionsTable<TripletDistanceOptions>(
  'tripletMarginWithDistanceLoss',
  {
    ...tripletFields,
    distanceFunction: functionOf<DistanceFunction>('a function of two tensors').orNull.or(null),
  },
);

/** Options of `pairwiseDistance` and `PairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** Added to each difference. Default: 1e-6. */
  eps?: number;
  /** Whether the last dimension stays, with size 1. Default: false. */
  keepdim?: boolean;
}
export const pairwiseOptions = optionsTable<PairwiseDistanceOptions>('pairwiseDistance', {
  eps: number.or(1e-6),
  keepdim: boolean.or(false),
});
