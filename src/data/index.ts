/** The `data` namespace: datasets, samplers, loaders (torch.utils.data), texts as numbers, windows over series. */
export { BucketBatchSampler, type BucketBatchSamplerOptions } from './buckets';
export { defaultCollate } from './collate';
export {
  ChainDataset,
  ConcatDataset,
  Dataset,
  IterableDataset,
  randomSplit,
  StackDataset,
  Subset,
  TensorDataset,
  type Samples,
} from './dataset';
export { DataLoader, type Collated, type DataLoaderOptions } from './loader';
export { paddingCollate, type Padded, type PaddedBatch, type PaddingOptions } from './padding';
export {
  BatchSampler,
  RandomSampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  type Sized,
  type WeightedSamplerOptions,
} from './sampler';
export * from './text';
export { WindowDataset, type WindowOptions } from './windows';
export { classWeights, type ClassWeightsOptions } from './class-weights';
