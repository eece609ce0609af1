// Several copies of the package in one process; test/native/copies.test.ts runs this file in processes of their own:
//   node --expose-gc scripts/run.cjs --source test/native/copies/program.ts SCENARIO...
// It prints what the scenarios return, as JSON.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import type * as Ostinato from 'ostinato';
import type * as Instance from '../../../src/native/instance';

type Copy = typeof Ostinato;

const root = resolve(__dirname, '..', '..', '..');
const source = join(root, 'src');
const addonPath = (): string =>
  resolve(
    process.env['OSTINATO_ADDON'] ??
      Object.keys(require.cache).find((file) => file.endsWith('ostinato.node'))!,
  );

// Each file's transformed code: loading src/ again takes the swc time only once.
const hook = require.extensions['.ts']!;
const compiled = new Map<string, string>();
require.extensions['.ts'] = (module, file) => {
  const target = module as typeof module & { _compile(code: string, file: string): void };
  const known = compiled.get(file);
  if (known !== undefined) return target._compile(known, file);
  const compile = target._compile.bind(target);
  target._compile = (code, name) => {
    compiled.set(file, code);
    compile(code, name);
  };
  hook(module, file);
};

/** Empties require.cache (and the list that keeps modules as well) of the package; `addonToo`: of the add-on as well. */
function forget(addonToo: boolean): void {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(source) || (addonToo && file.endsWith('ostinato.node')))
      delete require.cache[file];
  }
  module.children.length = 0;
}

/** A new copy of the package. */
function load(addonToo = false): Copy {
  forget(addonToo);
  return module.require('ostinato') as Copy;
}

const collect = globalThis.gc as () => void;

/** Trains an LSTM, one step at each `next()`; returns a hash of all losses and parameters. */
function* training({ manualSeed, nn, optim, randn, randint }: Copy): Generator<void, string> {
  manualSeed(3);
  const rnn = new nn.LSTM(5, 7, { batchFirst: true });
  const out = new nn.Linear(7, 4);
  const parameters = [...rnn.parameters(), ...out.parameters()];
  const optimizer = new optim.Adam(parameters, { lr: 0.01 });
  const x = randn([6, 9, 5]);
  const target = randint(0, 4, [6]);
  const hash = createHash('sha256');
  for (let i = 0; i < 12; i++) {
    yield;
    optimizer.zeroGrad();
    const [y] = rnn.forward(x);
    yield;
    const loss = nn.functional.crossEntropy(out.forward(y.mean(1)), target);
    loss.backward();
    yield;
    optimizer.step();
    hash.update(`${loss.item()}`);
  }
  for (const parameter of parameters) hash.update(JSON.stringify(parameter.toArray()));
  return hash.digest('hex');
}

function alone(copy: Copy): string {
  for (const run = training(copy); ;) {
    const { done, value } = run.next();
    if (done) return value;
  }
}

/** The hashes of trainings whose steps take turns. */
function interleaved(copies: readonly Copy[]): string[] {
  const runs = copies.map((copy) => training(copy));
  for (;;) {
    const results = runs.map((run) => run.next());
    if (results.every(({ done }) => done)) return results.map(({ value }) => value as string);
  }
}

function inWorker(scenario: string): Promise<Record<string, unknown>> {
  return new Promise((done, fail) => {
    const worker = new Worker(join(root, 'scripts', 'run.cjs'), {
      argv: ['--source', __filename, scenario],
    });
    worker.once('message', done);
    worker.once('error', fail);
  });
}

const scenarios: Record<string, () => unknown> = {
  sums: () => {
    const copies = [load(), load(), load()];
    const ones = copies.map(({ ones: make }) => make([3]));
    return Array.from({ length: 4 }, () => ones.map((x) => x.sum().item()));
  },

  training: () =>
    interleaved([load()]).concat(
      interleaved([load(), load()]),
      interleaved([load(), load(), load()]),
    ),

  /** The add-on's module is evaluated again too. */
  trainingWithAddons: () => interleaved([load(true), load(true), load(true)]),

  /** Other files: a second library in the process, and a second name of the first. */
  trainingOfFolders: () => {
    const first = load();
    const given = process.env['OSTINATO_ADDON'];
    const folder = mkdtempSync(join(tmpdir(), 'ostinato-copies-'));
    try {
      const original = addonPath();
      const others = ['copied.node', 'linked.node'].map((name) => join(folder, name));
      copyFileSync(original, others[0]);
      // Links are for administrators there.
      if (process.platform === 'win32') others[1] = original;
      else symlinkSync(original, others[1]);
      const copies = others.map((file) => {
        process.env['OSTINATO_ADDON'] = file;
        return load(true);
      });
      copies[0].setNumThreads(2);
      copies[1].setNumThreads(3);
      return [first, ...copies]
        .map((copy) => copy.getNumThreads())
        .concat(interleaved([first, ...copies]) as never[]);
    } finally {
      if (given === undefined) delete process.env['OSTINATO_ADDON'];
      else process.env['OSTINATO_ADDON'] = given;
      // Windows removes no library that is loaded.
      if (process.platform !== 'win32') rmSync(folder, { recursive: true });
    }
  },

  workers: async () => {
    const here = interleaved([load(), load()]);
    const workers = [inWorker('pair'), inWorker('pair')];
    here.push(...interleaved([load(), load()]));
    const there = await Promise.all(workers);
    return here.concat(...there.map(({ pair }) => pair as string[]));
  },
  pair: () => interleaved([load(), load()]),

  /** A copy of which only one kernel's function is left, among others that come and go. */
  dropped: () => {
    const kept = load();
    const packNothing = (() => {
      load();
      const { instance } = module.require(join(source, 'native', 'instance.ts')) as typeof Instance;
      instance.args.fill(0); // N and K
      return instance.kernels['gemm_pack_f32'];
    })();
    for (let i = 0; i < 6; i++) {
      alone(load(i % 2 === 0));
      forget(true);
      collect();
      collect();
      packNothing();
    }
    return [alone(kept), alone(load())];
  },

  /** Nothing keeps a copy whose modules are dropped: not the add-on, nor its argument block. */
  collected: async () => {
    load();
    const dropped = (() => {
      const copy = load(true);
      copy.ones([3]).sum().item();
      return new WeakRef(copy.Tensor);
    })();
    load();
    for (let i = 0; i < 20 && dropped.deref() !== undefined; i++) {
      await new Promise((next) => setImmediate(next));
      collect();
    }
    return dropped.deref() === undefined;
  },

  /** What is said when a tensor of one copy is given to another. */
  passing: () => {
    const [{ ones, cat, nn }, other] = [load(), load()];
    const mine = ones([2, 3]);
    const foreign = other.ones([2, 3]);
    const attempts = [
      () => mine.add(foreign),
      () => cat([mine, foreign]),
      () => new nn.Linear(3, 4).forward(foreign),
      () => new nn.LSTM(3, 4).forward(foreign),
      () => nn.functional.mseLoss(mine, foreign),
      () => nn.init.ones_(new other.nn.Parameter(foreign)),
    ];
    return attempts.map((attempt) => {
      try {
        attempt();
        return 'no error';
      } catch (error) {
        return String(error);
      }
    });
  },

  /** One copy traces a function while the other computes in it, and the other way round. */
  tracing: () => {
    const [a, b] = [load(), load()];
    const seen: number[] = [];
    const double = a.compile((x: Ostinato.Tensor) => {
      seen.push(b.ones([5]).mul(3).sum().item());
      const triple = b.compile((y: Ostinato.Tensor) => y.mul(3).sum());
      seen.push(triple(b.ones([2])).item());
      return x.mul(2).sum();
    });
    const results = [double(a.ones([4])).item(), double(a.ones([4]).mul(10)).item()];
    return { seen, results, training: interleaved([a, b]) };
  },
};

async function main(names: readonly string[]): Promise<void> {
  const results: Record<string, unknown> = {};
  for (const name of names) results[name] = await scenarios[name]();
  if (parentPort === null) process.stdout.write(JSON.stringify(results));
  else parentPort.postMessage(results);
}
void main(process.argv.slice(2));
