'use strict';
// The platforms that the package carries an add-on for.

const elf = ['-shared', '-pthread', '-Wl,-s'];
const macho = ['-shared', '-Wl,-undefined,dynamic_lookup', '-Wl,-s'];
const pe = ['-shared', '-Wl,-s'];

/**
 * `name` is the folder in prebuilds/: Node's platform and architecture, and -musl for that C library.
 * `triple` is Zig's, with the oldest C library or system that the binary must run on.
 */
const targets = [
  {
    name: 'linux-x64',
    platform: 'linux',
    arch: 'x64',
    triple: 'x86_64-linux-gnu.2.17',
    flags: ['-fPIC', '-pthread'],
    link: elf,
  },
  {
    name: 'linux-arm64',
    platform: 'linux',
    arch: 'arm64',
    triple: 'aarch64-linux-gnu.2.17',
    flags: ['-fPIC', '-pthread'],
    link: elf,
  },
  {
    name: 'linux-x64-musl',
    platform: 'linux',
    arch: 'x64',
    triple: 'x86_64-linux-musl',
    flags: ['-fPIC', '-pthread'],
    link: elf,
  },
  {
    name: 'linux-arm64-musl',
    platform: 'linux',
    arch: 'arm64',
    triple: 'aarch64-linux-musl',
    flags: ['-fPIC', '-pthread'],
    link: elf,
  },
  {
    name: 'darwin-x64',
    platform: 'darwin',
    arch: 'x64',
    triple: 'x86_64-macos.11.0',
    flags: ['-fPIC'],
    link: macho,
  },
  {
    name: 'darwin-arm64',
    platform: 'darwin',
    arch: 'arm64',
    triple: 'aarch64-macos.11.0',
    flags: ['-fPIC'],
    link: macho,
  },
  {
    name: 'win32-x64',
    platform: 'win32',
    arch: 'x64',
    triple: 'x86_64-windows-gnu',
    flags: [],
    link: pe,
  },
  {
    name: 'win32-arm64',
    platform: 'win32',
    arch: 'arm64',
    triple: 'aarch64-windows-gnu',
    flags: [],
    link: pe,
  },
];

module.exports = { targets };
