'use strict';
// The compilations and the link that make an add-on out of native/sources.json, for a compiler called
// directly: the builder `compiler` and scripts/prebuild.cjs.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {
  sources,
  neededFor,
  kernelsOf,
  kernelDefinitionsOf,
  definitionsOf,
} = require('../sources.cjs');
const { root } = require('./project.cjs');

/**
 * One compilation for each file of common and addon, and for each kernel file of each instruction set. Kernels are kept in
 * `kernels`.
 */
function compilations({ out, kernels, arch, flags, includes }) {
  const addon = [
    ...sources.addonFlags,
    ...[...sources.addonDefinitions, ...definitionsOf(neededFor(arch))].map((name) => `-D${name}`),
    ...includes.map((folder) => `-isystem${folder}`),
  ];
  const common = [...sources.flags, '-DNDEBUG', ...flags];
  const object = (folder, file, set) =>
    path.join(folder, `${file.replace(/[/\\]/g, '-')}-${set}.o`);
  return [
    ...[...sources.common, ...sources.addon].map((file) => ({
      object: object(out, file, 'common'),
      args: [...common, ...addon, '-c', file],
    })),
    ...neededFor(arch).flatMap(([isa, isaFlags]) =>
      kernelsOf(isa).map((file) => ({
        object: object(kernels, file, isa),
        args: [
          ...common,
          ...isaFlags,
          ...kernelDefinitionsOf(isa).map((name) => `-D${name}`),
          '-c',
          file,
        ],
      })),
    ),
  ];
}

/** Runs [command, ...args] in the root: { ok, output }. */
function call([command, ...args], verbose) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
        if (verbose) process.stderr.write(data);
      });
    }
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

/**
 * Compiles and links `addon`, as many files at a time as there are processors. `compiler` is the command with its first
 * arguments, `flags` and `link` are given to each compilation and to the link. Objects are written to `out`, those of kernels to
 * `kernels`, and not again where they are in `compiled`, to which they are added.
 */
async function compileAndLink(options) {
  const { compiler, out, kernels = out, compiled = new Set(), addon, link, verbose } = options;
  for (const folder of [out, kernels]) fs.mkdirSync(folder, { recursive: true });
  const all = compilations({ ...options, kernels });
  const objects = all.map((job) => job.object);
  const queue = all.filter((job) => !compiled.has(job.object));
  let failure = null;
  async function worker() {
    for (let job; failure === null && (job = queue.shift());) {
      const result = await call([...compiler, ...job.args, '-o', job.object], verbose);
      if (!result.ok) failure = result;
      compiled.add(job.object);
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  if (failure !== null) return failure;
  return call([...compiler, ...objects, ...link, '-o', addon], verbose);
}

module.exports = { compileAndLink };
