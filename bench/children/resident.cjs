'use strict';
// node resident.cjs KIND B T I H L STEPS: a training loop; prints its peak resident memory in bytes.
const { readFileSync } = require('node:fs');
const { nn, optim, randn, setNumThreads } = require('ostinato');

const [kind, ...sizes] = process.argv.slice(2);
const [B, T, I, H, L, steps] = sizes.map(Number);
setNumThreads(1);
const layer = new nn[kind](I, H, { numLayers: L, batchFirst: true });
const optimizer = new optim.Adam(layer.parameters(), { lr: 1e-3 });
const lossOf = new nn.MSELoss();
const [x, target] = [randn([B, T, I]), randn([B, T, H])];
for (let i = 0; i < steps; i++) {
  optimizer.zeroGrad();
  lossOf.forward(layer.forward(x)[0], target).backward();
  optimizer.step();
}

// VmHWM belongs to this program; getrusage's peak may be the parent's, from before exec.
let peak = process.resourceUsage().maxRSS * 1024;
try {
  peak = Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
} catch {
  // No /proc: getrusage's it is.
}
console.log(peak);
