'use strict';
// Prints parts of native/sources.json, one item a line, for binding.gyp:
//   node scripts/sources.cjs common|addon|flags
//   node scripts/sources.cjs addonFlags|addonDefinitions
//   node scripts/sources.cjs nodeAddonApi              the folder of napi.h, from the root
//   node scripts/sources.cjs kernels NAME              kernel files of one instruction set
//   node scripts/sources.cjs isa-flags NAME            its flags
//   node scripts/sources.cjs isa-definitions NAME      its definitions
//   node scripts/sources.cjs definitions ARCH          OSTINATO_HAS_<ISA>=1 for each set of ARCH

const fs = require('node:fs');
const path = require('node:path');
const sources = require('../native/sources.json');

/** The instruction sets built for an architecture in Node's spelling, as [name, flags] pairs. */
function isasFor(arch) {
  return Object.entries(sources.isas)
    .filter(([, isa]) => isa.arch === 'any' || isa.arch === arch)
    .map(([name, isa]) => [name, isa.flags]);
}

/** The same without the sets that no processor of the architecture is in need of: those of the package's add-ons. */
function neededFor(arch) {
  const sets = isasFor(arch);
  const sure = sets.filter(([name]) => sources.isas[name].everywhere);
  return sure.length > 0 ? sure : sets;
}

/** The kernel files that are compiled for an instruction set: one that has a base takes narrow kernels from there. */
function kernelsOf(isa) {
  const { base } = sources.isas[isa];
  return base === undefined ? [...sources.kernels, ...sources.narrowKernels] : sources.kernels;
}

/** What a set's kernel files are compiled with beside its flags, as names and values. */
function kernelDefinitionsOf(isa) {
  const { base } = sources.isas[isa];
  return [`OSTINATO_ISA=${isa}`, ...(base === undefined ? [] : [`OSTINATO_BASE=${base}`])];
}

const definitionsOf = (sets) => sets.map(([name]) => `OSTINATO_HAS_${name.toUpperCase()}=1`);
const hasDefinitions = (arch) => definitionsOf(isasFor(arch));

/** The folder of headers that scripts/bundle.cjs took into the package from another; null in a clone without dist. */
function packedHeaders(name) {
  const folder = path.join(__dirname, '..', 'dist', 'include', name);
  return fs.existsSync(folder) ? folder : null;
}

/** The folder of napi.h, of the package node-addon-api; null when it is not there. */
function nodeAddonApi() {
  try {
    return path.dirname(require.resolve('node-addon-api/package.json'));
  } catch {
    return packedHeaders('node-addon-api');
  }
}

module.exports = {
  packedHeaders,
  sources,
  isasFor,
  neededFor,
  kernelsOf,
  kernelDefinitionsOf,
  definitionsOf,
  hasDefinitions,
  nodeAddonApi,
};

if (require.main === module) {
  const [what, name] = process.argv.slice(2);
  const answers = {
    common: () => sources.common,
    addon: () => sources.addon,
    kernels: () => kernelsOf(name),
    flags: () => sources.flags,
    addonFlags: () => sources.addonFlags,
    addonDefinitions: () => sources.addonDefinitions,
    // Relative, because gyp splits its lists at spaces.
    nodeAddonApi: () => [path.relative(path.resolve(__dirname, '..'), nodeAddonApi())],
    'isa-flags': () => sources.isas[name].flags,
    'isa-definitions': () => kernelDefinitionsOf(name),
    definitions: () => hasDefinitions(name),
  };
  process.stdout.write(answers[what]().join('\n') + '\n');
}
