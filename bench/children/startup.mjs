// Prints the seconds from before the import to the end of the first training step of a small LSTM.
import { performance } from 'node:perf_hooks';

const start = performance.now();
const { nn, optim, randn } = await import('ostinato');
const layer = new nn.LSTM(4, 32, { batchFirst: true });
const optimizer = new optim.Adam(layer.parameters(), { lr: 1e-3 });
const [out] = layer.forward(randn([2, 10, 4]));
nn.functional.mseLoss(out, randn([2, 10, 32])).backward();
optimizer.step();
console.log((performance.now() - start) / 1000);
