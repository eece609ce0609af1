'use strict';
// Package managers: each installs the tarball into an empty project, offline and without scripts, where `import` and `require`
// train.

const fs = require('node:fs');
const path = require('node:path');
const {
  folder,
  newProject,
  node,
  root,
  run,
  sameLoss,
  tarball,
  train,
  write,
} = require('./project.cjs');
const { tool } = require('./tools.cjs');

/** All three programs, started by `start`. */
function trains(start, names = ['main.cjs', 'main.mjs', 'both.mjs']) {
  for (const name of names) sameLoss(start(name));
}

let programs;

/** A folder with Node, npm and a shell, and no compiler: all that is on the PATH. */
function programFolder() {
  if (programs !== undefined) return programs;
  programs = path.join(folder, 'bin');
  fs.mkdirSync(programs);
  for (const name of ['node', 'npm', 'sh', 'bash']) {
    const file = run('sh', ['-c', `command -v ${name}`]);
    fs.symlinkSync(name === 'node' ? process.execPath : file, path.join(programs, name));
  }
  return programs;
}

// Of a cache that is empty, so that nothing can come from elsewhere.
const offline = (project) => ({
  cwd: project,
  env: {
    PATH: programFolder(),
    HOME: project,
    CI: 'true',
    npm_config_offline: 'true',
    npm_config_ignore_scripts: 'true',
    npm_config_cache: path.join(project, '.cache'),
    YARN_ENABLE_NETWORK: '0',
    YARN_ENABLE_SCRIPTS: '0',
    YARN_ENABLE_GLOBAL_CACHE: '0',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
  },
});

/** What npm promises: seconds, a training step included. On a busy machine the processor's seconds count. */
function npm() {
  const project = newProject();
  for (const compiler of ['cc', 'c++', 'gcc', 'g++', 'clang++'])
    run('sh', ['-c', `command -v ${compiler}`], { ...offline(project), fails: true });
  const script =
    'TIMEFORMAT="cpu %U %S"; time (npm install "$0" --offline --ignore-scripts >&2 && node main.mjs)';
  const started = Date.now();
  const output = run('bash', ['-c', `exec 2>&1; ${script}`, tarball()], offline(project));
  const elapsed = (Date.now() - started) / 1e3;
  const [, loss, user, system] = /^(loss .*)\ncpu ([\d.]+) ([\d.]+)$/m.exec(output);
  sameLoss(loss);
  const processor = Number(user) + Number(system);
  if (Math.min(elapsed, processor) > 5)
    throw new Error(`installing and training took ${elapsed} s, ${processor} s of a processor: more than 5`); // prettier-ignore
  trains((name) => node([name], { cwd: project }));
  return `holds: installed and trained in ${elapsed.toFixed(1)} s, ${processor.toFixed(1)} s of a processor`;
}

/** What a newcomer types: a new project, the package, the README's first program. */
function readme() {
  const project = path.join(folder, 'newcomer');
  const [, program] = /^```ts\n(.*?)^```$/ms.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8')); // prettier-ignore
  write(project, { 'sum.mjs': program });
  const commands = 'npm init -y >&2 && npm install "$0" --ignore-scripts >&2 && node sum.mjs';
  const printed = run('sh', ['-c', commands, tarball()], offline(project));
  if (!/^0 \d+\.\d+\n20 .*\n40 .*\n60 .*\n80 0\.\d+$/.test(printed)) throw new Error(printed);
}

function pnpm() {
  const bin = path.join(tool('pnpm'), 'pnpm', 'bin', 'pnpm.cjs');
  const project = newProject();
  node([bin, 'add', tarball(), '--offline', '--ignore-scripts', `--store-dir=${project}/store`], offline(project)); // prettier-ignore
  trains((name) => node([name], { cwd: project }));
}

function yarn(linker) {
  const bin = path.join(tool('yarn'), '@yarnpkg/cli-dist', 'bin', 'yarn.js'); // prettier-ignore
  // Plug'n'Play teaches Node's `import` where packages are in projects that ask for it, or are ES modules themselves.
  const settings = `nodeLinker: ${linker}\npnpEnableEsmLoader: true\n`;
  const project = newProject({ 'yarn.lock': '', '.yarnrc.yml': settings });
  node([bin, 'add', `ostinato@file:${tarball()}`], offline(project));
  trains((name) => node([bin, 'node', name], offline(project)));
}

function bun() {
  const bin = path.join(tool('bun'), '@oven', 'bun-linux-x64', 'bin', 'bun'); // prettier-ignore
  const project = newProject();
  run(bin, ['add', tarball(), '--ignore-scripts'], offline(project));
  trains((name) => run(bin, [name], { cwd: project }));
}

function deno() {
  const bin = path.join(tool('deno'), '@deno', 'linux-x64-glibc', 'deno'); // prettier-ignore
  // Deno takes packages from a registry or from a node_modules that is there: npm lays it out.
  const project = newProject();
  run('npm', ['install', tarball(), '--offline', '--ignore-scripts'], offline(project));
  write(project, { 'deno.json': '{ "nodeModulesDir": "manual" }\n', 'main.ts': `import * as o from 'ostinato';\n${train.replace('(o)', '(o: any)').replace('let loss;', 'let loss: any;')}console.log(train(o));\n` }); // prettier-ignore
  trains(
    (name) => run(bin, ['run', '--no-check', '--allow-ffi', '--allow-read', '--allow-env', name], { cwd: project, env: { DENO_NO_UPDATE_CHECK: '1' } }),
    ['main.cjs', 'main.mjs', 'both.mjs', 'main.ts'],
  ); // prettier-ignore
}

module.exports = [
  { name: 'npm, no compiler on PATH', run: npm },
  { name: 'the README in a new project of npm init', run: readme },
  { name: 'pnpm 10', needs: 'pnpm', run: pnpm },
  { name: 'Yarn 4, node-modules', large: true, needs: 'yarn', run: () => yarn('node-modules') },
  { name: "Yarn 4, Plug'n'Play", large: true, needs: 'yarn', run: () => yarn('pnp') },
  { name: 'Bun 1.4', large: true, needs: 'bun', run: bun },
  { name: 'Deno 2.9', large: true, needs: 'deno', run: deno },
];
