'use strict';
// Builds the add-on with cmake-js into build/cmake.

const os = require('node:os');
const path = require('node:path');
const { nodeAddonApi } = require('../sources.cjs');
const { root, noNodeAddonApi, run, answers } = require('./project.cjs');

function command() {
  try {
    return require.resolve('cmake-js/bin/cmake-js');
  } catch {
    return null;
  }
}

/** Why this builder cannot be used here, or null. */
function unavailable() {
  if (command() === null) return 'cmake-js is not installed';
  if (!answers('cmake', '--version')) return 'cmake was not found';
  if (nodeAddonApi() === null) return noNodeAddonApi;
  return null;
}

function build({ verbose }) {
  const out = path.join(root, 'build', 'cmake');
  const jobs = String(os.availableParallelism());
  return {
    ...run(process.execPath, [command(), 'build', '--out', out, '--parallel', jobs], { verbose }),
    addon: path.join(out, 'Release', 'ostinato.node'),
  };
}

module.exports = { name: 'cmake', unavailable, build };
