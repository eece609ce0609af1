/** Probability distributions (torch.distributions): draws, densities, moments, divergences. */
export { Exponential, Laplace, Normal, Uniform } from './continuous';
export { NegativeBinomial, Poisson } from './counts';
export { Bernoulli, Categorical, type LogitsOptions } from './discrete';
export { Distribution, klDivergence } from './distribution';
export { Gamma, StudentT } from './gamma';
export type { DistributionOptions, GivenParameter } from './parameters';
