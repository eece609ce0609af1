'use strict';
// Runs a TypeScript program of this repository (examples, bench) on the built package:
//   node [flags] scripts/run.cjs [--source] FILE [arguments]
// With --source, 'ostinato' is src/ itself, as in the tests: nothing needs to be built but the add-on.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');
const { requireTypeScript, takeSource } = require('./require-typescript.cjs');
const options = require('./swc.cjs');

process.setSourceMapsEnabled(true);
requireTypeScript(
  (filename) => transformSync(fs.readFileSync(filename, 'utf8'), { ...options, filename }).code,
);

if (process.argv[2] === '--source') {
  process.argv.splice(2, 1);
  takeSource();
}

process.argv.splice(1, 2, path.resolve(process.argv[2]));
// As `node FILE` does: the program is the main module, as `require.main === module` asks.
Module.runMain();
