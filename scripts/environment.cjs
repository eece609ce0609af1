'use strict';
// Faults of the environment, on the built package (`npm run build:dist`): writers that are killed while they save, at random
// moments, worker threads that are ended while they compute, train, load and save, a process that may use one processor only,
// and one whose addresses are limited. `npm run test:environment -- KILLS`

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { setTimeout: sleep } = require('node:timers/promises');

const root = path.resolve(__dirname, '..');
const { io, nn, randn, tensor } = require(root);
const kills = Number(process.argv[2] ?? 200);

const fail = (what) => {
  throw new Error(what);
};

const writer = `
  const { io, tensor } = require(${JSON.stringify(root)});
  const [file, value] = process.argv.slice(1);
  const x = tensor(new Float32Array(500000).fill(Number(value)));
  process.stdout.write('ready');
  for (;;) io.saveCheckpoint(file, { x, value: Number(value) });
`;

/** Whether the file is one save as a whole. */
function check(file, before) {
  const { x, value } = io.loadCheckpoint(file);
  if (x.numel !== 500000 || x.toTypedArray().some((each) => each !== value))
    fail(`${file} is torn`);
  if (value < before) fail(`${file} holds ${value} after ${before}`);
  return value;
}

async function killWriters(folder) {
  const file = path.join(folder, 'run.safetensors');
  let drafts = 0;
  let value = 0;
  for (let round = 1; round <= kills; round++) {
    const child = spawn(process.execPath, ['-e', writer, file, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((done) => child.stdout.once('data', done));
    await sleep(Math.random() * 20);
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
    const names = fs.readdirSync(folder);
    const left = names.filter((name) => name.endsWith('.tmp')).length;
    if (left > 1)
      fail(`${left} drafts are left after kill ${round}: each writer removes those before it`);
    drafts += left;
    if (names.includes('run.safetensors')) value = check(file, value);
  }
  if (value === 0) fail('no save was ever finished');
  console.log(`${kills} writers killed, ${drafts} in a save: the file was whole each time`);
}

const worker = `
  const { io, manualSeed, nn, optim, randn, Generator } = require(${JSON.stringify(root)});
  const { parentPort, workerData } = require('node:worker_threads');
  const { kind, message, file } = workerData;
  const weights = io.fromMessage(message);
  const lstm = new nn.LSTM(48, 64);
  lstm.loadStateDict(weights, { assign: true });
  const generator = new Generator().manualSeed(1);
  const optimizer = new optim.Adam(lstm.parameters(), { lr: 1e-4 });
  const x = randn([20, 16, 48], { generator });
  const square = randn([400, 400], { generator });
  const step = {
    compute: () => square.mm(square).tanh().softmax(1).sum().item(),
    train() {
      optimizer.zeroGrad();
      lstm.forward(x)[0].square().mean().backward();
      optimizer.step();
    },
    save: () => io.saveCheckpoint(file, { weights: lstm.stateDict(), optimizer, generator }),
    load: () => io.loadCheckpoint(file),
  }[kind];
  if (kind !== 'load') step();
  parentPort.postMessage('ready');
  for (;;) step();
`;

/**
 * Two threads at a time, on shared weights, each ended at a random moment; this thread computes meanwhile, has the bits that
 * it has alone, and keeps neither files nor memory of those that ended.
 */
async function endWorkers(folder) {
  const file = path.join(folder, 'worker.safetensors');
  const model = new nn.LSTM(48, 64).shareMemory();
  const alone = randn([300, 300]);
  const product = () => Buffer.from(alone.mm(alone).toTypedArray().buffer).toString('base64');
  const expected = product();
  io.saveCheckpoint(file, { weights: model.stateDict() });
  const files = () => fs.readdirSync('/proc/self/fd').length;
  let before;
  const endOne = async (round) => {
    const kind = ['compute', 'train', 'save', 'load'][round % 4];
    const thread = new Worker(worker, {
      eval: true,
      workerData: {
        kind,
        message: io.toMessage(model.stateDict()),
        file: kind === 'load' ? file : `${file}${round % 2}`,
      },
    });
    const failed = new Promise((_, reject) => thread.once('error', reject));
    await Promise.race([failed, new Promise((ready) => thread.once('message', ready))]);
    await Promise.race([failed, sleep(Math.random() * 20)]);
    await thread.terminate();
  };
  for (let round = 0; round < kills; round += 2) {
    const ended = Promise.all([endOne(round), endOne(round + 1)]);
    let isOver = false;
    const over = ended.finally(() => (isOver = true));
    while (!isOver) {
      if (product() !== expected) fail(`other bits beside a worker in round ${round}`);
      await sleep(1);
    }
    await over;
    if (product() !== expected) fail(`other bits after worker ${round} was ended`);
    for (const one of fs.readdirSync(folder)) {
      if (!one.endsWith('.tmp')) io.loadCheckpoint(path.join(folder, one));
    }
    if (round === 18) before = { files: files(), bytes: process.memoryUsage().rss };
  }
  if (model.parameters().some((p) => p.isfinite().all().item() !== 1)) fail('no finite weights');
  const grown = process.memoryUsage().rss - before.bytes;
  if (files() > before.files) fail(`${files() - before.files} files of ended workers are open`);
  if (grown > 2 ** 27) fail(`${grown} bytes of ended workers are kept`);
  // The next process removes them, as those of a process that was killed.
  const drafts = fs.readdirSync(folder).filter((name) => name.endsWith('.tmp'));
  if (!drafts.every((name) => name.includes(`-${process.pid}-`))) fail(`drafts ${drafts.join()}`);
  console.log(
    `${kills} workers ended, ${drafts.length} in a save: the bits of before, whole files, ${grown >> 20} MB more`,
  );
  for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name));
}

/** A save by a process of its own, after `prelude` in a shell and `setup` in the program: the message of its error. */
function failedSave(file, prelude, setup = '') {
  const program = `
    const { io, tensor } = require(${JSON.stringify(root)});
    ${setup}
    try {
      io.saveCheckpoint(process.argv[1], { x: tensor(new Float32Array(500000).fill(2)), value: 2 });
      console.log('no error');
    } catch (error) {
      console.log(error.message);
    }`;
  const run = spawnSync(
    'bash',
    ['-c', `${prelude} exec "$0" -e "$1" "$2"`, process.execPath, program, file],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (run.status !== 0) fail(`a save ended with ${run.status ?? run.signal}: ${run.stderr}`);
  return run.stdout.trim();
}

/** The file is the old one, and nothing is beside it. */
function checkOld(folder, what, message, code) {
  if (!message.includes(code)) fail(`${what}: ${message}, which does not say ${code}`);
  const names = fs.readdirSync(folder);
  if (names.join() !== 'run.safetensors') fail(`${what} leaves ${names.join(', ')}`);
  if (check(path.join(folder, names[0]), 1) !== 1) fail(`${what} changes the file`);
  console.log(`${what}: refused (${code}), the file is the old one, nothing is left`);
}

function failingSaves(folder) {
  const file = path.join(folder, 'run.safetensors');
  io.saveCheckpoint(file, { x: tensor(new Float32Array(500000).fill(1)), value: 1 });
  // 2 MB are to be written, 1 MB may be.
  const ended = failedSave(file, "trap '' XFSZ; ulimit -f 1024;");
  checkOld(folder, 'a save that the system ends in the middle', ended, 'EFBIG');
  // Whoever may write everywhere becomes one who may not.
  const asNobody = process.getuid() === 0 ? 'process.setgid(65534); process.setuid(65534);' : '';
  fs.chmodSync(folder, 0o555);
  const refused = failedSave(file, '', asNobody);
  fs.chmodSync(folder, 0o755);
  checkOld(folder, 'a folder that is read-only', refused, 'EACCES');
  const full = failedSave('/dev/full', '');
  if (!full.includes('ENOSPC')) fail(`a full disk: ${full}, which does not say ENOSPC`);
  if (!fs.statSync('/dev/full').isCharacterDevice()) fail('a full device was replaced by a file');
  console.log('a full disk: refused (ENOSPC)');
  fs.rmSync(file);
}

function oneProcessor() {
  const program = `
    const { nn, randn, manualSeed } = require(${JSON.stringify(root)});
    manualSeed(1);
    const lstm = new nn.LSTM(64, 128);
    const [y] = lstm.forward(randn([16, 32, 64]));
    y.sum().backward();
    console.log(require('node:crypto').createHash('sha256').update(lstm.weight_hh_l0.grad.toTypedArray()).digest('hex'));
  `;
  const run = (command, ...given) =>
    spawnSync(command, [...given, '-e', program], { encoding: 'utf8', timeout: 60_000 }).stdout;
  const all = run(process.execPath);
  const one = run('taskset', '-c', '0', process.execPath);
  if (all.length !== 65 || one !== all) fail(`one processor gives ${one}, all give ${all}`);
  console.log('one processor: the bits of all');
}

/**
 * 64 threads where the limit has no room for their scratch memory and stacks, then tensors until there is no memory: fewer
 * threads, and an Error of ours.
 */
function fewAddresses() {
  const program = `
    const { compile, nn, randn, setNumThreads, zeros } = require(${JSON.stringify(root)});
    setNumThreads(64);
    const x = randn([900, 900]);
    const lstm = new nn.LSTM(64, 128);
    const product = compile((a) => a.mm(a).tanh().sum());
    for (let i = 0; i < 3; i++) {
      if (!Number.isFinite(x.mm(x).sum().item() + product(x).item())) throw new Error('no number');
      const [y] = lstm.forward(randn([16, 32, 64]));
      y.sum().backward();
    }
    const kept = [];
    try {
      for (;;) kept.push(zeros([1 << 26]));
    } catch (error) {
      kept.length = 0;
      console.log(error.name + ': ' + error.message);
    }
  `;
  const refusal =
    'RangeError: allocate: no memory for 268435456 bytes; use a smaller batch or shape\n';
  for (const kilobytes of [1_300_000, 1_500_000, 1_800_000, 2_500_000]) {
    const { stdout, stderr, signal } = spawnSync(
      'bash',
      ['-c', 'ulimit -v $0; exec "$1" -e "$2"', String(kilobytes), process.execPath, program],
      { encoding: 'utf8', timeout: 60_000 },
    );
    if (stdout !== refusal)
      fail(`ulimit -v ${kilobytes}: ${signal ?? ''} ${stdout}${stderr.slice(0, 2000)}`);
  }
  console.log('few addresses: fewer threads, and a sentence where memory ends');
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-environment-'));
  try {
    oneProcessor();
    fewAddresses();
    failingSaves(folder);
    await endWorkers(folder);
    await killWriters(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
