/** Probability distributions (torch.distributions): draws, densities, moments, divergences. */
export { Exponential, Laplace, Normal, Uniform } from './continuous';
export { Bernoulli, Categorical, type LogitsOptions } from './discrete';
export { Distribution, klDivergence } from './distribution';
export type { DistributionOptions, GivenParameter } from './parameters';
