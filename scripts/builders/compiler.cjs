'use strict';
// Builds the add-on by calling the C++ compiler itself, into build/compiler: for machines that have
// neither cmake nor the Python and make that node-gyp needs.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { sources, isasFor, hasDefinitions, nodeAddonApi } = require('../sources.cjs');
const { root, nodeApiHeaders, noNodeAddonApi, run, answers } = require('./project.cjs');

const compiler = () =>
  [process.env.CXX, 'c++', 'g++', 'clang++'].find((name) => name && answers(name, '--version'));

/** Why this builder cannot be used here, or null. */
function unavailable() {
  if (process.platform === 'win32') return 'not for Windows';
  if (compiler() === undefined) return 'no C++ compiler was found (tried $CXX, c++, g++, clang++)';
  if (nodeApiHeaders() === null) return 'node_api.h was not found';
  if (nodeAddonApi() === null) return noNodeAddonApi;
  return null;
}

/** One compilation for each file of common and addon, and for each pair of kernel and set. */
function compilations(out) {
  const common = [
    ...sources.flags,
    '-fPIC',
    '-pthread',
    '-DNDEBUG',
    ...(process.env.CXXFLAGS ?? '').split(/\s+/).filter(Boolean),
  ];
  const addon = [
    ...sources.addonFlags,
    ...[...sources.addonDefinitions, ...hasDefinitions(process.arch)].map((name) => `-D${name}`),
    `-isystem${nodeApiHeaders()}`,
    `-isystem${nodeAddonApi()}`,
  ];
  const object = (file, set) => path.join(out, `${file.replace(/[/\\]/g, '-')}-${set}.o`);
  return [
    ...[...sources.common, ...sources.addon].map((file) => ({
      object: object(file, 'common'),
      args: [...common, ...addon, '-c', file],
    })),
    ...isasFor(process.arch).flatMap(([isa, flags]) =>
      sources.kernels.map((file) => ({
        object: object(file, isa),
        args: [...common, ...flags, `-DOSTINATO_ISA=${isa}`, '-c', file],
      })),
    ),
  ];
}

function compile(args, verbose) {
  return new Promise((resolve) => {
    const child = spawn(compiler(), args, { cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        if (verbose) process.stderr.write(data);
      });
    }
    child.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

async function build({ verbose }) {
  const out = path.join(root, 'build', 'compiler');
  fs.mkdirSync(out, { recursive: true });
  const addon = path.join(out, 'ostinato.node');
  const queue = compilations(out);
  const objects = queue.map((job) => job.object);
  let failure = null;
  async function worker() {
    for (let job; failure === null && (job = queue.shift());) {
      const result = await compile([...job.args, '-o', job.object], verbose);
      if (!result.ok) failure = result;
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  if (failure !== null) return { ...failure, addon };
  const link =
    process.platform === 'darwin'
      ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-S,-x']
      : ['-shared', '-pthread', '-Wl,-s'];
  return { ...run(compiler(), [...objects, ...link, '-o', addon], { verbose }), addon };
}

module.exports = { name: 'compiler', unavailable, build };
