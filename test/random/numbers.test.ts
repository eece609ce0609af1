/** Numbers one by one from blocks: those, and the state of the generator, that drawing each by itself gives. */
import { distributions, Generator, rand, randn, tensor, zeros } from 'ostinato';
import { Numbers } from '../../src/random/numbers';

const twins = (words: number): [Generator, Generator] => {
  const both = [new Generator().manualSeed(7), new Generator().manualSeed(7)] as const;
  for (const generator of both) rand([words], { generator });
  return [both[0], both[1]];
};

// Every position of the first number in its block of 624 words, odd ones too.
it.each([0, 1, 2, 617, 621, 622, 623, 624, 625])('after %d words', (words) => {
  const [one, other] = twins(words);
  const numbers = new Numbers(one);
  const slot = zeros([1], { dtype: 'float64' });
  for (let i = 0; i < 3000; i++) {
    const isNormal = i % 7 === 3 || i % 11 === 5;
    const wanted = isNormal
      ? slot.normal_(0, 1, { generator: other })
      : slot.uniform_(0, 1, { generator: other });
    expect(isNormal ? numbers.normal() : numbers.uniform()).toBe(wanted.item());
    if (i % 500 !== 0) continue;
    numbers.settle();
    expect(one.getState()).toEqual(other.getState());
  }
  numbers.settle();
  expect(one.getState()).toEqual(other.getState());
  expect(randn([1], { generator: one }).item()).toBe(randn([1], { generator: other }).item());
});

it('a rate that is refused leaves the numbers before it taken, and no others', () => {
  const [one, other] = twins(3);
  const rates = tensor([0, -1, 5]);
  const law = new distributions.Poisson(rates, { validateArgs: false });
  expect(() => law.sample([], { generator: one })).toThrow(
    'poisson: a rate must be at least 0, got -1',
  );
  expect(one.getState()).toEqual(other.getState());
});
