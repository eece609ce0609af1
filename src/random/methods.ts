/** The distributions as methods of Tensor: x.normal_(0, 1) is normal_(x, 0, 1). */
import { attach, only, type Method } from '../ops/declare/attach';
import * as bernoulli from './bernoulli';
import * as distributions from './inplace';
import * as multinomial from './multinomial';

const methods = {
  ...only(bernoulli, 'bernoulli', 'bernoulli_'),
  ...only(distributions, 'exponential_', 'normal_', 'random_', 'uniform_'),
  ...only(multinomial, 'multinomial'),
};

export type RandomMethods = { -readonly [K in keyof typeof methods]: Method<(typeof methods)[K]> };

declare module '../tensor/tensor' {
  interface Tensor extends RandomMethods {}
}

attach(methods);
