'use strict';
// What the builders and build-addon.cjs share: where things are, a hash of everything that the add-on
// is made of, headers, and running a command with its output kept in a log.

const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { builds } = require('../../addon.cjs');
const { packedHeaders } = require('../sources.cjs');

const root = path.resolve(__dirname, '..', '..');

/** Where builds leave the add-on and the loader finds it, best first; absolute paths. */
const addonPaths = builds.map((file) => path.join(root, file));

function filesUnder(folder) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(file) : [file];
    });
}

/** Changes when any file changes that the add-on is built from; a build's stamp holds it. */
function sourceHash() {
  const hash = createHash('sha256').update(process.arch);
  const recipes = ['CMakeLists.txt', 'binding.gyp'].map((file) => path.join(root, file));
  for (const file of [...recipes, ...filesUnder(path.join(root, 'native'))]) {
    hash.update(path.relative(root, file)).update(fs.readFileSync(file));
  }
  return hash.digest('hex');
}

const stampOf = (addon) => `${addon}.sources`;
const writeStamp = (addon) => fs.writeFileSync(stampOf(addon), sourceHash());

/** Whether a build is older than its sources. */
function isStale(addon) {
  return !fs.existsSync(stampOf(addon)) || fs.readFileSync(stampOf(addon), 'utf8') !== sourceHash();
}

/** The folder of node_api.h: Node's own prefix, else the package node-api-headers; or null. */
function nodeApiHeaders() {
  const prefix = path.join(path.dirname(path.dirname(process.execPath)), 'include', 'node');
  if (fs.existsSync(path.join(prefix, 'node_api.h'))) return prefix;
  try {
    return require('node-api-headers').include_dir;
  } catch {
    return packedHeaders('node-api-headers');
  }
}

const noNodeAddonApi = 'the headers of node-addon-api were not found: install ostinato again';

/** Runs a command in the root and returns { ok, output }. */
function run(command, args, { verbose = false, env = process.env } = {}) {
  const stdio = verbose ? 'inherit' : 'pipe';
  const child = spawnSync(command, args, { cwd: root, env, stdio, encoding: 'utf8' });
  const output = [child.stdout, child.stderr, child.error?.message].filter(Boolean).join('\n');
  return { ok: child.status === 0, output };
}

/** Whether a command exists and answers. */
const answers = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

module.exports = {
  root,
  addonPaths,
  isStale,
  writeStamp,
  nodeApiHeaders,
  noNodeAddonApi,
  run,
  answers,
};
