// generate.tokens and generate.stream: choosing, limits, batches, priming, streaming, refusals.
import {
  Generator,
  generate,
  manualSeed,
  multinomial,
  noGrad,
  tensor,
  type Tensor,
} from 'ostinato';
import { chain, logs, TokenNet } from './models';

// From 0 to 1 most probably, then 2, 3, 0; token 4 ends.
const cycle = [
  [0.1, 0.6, 0.1, 0.1, 0.1],
  [0.1, 0.1, 0.6, 0.1, 0.1],
  [0.1, 0.1, 0.1, 0.6, 0.1],
  [0.3, 0.1, 0.1, 0.1, 0.4],
  [0.2, 0.2, 0.2, 0.2, 0.2],
];
const { model } = chain(logs(cycle));
const counts = (tokens: readonly number[], size: number): number[] =>
  Array.from({ length: size }, (_, token) => tokens.filter((one) => one === token).length);

describe('greedy', () => {
  it('takes the most probable token until the stop token or the limit', () => {
    expect(generate.tokens(model, [0], { stop: 4 })).toEqual([1, 2, 3]);
    expect(generate.tokens(model, [0], { stop: [4], maxLength: 2 })).toEqual([1, 2]);
    expect(generate.tokens(model, [0], { maxLength: 0 })).toEqual([]);
    expect(generate.tokens(model, [0], { maxLength: 5 })).toEqual([1, 2, 3, 4, 0]);
    expect(generate.tokens(model, Int32Array.of(3, 1), { maxLength: 1 })).toEqual([2]);
    expect(generate.tokens(model, tensor([1], { dtype: 'int32' }), { maxLength: 1 })).toEqual([2]);
  });

  it('does not stop before minLength', () => {
    expect(generate.tokens(model, [0], { stop: 4, minLength: 4, maxLength: 6 })).toEqual([
      1, 2, 3, 0, 1, 2,
    ]);
  });

  it('runs the prompt in one call, then one token at a time', () => {
    const { model: counted, calls } = chain(logs(cycle));
    generate.tokens(counted, [0, 1, 2], { maxLength: 3 });
    expect(calls).toEqual([
      [3, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it('records nothing', () => {
    const net = new TokenNet(5);
    let recorded = true;
    const watched = (input: Tensor, state?: [Tensor, Tensor]): [Tensor, [Tensor, Tensor]] => {
      const [scores, next] = net.forward(input, state);
      recorded = scores.requiresGrad;
      return [scores, next];
    };
    generate.tokens(watched, [0], { maxLength: 2 });
    expect(recorded).toBe(false);
  });
});

describe('a batch', () => {
  it('gives every row what it gives it alone, prompts of any lengths', () => {
    manualSeed(3);
    const net = new TokenNet(12);
    const prompts = [[1], [2, 3, 4], [5, 6], [7]];
    const options = { maxLength: 9, stop: 11 };
    const together = generate.tokens(net, prompts, options);
    expect(together).toEqual(prompts.map((prompt) => generate.tokens(net, prompt, options)));
    expect(together.map((row) => row.length)).toContain(9);
  });

  describe('goes on without rows that have ended', () => {
    manualSeed(3);
    const net = new TokenNet(12);
    const prompts = [[1], [2, 3, 4], [5, 6], [7], [8], [9, 1], [10], [4]];
    // The model alone, and how many rows it was given at each step.
    const counting = (): [generate.StepFunction<[Tensor, Tensor]>, number[]] => {
      const batches: number[] = [];
      return [
        (input, state) => {
          batches.push(input.shape[1]);
          return net.forward(input, state);
        },
        batches,
      ];
    };
    // A state of one dimension has rows that nothing finds: every row stays until the last has ended.
    const whole: generate.StepFunction<{ h: [Tensor, Tensor]; count: Tensor }> = (input, state) => {
      const [scores, h] = net.forward(input, state?.h);
      return [scores, { h, count: tensor(new Float32Array(input.shape[1])) }];
    };

    it.each<generate.ChoiceOptions & { minLength?: number }>([
      {},
      { minLength: 3 },
      { repetitionPenalty: 1.3 },
      { temperature: 1.5 },
      { topK: 5, temperature: 2 },
      { topP: 0.8, minLength: 2, repetitionPenalty: 1.2 },
    ])('with the same tokens: %j', (options) => {
      const limits = { maxLength: 40, stop: [2, 5, 11], ...options };
      const run = <S>(of: generate.Model<S>): number[][] => {
        manualSeed(11);
        return generate.tokens<S>(of, prompts, limits);
      };
      const [counted, batches] = counting();
      const tokens = run(counted);
      expect(tokens).toEqual(run(whole));
      expect(new Set(tokens.map((row) => row.length)).size).toBeGreaterThan(1);
      expect(batches[0]).toBe(8);
      expect(batches.at(-1)).toBeLessThan(8);
      expect(batches.slice(1).every((n, i) => n <= batches[i])).toBe(true);
      // Three quarters of the rows that a step computes are alive, but for the step in which one ended.
      const living = (t: number): number => tokens.filter((row) => row.length >= t).length;
      batches.slice(4).forEach((n, i) => expect(n).toBeLessThanOrEqual(2 * living(i)));
    });

    it('asks a model for the state of others', () => {
      const rows: number[][] = [];
      const selecting: generate.StepModel<{ h: [Tensor, Tensor]; count: Tensor }> = {
        forward: whole,
        selectState({ h, count }, index) {
          rows.push([...index.toTypedArray()]);
          return {
            h: h.map((x) => x.indexSelect(1, index)) as [Tensor, Tensor],
            count: count.indexSelect(0, index),
          };
        },
      };
      const options = { maxLength: 40, stop: [2, 5, 11] };
      expect(generate.tokens(selecting, prompts, options)).toEqual(
        generate.tokens(whole, prompts, options),
      );
      expect(rows.length).toBeGreaterThan(0);
      for (const each of rows) expect(each).toEqual([...each].sort((a, b) => a - b));
    });
  });

  it('takes a tensor [N, T], and models that are batch first', () => {
    const batchFirst = (input: Tensor, state?: Tensor): [Tensor, Tensor] => {
      const [scores, next] = model(input.t(), state);
      return [scores.transpose(0, 1), next];
    };
    const prompt = tensor(
      [
        [0, 1],
        [3, 2],
      ],
      { dtype: 'int32' },
    );
    const options = { maxLength: 2 };
    const expected = [
      [2, 3],
      [3, 4],
    ];
    expect(generate.tokens(model, prompt, options)).toEqual(expected);
    expect(generate.tokens(batchFirst, prompt, { ...options, batchFirst: true })).toEqual(expected);
  });

  it('starts from a given state', () => {
    const net = new TokenNet(12);
    const [, state] = noGrad(() => net.forward(tensor([[4], [5]], { dtype: 'int32' })));
    expect(generate.tokens(net, [6], { state, maxLength: 5 })).toEqual(
      generate.tokens(net, [4, 5, 6], { maxLength: 5 }),
    );
  });
});

describe('sampling', () => {
  const probabilities = [0.5, 0.3, 0.15, 0.05];
  const flat = chain(logs([probabilities, probabilities, probabilities, probabilities])).model;
  const drawn = (options: generate.TokenOptions<Tensor>, n = 4000): number[] => {
    manualSeed(1);
    return counts(generate.tokens(flat, [0], { maxLength: n, ...options }), 4).map((c) => c / n);
  };

  it('follows the distribution', () => {
    const shares = drawn({ sample: true });
    shares.forEach((share, i) => expect(Math.abs(share - probabilities[i])).toBeLessThan(0.03));
  });

  it('is what multinomial draws from the softmax', () => {
    manualSeed(7);
    const expected = Array.from({ length: 20 }, () =>
      multinomial(tensor([probabilities], { dtype: 'float64' }), 1).item(),
    );
    const generator = new Generator().manualSeed(7);
    expect(generate.tokens(flat, [0], { sample: true, maxLength: 20, generator })).toEqual(
      expected,
    );
  });

  it('is bolder below temperature 1 and more varied above', () => {
    const powers = (exponent: number): number[] => {
      const raised = probabilities.map((p) => p ** exponent);
      const sum = raised.reduce((a, b) => a + b);
      return raised.map((p) => p / sum);
    };
    for (const temperature of [0.5, 2]) {
      const expected = powers(1 / temperature);
      drawn({ temperature }).forEach((share, i) =>
        expect(Math.abs(share - expected[i])).toBeLessThan(0.03),
      );
    }
    expect(drawn({ temperature: 0.01 }, 50)).toEqual([1, 0, 0, 0]);
  });

  it.each<[generate.ChoiceOptions, number]>([
    [{ topK: 1 }, 1],
    [{ topK: 2 }, 2],
    [{ topK: 4 }, 4],
    [{ topP: 0.4 }, 1],
    [{ topP: 0.5 }, 1],
    [{ topP: 0.6 }, 2],
    [{ topP: 0.9 }, 3],
    [{ topP: 1 }, 4],
    [{ topK: 3, topP: 0.9 }, 3],
    // Of the two that topK leaves, the first has 0.625.
    [{ topK: 2, topP: 0.6 }, 1],
  ])('%j draws from the %i most probable', (options, kept) => {
    const shares = drawn(options, 1500);
    const sum = probabilities.slice(0, kept).reduce((a, b) => a + b);
    shares.forEach((share, i) => {
      if (i < kept) expect(Math.abs(share - probabilities[i] / sum)).toBeLessThan(0.05);
      else expect(share).toBe(0);
    });
  });

  it('finds the nucleus among many tokens', () => {
    const scores = Array.from({ length: 300 }, () => Array.from({ length: 300 }, (_, i) => i % 7));
    const many = chain(scores).model;
    const found = new Set(generate.tokens(many, [0], { topP: 0.6, maxLength: 200 }));
    // 43 or 42 tokens of each kind; those with score 6 have 0.633 of the probability.
    for (const token of found) expect(token % 7).toBe(6);
    expect(found.size).toBeGreaterThan(30);
  });
});

describe('the repetition penalty', () => {
  it('divides positive scores and multiplies negative ones, of the prompt too', () => {
    const scores = [
      [2, 1.5, -1],
      [2, 1.5, -1],
      [2, 1.5, -1],
    ];
    const positive = chain(scores).model;
    expect(generate.tokens(positive, [1], { maxLength: 3 })).toEqual([0, 0, 0]);
    // 0 has had its turn: 2 / 2 against 1.5 / 2 of the prompt's 1.
    expect(generate.tokens(positive, [1], { repetitionPenalty: 2, maxLength: 2 })).toEqual([0, 0]);
    expect(generate.tokens(positive, [2], { repetitionPenalty: 2, maxLength: 3 })).toEqual([
      0, 1, 0,
    ]);
    const negative = chain(scores.map((row) => row.map((x) => x - 3))).model;
    expect(generate.tokens(negative, [0], { repetitionPenalty: 2, maxLength: 2 })).toEqual([1, 0]);
  });
});

describe('a stream', () => {
  it('gives the same tokens, one by one', async () => {
    manualSeed(5);
    const expected = generate.tokens(model, [0], { temperature: 1.5, stop: 4 });
    manualSeed(5);
    const got: number[] = [];
    for await (const token of generate.stream(model, [0], { temperature: 1.5, stop: 4 })) {
      got.push(token);
    }
    expect(got).toEqual(expected);
  });

  it('of a batch gives null for rows that are in their prompt or have ended', async () => {
    const got: (number | null)[][] = [];
    for await (const step of generate.stream(model, [[2], [0, 1, 1], [0]], { stop: 4 })) {
      got.push(step);
    }
    expect(got).toEqual([
      [3, null, 1],
      [null, null, 2],
      [null, 2, 3],
      [null, 3, null],
    ]);
  });

  it('lets timers run between tokens, and ends when the signal aborts', async () => {
    const stop = new AbortController();
    let ticks = 0;
    const timer = setInterval(() => ++ticks === 3 && stop.abort(), 0);
    let steps = 0;
    const run = async (): Promise<void> => {
      const endless = generate.stream(model, [0], { maxLength: 1e6, signal: stop.signal });
      for await (const token of endless) steps += token >= 0 ? 1 : 0;
    };
    await expect(run()).rejects.toMatchObject({ name: 'AbortError' });
    clearInterval(timer);
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThan(1e6);
    const early = generate.stream(model, [0], { signal: AbortSignal.abort(new Error('late')) });
    await expect(early.next()).rejects.toThrow('late');
  });

  it('ends when its reader leaves', async () => {
    for await (const token of generate.stream(model, [0])) {
      expect(token).toBe(1);
      break;
    }
  });
});

describe('refused', () => {
  const net = new TokenNet(5);
  const go =
    (options: object, prompt: unknown = [0], of: unknown = model) =>
    (): unknown =>
      generate.tokens(of as typeof model, prompt as number[], options);
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      go({}, []),
      RangeError,
      'generate.tokens: the prompt is empty; begin with at least one token, for example the start token',
    ],
    [
      go({}, [[1], []]),
      RangeError,
      'generate.tokens: prompt 1 is empty; begin with at least one token, for example the start token',
    ],
    [
      go({}, [7]),
      RangeError,
      'embedding: index 7 is out of range for a vocabulary of size 5; it must be from 0 to 4',
    ],
    [
      go({ vocabularySize: 5 }, [7]),
      RangeError,
      'generate.tokens: the prompt has token 7, which is outside the vocabulary of 5 (0 … 4)',
    ],
    [
      go({}, [-1]),
      RangeError,
      'generate.tokens: the prompt has token -1, which is outside the vocabulary',
    ],
    [
      go({}, [5], net),
      RangeError,
      'embedding: index 5 is out of range for a vocabulary of size 5; it must be from 0 to 4',
    ],
    [go({}, [0.5]), TypeError, 'generate.tokens: the prompt must hold integers (tokens), got 0.5'],
    [
      go({}, 'text'),
      TypeError,
      "generate.tokens: prompt must be an array of tokens, an array of such arrays, or an int32 tensor, got 'text'",
    ],
    [go({}, tensor([1])), TypeError, 'generate.tokens: prompt must be int32, got float32'],
    [
      go({ stop: 9 }),
      RangeError,
      'generate.tokens: stop has token 9, which is outside the vocabulary of 5 (0 … 4)',
    ],
    [
      go({ stop: 'end' }),
      TypeError,
      "generate.tokens: stop must be an integer or an array of tokens, got 'end'",
    ],
    [
      go({ temperature: 0 }),
      RangeError,
      'generate.tokens: temperature must be a finite number above 0, got 0',
    ],
    [
      go({ temperature: -1 }),
      RangeError,
      'generate.tokens: temperature must be a finite number above 0, got -1',
    ],
    [
      go({ temperature: NaN }),
      RangeError,
      'generate.tokens: temperature must be a finite number above 0, got NaN',
    ],
    [
      go({ temperature: '1' }),
      TypeError,
      "generate.tokens: temperature must be a finite number above 0, got '1'",
    ],
    [go({ topK: 0 }), RangeError, 'generate.tokens: topK must be an integer of at least 1, got 0'],
    [
      go({ topK: 2.5 }),
      RangeError,
      'generate.tokens: topK must be an integer of at least 1, got 2.5',
    ],
    [
      go({ topK: 6 }),
      RangeError,
      "generate.tokens: topK must be at most the vocabulary's size, 5, got 6",
    ],
    [
      go({ topP: 0 }),
      RangeError,
      'generate.tokens: topP must be a number above 0 and at most 1, got 0',
    ],
    [
      go({ topP: 1.5 }),
      RangeError,
      'generate.tokens: topP must be a number above 0 and at most 1, got 1.5',
    ],
    [
      go({ repetitionPenalty: 0 }),
      RangeError,
      'generate.tokens: repetitionPenalty must be a finite number above 0, got 0',
    ],
    [go({ sample: 1 }), TypeError, 'generate.tokens: sample must be true or false, got 1'],
    [
      go({ sample: false, topK: 2 }),
      RangeError,
      'generate.tokens: topK belongs to sampling, which { sample: false } switches off',
    ],
    [
      go({ maxLength: -1 }),
      RangeError,
      'generate.tokens: maxLength must be an integer of at least 0, got -1',
    ],
    [
      go({ maxLength: '5' }),
      TypeError,
      "generate.tokens: maxLength must be an integer of at least 0, got '5'",
    ],
    [
      go({ minLength: 3, maxLength: 2 }),
      RangeError,
      'generate.tokens: minLength (3) must be at most maxLength (2)',
    ],
    [
      go({}, [0], {}),
      TypeError,
      'generate.tokens: model must have a forward(input, state) or be such a function, got an object',
    ],
    [
      go({}, [0], () => tensor([1])),
      TypeError,
      'generate.tokens: the model must return [output, state], an output for each step',
    ],
    [
      go({}, [0, 1], () => [tensor([[1, 2]]), null]),
      RangeError,
      'generate.tokens: the model gave an output of shape [1, 2] for 2 steps of 1 rows, expected [T, N, features]',
    ],
  ])('%#', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });

  it('by a stream at once', () => {
    expect(() => generate.stream(model, [])).toThrow(
      'generate.stream: the prompt is empty; begin with at least one token, for example the start token',
    );
    expect(() => generate.stream(model, [0], { temperature: 0 })).toThrow(
      new RangeError('generate.stream: temperature must be a finite number above 0, got 0'),
    );
  });
});
