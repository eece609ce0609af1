'use strict';
// node long-sequence.cjs T: an LSTM over T steps without gradient; prints how much the peak of resident
// memory rose above that of ten steps, less the output, in bytes. Needs /proc.
const { readFileSync } = require('node:fs');
const { nn, noGrad, randn, setNumThreads } = require('ostinato');

const peak = () =>
  Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
const T = Number(process.argv[2]);
const [B, I, H] = [4, 32, 256];
setNumThreads(1);
const layer = new nn.LSTM(I, H, { batchFirst: true });
const [short, long] = [randn([B, 10, I]), randn([B, T, I])];
for (let i = 0; i < 100; i++) noGrad(() => layer.forward(short));
const before = peak();
const [out] = noGrad(() => layer.forward(long));
console.log(peak() - before - out.numel * 4);
