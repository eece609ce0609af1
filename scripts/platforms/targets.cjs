'use strict';
// The platforms that the package carries an add-on for, those of addon.cjs, and how each is compiled.

const { prebuilt } = require('../../addon.cjs');

/** Zig's name of each, with the oldest C library or system that the binary must run on. */
const triples = {
  'linux-x64': 'x86_64-linux-gnu.2.17',
  'linux-arm64': 'aarch64-linux-gnu.2.17',
  'linux-x64-musl': 'x86_64-linux-musl',
  'linux-arm64-musl': 'aarch64-linux-musl',
  'darwin-x64': 'x86_64-macos.11.0',
  'darwin-arm64': 'aarch64-macos.11.0',
  'win32-x64': 'x86_64-windows-gnu',
  'win32-arm64': 'aarch64-windows-gnu',
};

/** Arguments of each compilation and of the link, by Node's platform. */
const options = {
  // Zig leaves sections out that nothing refers to (parts of the C++ library) of its own accord elsewhere only.
  linux: {
    flags: ['-fPIC', '-pthread'],
    link: ['-shared', '-pthread', '-Wl,-s', '-Wl,--gc-sections'],
  },
  darwin: { flags: ['-fPIC'], link: ['-shared', '-Wl,-undefined,dynamic_lookup', '-Wl,-s'] },
  win32: { flags: [], link: ['-shared', '-Wl,-s'] },
};

// Without local symbols. For darwin-arm64 Zig's linker leaves entries of its table of indirect symbols unset then.
const also = { 'darwin-x64': ['-Wl,-x'] };

/** `name` is the folder in prebuilds/: Node's platform and architecture, and -musl for that C library. */
const targets = Object.keys(prebuilt).map((name) => {
  const [platform, arch] = name.split('-');
  const { flags, link } = options[platform];
  return {
    name,
    platform,
    arch,
    triple: triples[name],
    flags,
    link: [...link, ...(also[name] ?? [])],
  };
});

module.exports = { targets, triples };
