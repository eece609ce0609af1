// A program as a user writes it: types that TypeScript 5.4 and later must agree on.
import { data, nn, noGrad, optim, randn, tensor, type Tensor } from 'ostinato';

class Net extends nn.Module {
  rnn = new nn.LSTM(1, 8, { numLayers: 2, batchFirst: true });
  fc = new nn.Linear(8, 1);
  forward(x: Tensor): Tensor {
    const [out] = this.rnn.forward(x);
    return this.fc.forward(out.at(':', -1, ':'));
  }
}
const net = new Net();
export const bias: nn.Parameter = net.fc.bias;
export const weight: nn.Parameter | undefined = net.rnn.weight_hh_l0;
export const rows: number[][] = tensor([[1, 2]]).toArray();
export const parts: Tensor[] = randn([2, 2]).split(1, { dim: 1 });
export const step = (layer: nn.LSTM | nn.GRU, x: Tensor): Tensor => layer.forward(x)[0];
export const outputs = net.modules().map((module): unknown => module.forward(randn([1, 2, 1])));

const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
const dataset = new data.TensorDataset(randn([4, 3, 1]), randn([4, 1]));
for (const [x, y] of new data.DataLoader(dataset, { batchSize: 2, shuffle: true })) {
  if (x === undefined || y === undefined) continue;
  optimizer.zeroGrad();
  const loss = nn.functional.mseLoss(net.forward(x), y);
  loss.backward();
  optimizer.step();
}
export const predicted: Tensor = noGrad(() => net.forward(randn([1, 3, 1])));
