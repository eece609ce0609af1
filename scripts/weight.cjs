'use strict';
// What a packed package may weigh and hold, for what checks it (check-package.cjs) and what publishes it (publish.cjs). `packed` is what
// `pack` of tarball.cjs gives.

const fs = require('node:fs');
const { prebuilt } = require('../addon.cjs');
const { addonPaths } = require('./builders/project.cjs');

// What the add-on is built from: a prebuilt one needs none of it.
const isSource = ({ path: file }) => /^(native|dist\/include)\//.test(file);
const isDocument = ({ path: file }) => /^docs\//.test(file);
const isAddon = ({ path: file }) => /^prebuilds\//.test(file);
// Of what one platform uses (a thirtieth of onnxruntime-node, 301 MB), of the tarball with all of them, and of that when it is unpacked;
// bytes.
const limits = { used: 10_000_000, packed: 12_000_000, unpacked: 32_000_000 };
const platform = `${process.platform}-${process.arch}`;

/** The add-on that was built here; undefined when there is none. */
const builtAddon = () =>
  process.env.OSTINATO_ADDON ?? addonPaths.find((file) => fs.existsSync(file));

/** The platforms that the package carries no add-on for. */
function missingPlatforms({ files }) {
  const carried = files.filter(isAddon).map(({ path: file }) => file.split('/')[1]);
  return Object.keys(prebuilt).filter((name) => !carried.includes(name));
}

/**
 * What the package weighs in bytes: `used` by one platform, which needs neither sources nor documents; where no add-on is missing
 * also `packed` and `unpacked`.
 */
function weightsOf(packed) {
  const { files, size, unpackedSize } = packed;
  const complete = missingPlatforms(packed).length === 0;
  const addon = complete
    ? files.find(({ path: file }) => file === `prebuilds/${platform}/ostinato.node`).size
    : fs.statSync(builtAddon()).size;
  const used = files
    .filter((file) => !isSource(file) && !isDocument(file) && !isAddon(file))
    .reduce((sum, file) => sum + file.size, addon);
  return complete ? { used, packed: size, unpacked: unpackedSize } : { used };
}

/** What is too heavy and what was packed by mistake, a sentence each. */
function faultsOf(packed) {
  const heavy = Object.entries(weightsOf(packed))
    .filter(([what, bytes]) => bytes > limits[what])
    .map(
      ([what, bytes]) =>
        `${what}: ${(bytes / 1e6).toFixed(2)} MB are more than ${limits[what] / 1e6} MB`,
    );
  const stray = packed.files
    .filter((file) => /\.(test\.|tsbuildinfo|map$|node$)/.test(file.path) && !isAddon(file))
    .map((file) => `packed by mistake: ${file.path}`);
  return [...heavy, ...stray];
}

module.exports = { builtAddon, faultsOf, missingPlatforms, platform, weightsOf };
