// Encoder, decoder, Seq2Seq: unequal lengths, teacher forcing, step by step and together, gradients, refusals.
import { Generator, generate, manualSeed, nn, noGrad, slice, tensor, type Tensor } from 'ostinato';
import { gradcheck } from '../../../src/autograd';

const tokens = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
const source = tokens([
  [3, 4, 5, 6, 7],
  [5, 3, 0, 0, 0],
  [8, 8, 4, 0, 0],
]);
const lengths = [5, 2, 3];
const target = tokens([
  [1, 4, 5, 2],
  [1, 6, 2, 0],
  [1, 7, 3, 2],
]);
const [vocabulary, embeddingDim, hidden] = [9, 4, 6];

type Attend = nn.DecoderOptions & { bidirectional?: boolean; additive?: boolean };
function make({ bidirectional = false, additive = true, ...options }: Attend = {}): nn.Seq2Seq {
  manualSeed(1);
  const { cell, numLayers } = options;
  const encoder = new nn.Encoder(vocabulary, embeddingDim, hidden, {
    cell,
    numLayers,
    bidirectional,
  });
  const attention = additive
    ? new nn.AdditiveAttention(hidden, encoder.outputSize, 5)
    : new nn.MultiplicativeAttention(hidden, encoder.outputSize);
  const decoder = new nn.Decoder(vocabulary, embeddingDim, hidden, attention, options);
  return new nn.Seq2Seq(encoder, decoder, { padding: 0 }).double();
}

const kinds: [string, Attend][] = [
  ['GRU, after', {}],
  ['RNN, after, multiplicative', { cell: 'rnn', additive: false }],
  ['LSTM, two layers, bidirectional', { cell: 'lstm', numLayers: 2, bidirectional: true }],
  ['GRU, input feeding', { inputFeeding: true }],
  ['LSTM, input feeding, multiplicative', { cell: 'lstm', inputFeeding: true, additive: false }],
  ['GRU, before, bidirectional', { attend: 'before', bidirectional: true }],
  ['LSTM, before, two layers', { cell: 'lstm', attend: 'before', numLayers: 2 }],
];

const expectSame = (a: Tensor, b: Tensor): void => {
  expect(a.shape).toEqual(b.shape);
  expect(a.allclose(b, { rtol: 1e-10, atol: 1e-12 })).toBe(true);
};

describe.each(kinds)('%s', (_, options) => {
  const model = make(options);

  it('gives scores of every token after the first, and weights', () => {
    const [scores, weights] = model.forward(source, target);
    expect(scores.shape).toEqual([3, 3, vocabulary]);
    expect(weights.shape).toEqual([3, 3, 5]);
    for (const total of weights.sum(2).toTypedArray()) expect(total).toBeCloseTo(1, 12);
    expect(weights.at(1, ':', '2:5').abs().sum().item()).toBe(0);
  });

  it('treats a row of a padded batch as it treats it alone', () => {
    const [scores] = model.forward(source, target);
    lengths.forEach((length, n) => {
      const own = source.narrow(0, n, 1).narrow(1, 0, length);
      expectSame(model.forward(own, target.narrow(0, n, 1))[0], scores.narrow(0, n, 1));
    });
  });

  it('finds lengths by the padding, or is told', () => {
    const [scores] = model.forward(source, target);
    expectSame(model.forward(source, target, { sourceLengths: lengths })[0], scores);
    const told = tensor(lengths, { dtype: 'int32' });
    expectSame(model.forward(source, target, { sourceLengths: told })[0], scores);
  });

  it('goes step by step as it goes through all steps together', () => {
    const [scores, weights] = model.forward(source, target);
    let state = model.encode(source);
    for (let t = 0; t < 3; t++) {
      const [one, its, next] = model.decode(target.narrow(1, t, 1), state);
      expectSame(one, scores.narrow(1, t, 1));
      expectSame(its, weights.narrow(1, t, 1));
      state = next;
    }
  });

  it('reaches every parameter with gradients that differences confirm', () => {
    model.zeroGrad();
    const loss = (): Tensor => model.forward(source, target)[0].mul(0.5).tanh().sum();
    loss().backward();
    for (const [name, p] of model.namedParameters()) {
      // A constant added to all scores of a softmax changes nothing; all else has a gradient.
      expect([name, p.grad !== null && p.grad.abs().sum().item() > 0]).toEqual([name, true]);
    }
    const [encoder, decoder] = [model.encoder.rnn, model.decoder.rnn] as unknown as Record<
      string,
      nn.Parameter
    >[];
    const some = [encoder.bias_ih_l0, decoder.bias_hh_l0, model.decoder.combine.bias];
    expect(gradcheck(loss, some)).toBe(true);
  });

  it('decodes what its own scores say', () => {
    const decoded = generate.decode(model, source, { start: 1, end: 2, maxLength: 4 });
    const [scores] = noGrad(() => model.forward(source, target, { teacherForcingRatio: 0 }));
    const own = scores.argmax(2).toArray<number[][]>();
    decoded.forEach((row, n) => {
      const end = own[n].indexOf(2);
      expect(row.slice(0, 3)).toEqual(end < 0 ? own[n] : own[n].slice(0, end));
    });
  });

  it('finds by beam search nothing less probable than greedily', () => {
    const score = (rows: number[][]): number[] =>
      rows.map((row, n) => {
        const written = tokens([[1, ...row, 2]]);
        const [scores] = noGrad(() => model.forward(source.narrow(0, n, 1), written));
        const logs = scores
          .logSoftmax(2)
          .gather(2, written.narrow(1, 1, row.length + 1).unsqueeze(2));
        return logs.sum().item();
      });
    const limits = { start: 1, end: 2, maxLength: 3 };
    const beams = generate.decode(model, source, { ...limits, beams: 40, lengthPenalty: 0 });
    expect(beams).toHaveLength(3);
    const greedy = generate.decode(model, source, limits);
    const [best, first] = [score(beams), score(greedy)];
    best.forEach((one, n) => {
      if (beams[n].length < 3 && greedy[n].length < 3) {
        expect(one).toBeGreaterThanOrEqual(first[n] - 1e-9);
      }
    });
  });
});

describe('teacher forcing', () => {
  const model = make();
  it('with ratio 1 is the target, with 0 the model itself, in between a draw for each step', () => {
    const ratio = (teacherForcingRatio: number, generator?: Generator): Tensor =>
      noGrad(() => model.forward(source, target, { teacherForcingRatio, generator })[0]);
    expectSame(
      ratio(1),
      noGrad(() => model.forward(source, target)[0]),
    );
    const forced = ratio(1);
    const own = ratio(0);
    expect(forced.narrow(1, 0, 1).equal(own.narrow(1, 0, 1))).toBe(true);
    expect(forced.equal(own)).toBe(false);
    const seen = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const scores = ratio(0.5, new Generator().manualSeed(seed));
      expectSame(scores, ratio(0.5, new Generator().manualSeed(seed)));
      seen.add(JSON.stringify(scores.narrow(1, 2, 1).toArray()));
    }
    // Two draws before the last step: at most four ways there.
    expect(seen.size).toBeGreaterThan(1);
    expect(seen.size).toBeLessThanOrEqual(4);
  });
});

describe('an encoder', () => {
  it('runs over a packed batch as over the padded one', () => {
    const encoder = new nn.Encoder(vocabulary, embeddingDim, hidden, {
      cell: 'lstm',
      numLayers: 2,
    });
    const { outputs, state, mask } = encoder.forward(source, lengths);
    expect(outputs.shape).toEqual([3, 5, hidden]);
    expect(mask!.toArray()).toEqual(nn.functional.paddingMask(lengths, 5).toArray());
    expect(outputs.at(1, '2:5').abs().sum().item()).toBe(0);
    lengths.forEach((length, n) => {
      const alone = encoder.forward(source.narrow(0, n, 1).narrow(1, 0, length));
      expect(alone.mask).toBeNull();
      expect(outputs.at(n, slice(0, length)).allclose(alone.outputs.at(0))).toBe(true);
      state.forEach((part, i) => expect(part.narrow(1, n, 1).allclose(alone.state[i])).toBe(true));
    });
  });

  it('drops features while training only', () => {
    const encoder = new nn.Encoder(vocabulary, embeddingDim, hidden, { dropout: 0.5 });
    const once = (): unknown => encoder.forward(source).outputs.toArray();
    expect(once()).not.toEqual(once());
    encoder.eval();
    expect(once()).toEqual(once());
  });
});

describe('refused', () => {
  const model = make();
  const attention = new nn.AdditiveAttention(hidden, hidden, 5);
  const encoder = new nn.Encoder(vocabulary, embeddingDim, hidden);
  const decoder = (options: nn.DecoderOptions, size = hidden): nn.Decoder =>
    new nn.Decoder(vocabulary, embeddingDim, size, attention, options);
  it.each<[() => unknown, new (message: string) => Error, string]>([
    [
      () =>
        model.forward(
          tokens([
            [3, 4],
            [0, 0],
            [5, 0],
          ]),
          target,
        ),
      RangeError,
      'AdditiveAttention.forward: the mask hides every position of sequence 1, so that there is nothing to attend to; give each sequence at least one position',
    ],
    [
      () => model.forward(source, target.narrow(0, 0, 2)),
      RangeError,
      'Seq2Seq.forward: target must be [3, T] with a start token and at least one more, got [2, 4]',
    ],
    [
      () => model.forward(source, target.narrow(1, 0, 1)),
      RangeError,
      'Seq2Seq.forward: target must be [3, T] with a start token and at least one more, got [3, 1]',
    ],
    [
      () => model.forward(source, target, { teacherForcingRatio: 1.5 }),
      RangeError,
      'Seq2Seq.forward: teacherForcingRatio must be a probability from 0 to 1, got 1.5',
    ],
    [
      () => model.forward(source, target, { sourceLengths: [5, 6, 3] }),
      RangeError,
      'paddingMask: lengths[1] must be an integer from 0 to 5 (the steps of the batch), got 6',
    ],
    [
      () => model.forward(source, target, { sourceLengths: [5, 2] }),
      RangeError,
      'packPaddedSequence: there are 3 sequences but 2 lengths; give one for each',
    ],
    [
      () => model.forward(source.double(), target),
      TypeError,
      'Seq2Seq.encode: source must be int32, got float64',
    ],
    [
      () => model.forward(source, target.add(7)),
      RangeError,
      'embedding: index 11 is out of range for a vocabulary of size 9; it must be from 0 to 8',
    ],
    [
      () => encoder.forward(tensor([1], { dtype: 'int32' })),
      RangeError,
      'Encoder.forward: source must be [N, T] with T at least 1, got [1]',
    ],
    [
      () => decoder({ attend: 'during' as never }),
      RangeError,
      "Decoder: attend must be 'after' or 'before', got 'during'",
    ],
    [
      () => decoder({ attend: 'before', inputFeeding: true }),
      RangeError,
      "Decoder: inputFeeding belongs to attend 'after'; with 'before' the context is fed already",
    ],
    [
      () => decoder({ cell: 'cnn' as never }),
      RangeError,
      "Decoder: cell must be 'rnn', 'lstm' or 'gru', got 'cnn'",
    ],
    [
      () => decoder({}, 7),
      RangeError,
      "Decoder: the attention takes queries of 6 features, but the decoder's state has hiddenSize 7",
    ],
    [
      () => new nn.Seq2Seq(encoder, decoder({ numLayers: 2 })),
      RangeError,
      'Seq2Seq: the encoder has 1 layers, the decoder 2; each decoder layer starts from the state of its counterpart',
    ],
    [
      () =>
        new nn.Seq2Seq(
          new nn.Encoder(vocabulary, embeddingDim, hidden, { bidirectional: true }),
          decoder({}),
        ),
      RangeError,
      "Seq2Seq: the decoder's attention takes keys of 6 features, but the encoder gives 12",
    ],
    [
      () => new nn.Seq2Seq(encoder, decoder({}), { padding: -1 }),
      RangeError,
      'Seq2Seq: padding must be an integer of at least 0 or null, got -1',
    ],
    [
      () => generate.decode(model, source, { start: 1, end: 2, beams: 2, topK: 2 }),
      RangeError,
      'generate.decode: beam search does not draw, but topK was given; leave out either that or beams',
    ],
    [
      () => generate.decode(model, source, { start: 9, end: 2 }),
      RangeError,
      'embedding: index 9 is out of range for a vocabulary of size 9; it must be from 0 to 8',
    ],
    [
      () => generate.decode(model, source, { start: 1, end: 11 }),
      RangeError,
      'generate.tokens: stop has token 11, which is outside the vocabulary of 9 (0 … 8)',
    ],
    [
      () => generate.tokens(generate.decoderOf(model), [1], { batchFirst: true }),
      RangeError,
      'generate: a decoder starts from a state; pass { state: model.encode(source) }',
    ],
  ])('%#', (call, kind, message) => {
    expect(call).toThrow(new kind(message));
  });
});
