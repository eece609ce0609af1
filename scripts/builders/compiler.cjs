'use strict';
// Builds the add-on by calling the C++ compiler itself, into build/compiler: for machines that have
// neither cmake nor the Python and make that node-gyp needs.

const path = require('node:path');
const { nodeAddonApi } = require('../sources.cjs');
const { compileAndLink } = require('./compilation.cjs');
const { root, nodeApiHeaders, noNodeAddonApi, answers } = require('./project.cjs');

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

async function build({ verbose }) {
  const out = path.join(root, 'build', 'compiler');
  const addon = path.join(out, 'ostinato.node');
  const result = await compileAndLink({
    compiler: [compiler()],
    out,
    addon,
    arch: process.arch,
    flags: ['-fPIC', '-pthread', ...(process.env.CXXFLAGS ?? '').split(/\s+/).filter(Boolean)],
    includes: [nodeApiHeaders(), nodeAddonApi()],
    link:
      process.platform === 'darwin'
        ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-S,-x']
        : ['-shared', '-pthread', '-Wl,-s'],
    verbose,
  });
  return { ...result, addon };
}

module.exports = { name: 'compiler', unavailable, build };
