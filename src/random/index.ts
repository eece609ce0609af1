/** The generator, the distributions as functions, and (by import) as methods of Tensor. */
import './methods';

export { bernoulli } from './bernoulli';
export {
  normal,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
  type RandomOptions,
} from './factories';
export {
  defaultGenerator,
  Generator,
  getRngState,
  initialSeed,
  manualSeed,
  seed,
  setRngState,
  type DrawOptions,
} from './generator';
export { multinomial, type MultinomialOptions } from './multinomial';
