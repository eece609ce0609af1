'use strict';
// The places of the native add-on. Plain CommonJS with one literal `require` for each platform, which
// bundlers and tracers follow; src/native/load.ts chooses.

// Not defined where a bundler has made this file part of an ES module.
exports.root = typeof __dirname === 'string' ? __dirname : null;

/** Where a build from source leaves the add-on, best first, from the package's folder. */
exports.builds = [
  'build/cmake/Release/ostinato.node',
  'build/Release/ostinato.node',
  'build/compiler/ostinato.node',
];

/** The add-ons that the package carries, by Node's platform and architecture, and the C library where it is musl. */
exports.prebuilt = {
  'linux-x64': () => require('./prebuilds/linux-x64/ostinato.node'),
  'linux-arm64': () => require('./prebuilds/linux-arm64/ostinato.node'),
  'linux-x64-musl': () => require('./prebuilds/linux-x64-musl/ostinato.node'),
  'linux-arm64-musl': () => require('./prebuilds/linux-arm64-musl/ostinato.node'),
  'darwin-x64': () => require('./prebuilds/darwin-x64/ostinato.node'),
  'darwin-arm64': () => require('./prebuilds/darwin-arm64/ostinato.node'),
  'win32-x64': () => require('./prebuilds/win32-x64/ostinato.node'),
  'win32-arm64': () => require('./prebuilds/win32-arm64/ostinato.node'),
};
