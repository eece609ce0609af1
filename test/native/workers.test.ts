// The add-on in several JavaScript threads of one process.
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import path, { join } from 'node:path';
import { builds } from '#addon';
import { family } from '../../src/native/families';
import { args } from '../../src/native/instance';
import { addressOf } from '../../src/native/memory';

const root = join(__dirname, '..', '..');
const platform = `${process.platform}-${process.arch}`;
const places = [...builds, `prebuilds/${platform}/ostinato.node`].map((file) => join(root, file));
const forced = process.env['OSTINATO_ADDON'];
const addonFile = forced ? path.resolve(forced) : places.find((file) => existsSync(file));

// Multiplies [n, n] by [n, n] matrices of ones times `factor`, `rounds` times, and counts the elements
// that are wrong. Runs in this thread and, as text, in workers.
function wrongElements(
  addon: { args: Float64Array; gemm: () => void; addressOf: (array: Float32Array) => number },
  n: number,
  factor: number,
  rounds: number,
): number {
  const a = new Float32Array(n * n).fill(factor);
  const b = new Float32Array(n * n).fill(1);
  const c = new Float32Array(n * n);
  let wrong = 0;
  for (let round = 0; round < rounds; ++round) {
    c.fill(-1);
    addon.args.set([
      ...[n, n, n],
      ...[addon.addressOf(a), n, 0],
      ...[addon.addressOf(b), n, 0],
      ...[0, addon.addressOf(c), n, 0],
    ]);
    addon.gemm();
    for (let i = 0; i < c.length; ++i) if (c[i] !== factor * n) ++wrong;
  }
  return wrong;
}

const script = `
const { workerData, parentPort } = require('node:worker_threads');
const addon = require(workerData.addonFile);
const wrongElements = ${wrongElements.toString()};
const { args, kernels } = addon.createInstance();
const { n, factor, rounds } = workerData;
parentPort.postMessage(wrongElements({ args, gemm: kernels.gemm_f32, addressOf: addon.addressOf }, n, factor, rounds));
`;

function inWorker(n: number, factor: number, rounds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, {
      eval: true,
      workerData: { addonFile, n, factor, rounds },
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('JavaScript worker threads', () => {
  const here = () => wrongElements({ args, gemm: family('gemm').f32!, addressOf }, 130, 5, 30);

  it('compute side by side, small products and such as use the thread pool', async () => {
    const workers = [inWorker(8, 2, 3000), inWorker(150, 3, 60), inWorker(170, 4, 60)];
    let wrong = 0;
    for (let i = 0; i < 5; ++i) {
      wrong += here();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await Promise.all(workers)).toEqual([0, 0, 0]);
    expect(wrong).toBe(0);
  });

  it('leave a working pool behind when they end', async () => {
    for (let i = 0; i < 3; ++i) expect(await inWorker(150, 2, 3)).toBe(0);
    expect(here()).toBe(0);
  });
});
