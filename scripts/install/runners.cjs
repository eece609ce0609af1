'use strict';
// What runs a program: test runners, workers, processes, contexts, permissions, and folders that are unusual.

const fs = require('node:fs');
const path = require('node:path');
const { addonIn, host, newInstalled, node, root, run, sameLoss, says, train } = require('./project.cjs'); // prettier-ignore
const { tool } = require('./tools.cjs');

const assertion = `const loss = (text) => { if (!/^loss 0\\.\\d+$/.test(text)) throw new Error(text); };\n`;

function jest() {
  const bin = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const project = newInstalled({
    'step.test.js': `${train}${assertion}
test('trains', () => loss(train(require('ostinato'))));
test('trains after resetModules', () => {
  const first = require('ostinato');
  jest.resetModules();
  const second = require('ostinato');
  expect(second).not.toBe(first);
  loss(train(second));
  expect(() => first.tensor([1]).add(second.tensor([1]))).toThrow(/another copy of ostinato/);
});
`,
    'other.test.js': `${train}${assertion}test('trains in a file beside', () => loss(train(require('ostinato'))));\n`,
  });
  node([bin, '--rootDir', project, '--silent'], { cwd: project });
}

function vitest() {
  const bin = path.join(tool('vitest'), 'vitest', 'vitest.mjs');
  const test = (pool) => {
    const project = newInstalled({
      'step.test.mjs': `import * as o from 'ostinato';\n${train}${assertion}
test('trains', () => loss(train(o)));
test('trains after resetModules', async () => {
  vi.resetModules();
  loss(train(await import('ostinato')));
});\n`,
    });
    node([bin, 'run', '--globals', `--pool=${pool}`, '--root', project], { cwd: project });
  };
  for (const pool of ['forks', 'threads', 'vmThreads']) test(pool);
}

function tsx() {
  const bin = path.join(tool('tsx'), 'tsx', 'dist', 'cli.mjs');
  const typed = train.replace('(o)', "(o: typeof import('ostinato')): string").replace('let loss;', 'let loss: any;'); // prettier-ignore
  const project = newInstalled({
    'main.ts': `import * as o from 'ostinato';\n${typed}console.log(train(o));\n`,
    'main.mts': `import * as o from 'ostinato';\n${typed}console.log(train(o));\n`,
    'main.cts': `import o = require('ostinato');\n${typed}console.log(train(o));\n`,
  });
  for (const name of ['main.ts', 'main.mts', 'main.cts']) sameLoss(node([bin, name], { cwd: project })); // prettier-ignore
}

function nodeTest() {
  const body = `${train}${assertion}`;
  const project = newInstalled({
    'a.test.mjs': `import { test } from 'node:test';\nimport * as o from 'ostinato';\n${body}test('a', () => loss(train(o)));\n`,
    'b.test.cjs': `const { test } = require('node:test');\n${body}test('b', () => loss(train(require('ostinato'))));\n`,
  });
  node(['--test', '.'], { cwd: project });
}

function workers() {
  const project = newInstalled({
    'workers.mjs': `import { Worker } from 'node:worker_threads';
import * as o from 'ostinato';
${train}
const results = await Promise.all(['main.cjs', 'main.mjs', 'main.cjs'].map((name) => new Promise((done, failed) => {
  const worker = new Worker(new URL(name, import.meta.url), { stdout: true });
  let text = '';
  worker.stdout.on('data', (data) => (text += data));
  worker.on('error', failed).on('exit', () => done(text.trim()));
})));
const here = train(o);
for (const result of results) if (result !== here) throw new Error(result);
console.log(here);
`,
  });
  sameLoss(node(['workers.mjs'], { cwd: project }));
}

function cluster() {
  const project = newInstalled({
    'cluster.cjs': `const cluster = require('node:cluster');
${train}
if (cluster.isPrimary) {
  const results = [];
  for (let i = 0; i < 2; i++) cluster.fork().on('message', (text) => {
    results.push(text);
    if (results.length < 2) return;
    if (results[0] !== results[1]) throw new Error(results.join());
    console.log(results[0]);
  });
} else {
  process.send(train(require('ostinato')), () => process.exit());
}
`,
  });
  sameLoss(node(['cluster.cjs'], { cwd: project }));
}

/** Lists and options of another context's classes. */
function vm() {
  const project = newInstalled({
    'vm.cjs': `const vm = require('node:vm');
const o = require('ostinato');
const inside = vm.createContext({ o, console });
vm.runInContext(${JSON.stringify(`${train}if (o.tensor([1, 2]).add(o.tensor([1, 2])).toArray()[1] !== 4) throw new Error();console.log(train(o));`)}, inside);
`,
  });
  sameLoss(node(['vm.cjs'], { cwd: project }));
}

function permission() {
  const project = newInstalled();
  const option = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'; // prettier-ignore
  const real = fs.realpathSync(project);
  const options = [option, `--allow-fs-read=${real}${path.sep}*`];
  sameLoss(node([...options, '--allow-addons', path.join(real, 'main.cjs')], { cwd: real }));
  const said = node([...options, path.join(real, 'main.cjs')], { cwd: real, fails: true });
  says(said, 'ostinato: the native add-on could not be loaded', 'start Node with --allow-addons beside --permission'); // prettier-ignore
}

/** As another user, for whom no file of the project is writable. */
function readOnly() {
  const project = newInstalled();
  run('chmod', ['-R', 'a-w,a+rX', project]);
  const nobody = process.getuid() === 0 ? { uid: 65534, gid: 65534 } : {};
  try {
    fs.chmodSync(path.dirname(project), 0o755);
    sameLoss(node(['main.mjs'], { cwd: project, ...nobody }));
    sameLoss(node(['main.cjs'], { cwd: project, ...nobody }));
  } finally {
    run('chmod', ['-R', 'u+w', project]);
  }
}

function unusualPath() {
  const project = newInstalled({}, "a b's ünï 循环 #1 %20");
  sameLoss(node(['main.mjs'], { cwd: project }));
  sameLoss(node(['main.cjs'], { cwd: project }));
}

/** What a user's project sees of the add-ons of other platforms: nothing. */
function onlyThisPlatform() {
  const project = newInstalled();
  const addons = path.join(project, 'node_modules', 'ostinato', 'prebuilds');
  for (const name of fs.readdirSync(addons))
    if (name !== host) fs.rmSync(path.join(addons, name), { recursive: true });
  if (!fs.existsSync(addonIn(project))) throw new Error(`no add-on for ${host}`);
  sameLoss(node(['main.cjs'], { cwd: project }));
}

/** A command of the package, and no compiler, no npm: the program that it carries. */
function program() {
  const project = newInstalled();
  const bin = path.join(project, 'node_modules', 'ostinato', 'ostinato.cjs');
  says(node([bin, '--help'], { cwd: project, env: { PATH: '' } }), '--text');
}

module.exports = [
  { name: 'jest, and after jest.resetModules()', run: jest },
  { name: 'vitest 4: forks, threads, vmThreads', large: true, needs: 'vitest', run: vitest },
  { name: 'tsx', large: true, needs: 'tsx', run: tsx },
  { name: 'node --test', run: nodeTest },
  { name: 'worker_threads', run: workers },
  { name: 'cluster', run: cluster },
  { name: 'vm', run: vm },
  { name: '--permission, with and without --allow-addons', run: permission },
  { name: 'read-only node_modules, another user', run: readOnly },
  { name: 'a path with spaces and Unicode', run: unusualPath },
  { name: 'the add-on of this platform alone', run: onlyThisPlatform },
  { name: 'the program ostinato', run: program },
];
