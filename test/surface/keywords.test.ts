// Keyword arguments of PyTorch, translated word by word into an object: accepted, or refused with the right spelling.
import * as o from 'ostinato';
import { nn, optim, tensor, type Tensor } from 'ostinato';

const x = (): Tensor => tensor([[3, 1, 2], [6, 5, 4]]); // prettier-ignore
const adam = (): optim.SGD => new optim.SGD([x().requiresGrad_()], { lr: 0.1 });
/** A call whose types do not take what it is given. */
const call = (f: unknown, ...given: unknown[]): unknown =>
  (f as (...all: unknown[]) => unknown)(...given);
const make = (Class: unknown, ...given: unknown[]): unknown =>
  new (Class as new (...all: unknown[]) => unknown)(...given);
const method = (name: string, ...given: unknown[]): unknown =>
  call((x() as unknown as Record<string, (...all: unknown[]) => unknown>)[name].bind(x()), ...given); // prettier-ignore

const { StepLR, ExponentialLR, LambdaLR, MultiStepLR } = optim.lrScheduler;
const f = nn.functional;
const positional = (name: string, given: string, rest = ''): RegExp =>
  new RegExp(`; ${name} is given by position: ${given} in place of \\{ ${name}: ${given}${rest} \\}`); // prettier-ignore
const more = ', …';

describe('refused with the right spelling', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['Softmax', () => make(nn.Softmax, { dim: 1 }), positional('dim', '1')],
    ['LogSoftmax', () => make(nn.LogSoftmax, { dim: 1 }), positional('dim', '1')],
    ['Dropout', () => make(nn.Dropout, { p: 0.5 }), positional('p', '0.5')],
    ['LSTM', () => make(nn.LSTM, { inputSize: 3, hiddenSize: 4 }), positional('inputSize', '3', more)],
    ['Linear', () => make(nn.Linear, { inFeatures: 3, outFeatures: 4 }), positional('inFeatures', '3', more)],
    ['Linear, half', () => make(nn.Linear, 3, { outFeatures: 4 }), positional('outFeatures', '4')],
    ['Embedding', () => make(nn.Embedding, { numEmbeddings: 3, embeddingDim: 4 }), positional('numEmbeddings', '3', more)],
    ['LayerNorm', () => make(nn.LayerNorm, { normalizedShape: [3] }), positional('normalizedShape', '\\[3\\]')],
    ['BatchNorm1d', () => make(nn.BatchNorm1d, { numFeatures: 3 }), positional('numFeatures', '3')],
    ['Conv1d', () => make(nn.Conv1d, { inChannels: 1, outChannels: 1, kernelSize: 1 }), positional('inChannels', '1', more)],
    ['MaxPool1d', () => make(nn.MaxPool1d, { kernelSize: 2 }), positional('kernelSize', '2')],
    ['MultiheadAttention', () => make(nn.MultiheadAttention, { embedDim: 4, numHeads: 2 }), positional('embedDim', '4', more)],
    ['StepLR', () => make(StepLR, adam(), { stepSize: 3 }), positional('stepSize', '3')],
    ['ExponentialLR', () => make(ExponentialLR, adam(), { gamma: 0.9 }), positional('gamma', '0.9')],
    ['LambdaLR', () => make(LambdaLR, adam(), { lrLambda: () => 1 }), positional('lrLambda', 'a function')],
    ['MultiStepLR', () => make(MultiStepLR, adam(), { milestones: [1] }), positional('milestones', '\\[1\\]')],
    ['softmax', () => method('softmax', { dim: 1 }), positional('dim', '1')],
    ['sort', () => method('sort', { dim: 1 }), positional('dim', '1')],
    ['cumsum', () => method('cumsum', { dim: 1 }), positional('dim', '1')],
    ['norm', () => method('norm', { p: 1 }), positional('p', '1')],
    ['sum', () => method('sum', { dim: 1 }), positional('dim', '1', '')],
    ['sum, kept', () => method('sum', { dim: 1, keepdim: true }), positional('dim', '1', more)],
    ['mean', () => method('mean', { dim: 1 }), positional('dim', '1')],
    ['argmax', () => method('argmax', { dim: 1 }), positional('dim', '1')],
    ['topk', () => method('topk', { k: 2 }), positional('k', '2')],
    ['roll', () => method('roll', { shifts: 1 }), positional('shifts', '1')],
    ['unsqueeze', () => method('unsqueeze', { dim: 0 }), positional('dim', '0')],
    ['transpose', () => method('transpose', { dim0: 0, dim1: 1 }), positional('dim0', '0', more)],
    ['flatten', () => method('flatten', { startDim: 0 }), positional('startDim', '0')],
    ['narrow', () => method('narrow', { dim: 0, start: 0, length: 1 }), positional('dim', '0', more)],
    ['pow', () => method('pow', { exponent: 2 }), positional('exponent', '2')],
    ['add', () => method('add', { other: 1 }), positional('other', '1')],
    ['flip', () => method('flip', { dims: [0] }), positional('dims', '\\[0\\]')],
    ['tril', () => method('tril', { diagonal: 1 }), positional('diagonal', '1')],
    ['diff', () => method('diff', { n: 1 }), positional('n', '1')],
    ['expand', () => method('expand', { size: [2, 3] }), positional('size', '\\[2, 3\\]')],
    ['quantile', () => method('quantile', { q: 0.5 }), positional('q', '0.5')],
    ['multinomial', () => method('multinomial', { numSamples: 1 }), positional('numSamples', '1')],
    ['zeros', () => call(o.zeros, { size: [2] }), positional('size', '\\[2\\]')],
    ['full', () => call(o.full, [2], { fillValue: 1 }), positional('fillValue', '1')],
    ['arange', () => call(o.arange, { end: 3 }), positional('end', '3')],
    ['linspace', () => call(o.linspace, { start: 0, end: 1, steps: 3 }), positional('start', '0', more)],
    ['eye', () => call(o.eye, { n: 3 }), positional('n', '3')],
    ['manualSeed', () => call(o.manualSeed, { seed: 1 }), positional('seed', '1')],
    ['dropout', () => call(f.dropout, x(), { p: 0.5 }), positional('p', '0.5')],
    ['crossEntropy', () => call(f.crossEntropy, x(), { target: 1 }), positional('target', '1')],
    ['clipGradNorm_', () => call(nn.utils.clipGradNorm_, [], { maxNorm: 1 }), positional('maxNorm', '1')],
    ['sort, an option', () => method('sort', { descending: true }), /; options such as \{ descending \} come after it$/],
    ['argsort, an option', () => method('argsort', { descending: true }), /; options such as \{ descending \} come after it$/],
    ['cumsum, an option', () => method('cumsum', { dtype: 'float64' }), /; options such as \{ dtype \} come after it$/],
    ['sum, an option', () => method('sum', { keepdim: true }), /; options such as \{ keepdim \} come after it$/],
    ['Linear, an option', () => make(nn.Linear, 3, { bias: false }), /; options such as \{ bias \} come after it$/],
  ])('%s', (_, run, hint) => {
    expect(messageOf(run)).toMatch(hint);
  }); // prettier-ignore

  test('what is no argument of the call gets no advice', () => {
    expect(messageOf(() => make(nn.Softmax, { colour: 1 }))).toBe(
      'Softmax: dim must be an integer, got an object',
    );
    expect(messageOf(() => make(nn.Softmax, new Date(0)))).toBe(
      'Softmax: dim must be an integer, got a Date',
    );
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

// torch 2.13, with the keywords as they are
describe('accepted', () => {
  const values = (one: unknown): unknown =>
    Array.isArray(one) ? one.map(values) : (one as Tensor).toArray();
  test.each<[string, () => unknown, () => unknown]>([
    ['topk', () => x().topk(1, { dim: 0 }).values, () => x().topk(1, 0).values],
    ['topk, smallest', () => x().topk(1, { largest: false }).values, () => x().topk(1, -1, { largest: false }).values],
    ['topk, both', () => x().topk(1, { dim: 0, largest: false }).values, () => tensor([[3, 1, 2]])],
    ['repeatInterleave', () => x().repeatInterleave(2, { dim: 1 }), () => x().repeatInterleave(2, 1)],
    ['repeatInterleave, flat', () => x().repeatInterleave(2, { outputSize: 12 }), () => x().repeatInterleave(2)],
    ['roll', () => x().roll(1, { dims: 0 }), () => x().roll(1, 0)],
    ['roll, several', () => x().roll([1, 1], { dims: [0, 1] }), () => x().roll([1, 1], [0, 1])],
    ['roll, flat', () => x().roll(1, {}), () => x().roll(1)],
    ['meshgrid', () => o.meshgrid(tensor([1, 2]), tensor([3])), () => o.meshgrid([tensor([1, 2]), tensor([3])])],
    ['meshgrid of one', () => o.meshgrid(tensor([1, 2])), () => o.meshgrid([tensor([1, 2])])],
    [
      'meshgrid, indexing',
      () => o.meshgrid(tensor([1, 2]), tensor([3]), { indexing: 'xy' }),
      () => o.meshgrid([tensor([1, 2]), tensor([3])], { indexing: 'xy' }),
    ],
  ])('%s', (_, run, same) => {
    expect(values(run())).toEqual(values(same()));
  }); // prettier-ignore

  test.each(['sum', 'mean', 'prod', 'nansum', 'nanmean'] as const)('%s of a type', (name) => {
    const made = x()[name]({ dtype: 'float64' });
    expect([made.dtype, made.shape]).toEqual(['float64', []]);
    expect(made.item()).toBe(x()[name](undefined, { dtype: 'float64' }).item());
    expect(x()[name]({ dtype: 'float64', keepdim: true } as never).shape).toEqual([1, 1]);
    expect(messageOf(() => x()[name]({ dtype: 'float64' }, {}))).toMatch(
      /^\w+: dim must be a number or an array of numbers, got an object/,
    );
  });

  test('a type is converted to before the sum', () => {
    // torch.tensor([1.7, 1.7]).sum(dtype=torch.int32), .sum(dtype=torch.bool)
    const halves = tensor([1.7, 1.7]);
    expect(halves.sum({ dtype: 'int32' }).item()).toBe(2);
    expect(halves.sum({ dtype: 'bool' }).toArray()).toBe(true);
    const leaf = tensor([1, 2], { requiresGrad: true });
    leaf.sum({ dtype: 'float64' }).backward();
    expect([leaf.grad!.dtype, leaf.grad!.toArray()]).toEqual(['float32', [1, 1]]);
  });
});
