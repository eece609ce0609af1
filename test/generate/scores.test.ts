// Scores without a best token (NaN, infinities, nothing left to choose) are refused by every way of choosing, alike.
import { full, generate, manualSeed, nn, tensor, type Tensor } from 'ostinato';

type Scores = (x: Tensor) => [Tensor, null];
const all =
  (value: number): Scores =>
  (x) => [full([...x.shape, 5], value), null];
const one =
  (value: number): Scores =>
  (x) => {
    const scores = full([...x.shape, 5], 0.5);
    scores.setAt(['...', 3], value);
    return [scores, null];
  };
const models: [string, Scores, string][] = [
  ['NaN everywhere', all(NaN), 'the scores of row 0 hold NaN'],
  ['one NaN', one(NaN), 'the scores of row 0 hold NaN'],
  ['∞', one(Infinity), 'the scores of row 0 hold Infinity'],
  ['−∞ everywhere', all(-Infinity), 'the scores of row 0 leave no token to choose'],
];

type Run = (model: Scores) => unknown;
async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const token of stream) void token;
}
const options = [{}, { sample: true }, { temperature: 2 }, { topK: 2 }, { topP: 0.5 }, { repetitionPenalty: 2 }]; // prettier-ignore
const ways: [string, string, Run][] = options.flatMap((option) => {
  const given = { ...option, maxLength: 3 };
  const tokens: Run = (model) => generate.tokens(model, [1, 2], given);
  const batch: Run = (model) => generate.tokens(model, [[1], [2]], given);
  const stream: Run = (model) => drain(generate.stream(model, [1, 2], given));
  const what = JSON.stringify(option);
  return [
    ['generate.tokens', what, tokens],
    ['generate.tokens', `${what}, a batch`, batch],
    ['generate.stream', what, stream],
  ] as [string, string, Run][];
});
ways.push(
  ['generate.beamSearch', '', (model) => generate.beamSearch(model, [1, 2], { maxLength: 3 })],
  ['generate.beamSearch', '1 beam', (model) => generate.beamSearch(model, [1], { beams: 1 })],
);

describe.each(models)('%s', (_what, model, sentence) => {
  it.each(ways)('%s %s', async (operation, _options, run) => {
    manualSeed(1);
    const call = async (): Promise<unknown> => await run(model);
    await expect(call).rejects.toThrow(new RangeError(`${operation}: ${sentence}`));
  });
});

it('a stop token that may not come yet, and nothing else', () => {
  const model: Scores = (x) => {
    const scores = full([...x.shape, 3], -Infinity);
    scores.setAt(['...', 1], 0);
    return [scores, null];
  };
  const given = { stop: 1, minLength: 1, maxLength: 2 };
  const message = 'the scores of row 0 leave no token to choose';
  expect(() => generate.tokens(model, [0], given)).toThrow(`generate.tokens: ${message}`);
  expect(() => generate.beamSearch(model, [0], given)).toThrow(`generate.beamSearch: ${message}`);
});

it('a translation with NaN among its weights', () => {
  manualSeed(1);
  const encoder = new nn.Encoder(9, 4, 8);
  const model = new nn.Seq2Seq(encoder, new nn.Decoder(9, 4, 8, new nn.AdditiveAttention(8, 8, 8)));
  for (const p of model.parameters()) p.data.fill_(NaN);
  const source = tensor([[3, 4]], { dtype: 'int32' });
  for (const option of [{}, { beams: 2 }, { topK: 2 }]) {
    expect(() =>
      generate.decode(model, source, { start: 1, end: 2, maxLength: 3, ...option }),
    ).toThrow(/^generate\.(tokens|beamSearch): the scores of row 0 hold NaN$/);
  }
});
