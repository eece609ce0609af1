/** The distributions as methods of Tensor: x.normal_(0, 1) is normal_(x, 0, 1). */
import { Tensor } from '../tensor/tensor';
import { bernoulli, bernoulli_ } from './bernoulli';
import { exponential_, normal_, random_, uniform_, type DrawOptions } from './inplace';
import { multinomial, type MultinomialOptions } from './multinomial';

interface RandomMethods {
  bernoulli(p?: number | DrawOptions, options?: DrawOptions): Tensor;
  bernoulli_(p?: number | Tensor, options?: DrawOptions): Tensor;
  exponential_(lambda?: number, options?: DrawOptions): Tensor;
  multinomial(numSamples: number, options?: MultinomialOptions): Tensor;
  normal_(mean?: number, std?: number, options?: DrawOptions): Tensor;
  random_(options?: DrawOptions): Tensor;
  random_(high: number, options?: DrawOptions): Tensor;
  random_(low: number, high: number, options?: DrawOptions): Tensor;
  uniform_(from?: number, to?: number, options?: DrawOptions): Tensor;
}

declare module '../tensor/tensor' {
  interface Tensor extends RandomMethods {}
}

const methods: Record<keyof RandomMethods, unknown> = {
  bernoulli,
  bernoulli_,
  exponential_,
  multinomial,
  normal_,
  random_,
  uniform_,
};

type Distribution = (x: Tensor, a?: unknown, b?: unknown, c?: unknown) => Tensor;

for (const [name, method] of Object.entries(methods)) {
  const distribution = method as Distribution;
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, a?: unknown, b?: unknown, c?: unknown): Tensor {
      return distribution(this, a, b, c);
    },
    writable: true,
    configurable: true,
  });
}
