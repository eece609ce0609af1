// Module.summary: the lines, the totals, the table.
import { nn, ones, randn, type Tensor } from 'ostinato';

class Tagger extends nn.Module {
  embedding = new nn.Embedding(1000, 8);
  lstm = new nn.LSTM(8, 16, { batchFirst: true });
  dropout = new nn.Dropout(0.5);
  out = new nn.Linear(16, 4);
  unused = new nn.Linear(2, 2);
  forward(tokens: Tensor): Tensor {
    const [states] = this.lstm.forward(this.embedding.forward(tokens));
    return this.out.forward(this.dropout.forward(states));
  }
}
const tokens = (): Tensor => ones([3, 5], { dtype: 'int32' });

it('is a table of layers, outputs and parameters', () => {
  const model = new Tagger();
  model.embedding.requiresGrad_(false);
  expect(String(model.summary(tokens()))).toBe(
    [
      'layer      type       output                              parameters  trainable',
      '-------------------------------------------------------------------------------',
      '           Tagger     [3, 5, 4]                                    0          0',
      'embedding  Embedding  [3, 5, 8]                                8,000          0',
      'lstm       LSTM       [3, 5, 16], [1, 3, 16], [1, 3, 16]       1,664      1,664',
      'dropout    Dropout    [3, 5, 16]                                   0          0',
      'out        Linear     [3, 5, 4]                                   68         68',
      'unused     Linear                                                  6          6',
      '-------------------------------------------------------------------------------',
      'total                                                          9,738      1,738',
    ].join('\n'),
  );
});

it('leaves out shapes without an example', () => {
  const summary = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh()).summary();
  expect(String(summary)).toBe(
    [
      'layer  type        parameters  trainable',
      '----------------------------------------',
      '       Sequential           0          0',
      '0      Linear               9          9',
      '1      Tanh                 0          0',
      '----------------------------------------',
      'total                       9          9',
    ].join('\n'),
  );
  expect(summary.rows[1]).toEqual({
    name: '0',
    type: 'Linear',
    outputShapes: null,
    parameters: 9,
    trainable: 9,
  });
});

it('takes several inputs as an array, and leaves modes and hooks as they were', () => {
  const model = new nn.GRU(3, 4);
  const inner = new nn.Sequential(new nn.Dropout(0.5), new nn.Dropout(0.5));
  inner.at(0).eval();
  inner.summary(randn([2, 3]));
  expect(inner.modules().map(({ training }) => training)).toEqual([true, false, true]);
  expect(Object.hasOwn(inner, 'forward')).toBe(false);
  expect(model.summary([randn([5, 2, 3]), randn([1, 2, 4])]).rows[0].outputShapes).toEqual([
    [5, 2, 4],
    [1, 2, 4],
  ]);
});

it('tied weights count once', () => {
  const tied = new nn.Sequential(new nn.Linear(3, 3), new nn.Linear(3, 3));
  (tied.at(1) as nn.Linear).weight = (tied.at(0) as nn.Linear).weight;
  expect(tied.summary().parameters).toBe(15);
  expect(tied.summary().parameters).toBe(tied.parameters().reduce((n, x) => n + x.numel, 0));
});
