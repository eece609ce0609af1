// A worker that takes over the weights that it was sent, trains on them, and answers with its last output.
import { parentPort, workerData } from 'node:worker_threads';
import { io, nn, optim, type Tensor } from 'ostinato';

const { state, x, y } = io.fromMessage<{ state: Map<string, Tensor>; x: Tensor; y: Tensor }>(
  workerData,
);
const model = new nn.LSTM(3, 4);
model.loadStateDict(state, { assign: true });
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
for (let step = 0; step < 5; step++) {
  optimizer.zeroGrad();
  nn.functional.mseLoss(model.forward(x)[0], y).backward();
  optimizer.step();
}
const out = model.forward(x)[0].detach();
parentPort!.postMessage(io.toMessage({ out, shared: model.weight_hh_l0.isShared() }));
