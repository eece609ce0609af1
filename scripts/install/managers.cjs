'use strict';
// Package managers: each installs the tarball into an empty project, offline and without scripts, where `import` and `require`
// train.

const path = require('node:path');
const { newProject, node, run, sameLoss, tarball, tool, train, write } = require('./project.cjs');

/** All three programs, started by `start`. */
function trains(start, names = ['main.cjs', 'main.mjs', 'both.mjs']) {
  for (const name of names) sameLoss(start(name));
}

// Of a cache that is empty, so that nothing can come from elsewhere; no compiler is on this PATH.
const offline = (project) => ({
  cwd: project,
  env: {
    PATH: `${path.dirname(process.execPath)}:/bin`,
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

function pnpm() {
  const bin = path.join(tool({ pnpm: '10.34.8' }), 'pnpm', 'bin', 'pnpm.cjs');
  const project = newProject();
  node([bin, 'add', tarball(), '--offline', '--ignore-scripts', `--store-dir=${project}/store`], offline(project)); // prettier-ignore
  trains((name) => node([name], { cwd: project }));
}

function yarn(linker) {
  const bin = path.join(tool({ '@yarnpkg/cli-dist': '4.18.1' }), '@yarnpkg/cli-dist', 'bin', 'yarn.js'); // prettier-ignore
  const project = newProject({ 'yarn.lock': '', '.yarnrc.yml': `nodeLinker: ${linker}\n` });
  node([bin, 'add', `ostinato@file:${tarball()}`], offline(project));
  trains((name) => node([bin, 'node', name], offline(project)));
}

function bun() {
  const bin = path.join(tool({ '@oven/bun-linux-x64': '1.4.5' }), '@oven', 'bun-linux-x64', 'bin', 'bun'); // prettier-ignore
  const project = newProject();
  run(bin, ['add', tarball(), '--ignore-scripts'], offline(project));
  trains((name) => run(bin, [name], { cwd: project }));
}

function deno() {
  const bin = path.join(tool({ '@deno/linux-x64-glibc': '2.9.6' }), '@deno', 'linux-x64-glibc', 'deno'); // prettier-ignore
  // Deno takes packages from a registry or from a node_modules that is there: npm lays it out.
  const project = newProject();
  run('npm', ['install', tarball(), '--offline', '--ignore-scripts'], offline(project));
  write(project, { 'deno.json': '{ "nodeModulesDir": "manual" }\n', 'main.ts': `import * as o from 'ostinato';\n${train.replace('(o)', '(o: any)').replace('let loss;', 'let loss: any;')}console.log(train(o));\n` }); // prettier-ignore
  trains(
    (name) => run(bin, ['run', '--no-check', '--allow-all', name], { cwd: project, env: { DENO_NO_UPDATE_CHECK: '1' } }),
    ['main.cjs', 'main.mjs', 'both.mjs', 'main.ts'],
  ); // prettier-ignore
}

module.exports = [
  { name: 'npm, no compiler on PATH', run: npm },
  { name: 'pnpm 10', run: pnpm },
  { name: 'Yarn 4, node-modules', large: true, run: () => yarn('node-modules') },
  { name: "Yarn 4, Plug'n'Play", large: true, run: () => yarn('pnp') },
  { name: 'Bun 1.4', large: true, run: bun },
  { name: 'Deno 2.9', large: true, run: deno },
];
