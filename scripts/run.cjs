'use strict';
// Runs a TypeScript program of this repository (examples, bench) on the built package:
//   node [flags] scripts/run.cjs FILE [arguments]

const fs = require('node:fs');
const path = require('node:path');
const { transformSync } = require('@swc/core');
const options = require('./swc.cjs');

process.setSourceMapsEnabled(true);
require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(fs.readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(code, filename);
};

const program = path.resolve(process.argv[2]);
process.argv.splice(1, 2, program);
require(program);
