'use strict';
// What all checks of scripts/test-install.cjs share: the tarball, empty projects, and the
// program that trains, whose bits must be the same wherever it runs.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { prebuilt } = require('../../addon.cjs');
const { addonPaths } = require('../builders/project.cjs');
const tarballs = require('../tarball.cjs');

const root = path.resolve(__dirname, '..', '..');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-install-'));
const host = `${process.platform}-${process.arch}`;

/** A training run in the package `o`; the bits of its loss, which every check prints. */
const train = `
const train = (o) => {
  o.manualSeed(0);
  const lstm = new o.nn.LSTM(1, 8, { batchFirst: true });
  const optimizer = new o.optim.Adam(lstm.parameters(), { lr: 0.01 });
  const x = o.randn([4, 5, 1]);
  let loss;
  for (let step = 0; step < 3; step++) {
    const [out] = lstm.forward(x);
    loss = out.square().mean();
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  return 'loss ' + loss.item();
};
`;
const programs = {
  'main.cjs': `${train}console.log(train(require('ostinato')));\n`,
  'main.mjs': `import * as o from 'ostinato';\n${train}console.log(train(o));\n`,
  'both.mjs': `import { createRequire } from 'node:module';
import * as o from 'ostinato';
if (createRequire(import.meta.url)('ostinato').Tensor !== o.Tensor) throw new Error('two copies');
${train}console.log(train(o));\n`,
};

/** tarball.cjs's, for a few minutes at most. */
const run = (command, args, { env, ...options } = {}) =>
  tarballs.run(command, args, {
    timeout: 300_000,
    ...options,
    env: { NODE_NO_WARNINGS: '1', ...env },
  });

const node = (args, options) => run(process.execPath, args, options);

function write(project, files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    fs.writeFileSync(path.join(project, name), text);
  }
}

/** The packed package. Where prebuilds/ lacks a platform, the add-on that was built here is in its place, in a copy. */
function pack() {
  const platforms = Object.keys(prebuilt);
  const inPackage = (name) => path.join('prebuilds', name, 'ostinato.node');
  const missing = platforms.filter((name) => !fs.existsSync(path.join(root, inPackage(name))));
  const { tarball } = tarballs.pack(root, folder);
  if (missing.length === 0) return tarball;
  const built = addonPaths.find((file) => fs.existsSync(file));
  if (built === undefined) throw new Error('no add-on was built here: npm run build:native');
  console.log(
    `no add-on was prebuilt for ${missing.join(', ')}: the one built here is in its place`,
  );
  const copy = path.join(folder, 'copy');
  tarballs.unpack(tarball, copy);
  for (const name of missing) {
    fs.mkdirSync(path.dirname(path.join(copy, inPackage(name))), { recursive: true });
    fs.copyFileSync(built, path.join(copy, inPackage(name)));
  }
  return tarballs.pack(copy, folder).tarball;
}

let tarball;
let unpacked;

/** Once, before all checks. */
function prepare() {
  tarball = pack();
  unpacked = path.join(folder, 'unpacked');
  tarballs.unpack(tarball, unpacked);
}

let projects = 0;

/** An empty project with the programs above and `files`. */
function newProject(files = {}, name = `project-${++projects}`) {
  const project = path.join(folder, name);
  write(project, { 'package.json': '{ "name": "try", "private": true }\n', ...programs, ...files });
  return project;
}

/** A project that holds the package as npm lays it out. The add-ons of other platforms are links: no check writes to them. */
function newInstalled(files = {}, name = undefined) {
  const project = newProject(files, name);
  const installed = path.join(project, 'node_modules', 'ostinato');
  const isOther = (file) => /prebuilds[\\/][^\\/]+$/.test(file) && path.basename(file) !== host;
  fs.cpSync(unpacked, installed, { recursive: true, filter: (file) => !isOther(file) });
  for (const platform of Object.keys(prebuilt)) {
    if (platform === host) continue;
    fs.mkdirSync(path.dirname(addonIn(project, platform)));
    fs.linkSync(path.join(unpacked, 'prebuilds', platform, 'ostinato.node'), addonIn(project, platform)); // prettier-ignore
  }
  return project;
}

const addonIn = (project, platform = host) =>
  path.join(project, 'node_modules', 'ostinato', 'prebuilds', platform, 'ostinato.node');

let expected;

/** Holds what a program printed last to the loss that Node's own `require` in an installed package gives. */
function sameLoss(output) {
  expected ??= node(['main.cjs'], { cwd: newInstalled() });
  if (!/^loss 0\.\d+$/.test(expected)) throw new Error(`no loss: ${expected}`);
  if (!output.trim().endsWith(expected))
    throw new Error(`expected ${expected}, got:\n${output.slice(-2000)}`);
}

/** Holds what a failing program said to sentences of ours. */
function says(output, ...sentences) {
  for (const sentence of sentences)
    if (!output.includes(sentence))
      throw new Error(`expected '${sentence}' in:\n${output.slice(0, 3000)}`);
}

module.exports = {
  root,
  folder,
  host,
  train,
  run,
  node,
  write,
  prepare,
  tarball: () => tarball,
  newProject,
  newInstalled,
  addonIn,
  sameLoss,
  says,
};
