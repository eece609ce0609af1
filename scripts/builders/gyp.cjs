'use strict';
// Builds the add-on with node-gyp into build/Release. Downloads nothing: node-gyp is pointed at the
// headers of Node's own prefix, or at a folder made here around the package node-api-headers.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { nodeAddonApi } = require('../sources.cjs');
const { root, nodeApiHeaders, noNodeAddonApi, run } = require('./project.cjs');

function command() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch {
    return process.env.npm_config_node_gyp ?? null; // the copy that npm brings along
  }
}

/** Why this builder cannot be used here, or null. */
function unavailable() {
  if (command() === null) return 'node-gyp was not found';
  if (nodeApiHeaders() === null) return 'node_api.h was not found';
  if (nodeAddonApi() === null) return noNodeAddonApi;
  return null;
}

/** A folder in the layout of Node's prefix: include/node with common.gypi, config.gypi and headers. */
function nodeDirectory() {
  const headers = nodeApiHeaders();
  if (fs.existsSync(path.join(headers, 'common.gypi'))) return path.resolve(headers, '..', '..');
  const folder = path.join(root, 'build', 'node');
  const include = path.join(folder, 'include', 'node');
  fs.mkdirSync(include, { recursive: true });
  fs.cpSync(headers, include, { recursive: true });
  fs.writeFileSync(path.join(include, 'config.gypi'), "{ 'variables': {} }\n");
  fs.writeFileSync(
    path.join(include, 'common.gypi'),
    `{
  'target_defaults': {
    'configurations': { 'Release': {}, 'Debug': {} },
    'default_configuration': 'Release',
    'conditions': [['OS=="mac"', { 'defines': ['_DARWIN_USE_64_BIT_INODE=1'] }]],
  },
}
`,
  );
  return folder;
}

function build({ verbose }) {
  // Not "rebuild", which would empty build/ and with it the other builders' folders.
  const jobs = String(os.availableParallelism());
  const args = ['configure', 'build', '--nodedir', nodeDirectory(), '--jobs', jobs];
  return {
    ...run(process.execPath, [command(), ...args], { verbose }),
    addon: path.join(root, 'build', 'Release', 'ostinato.node'),
  };
}

module.exports = { name: 'gyp', unavailable, build };
