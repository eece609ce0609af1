'use strict';
// Runs a TypeScript program of this repository (examples, bench) on the built package:
//   node [flags] scripts/run.cjs [--source] FILE [arguments]
// With --source, 'ostinato' is src/ itself, as in the tests: nothing needs to be built but the add-on.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { compiledOf } = require('./platforms/places.cjs');
const { requireTypeScript, takeSource } = require('./require-typescript.cjs');
const options = require('./swc.cjs');

/** The compiler is a native package, which platforms that are emulated do not have: there what test:platforms compiled is taken. */
function compile(filename) {
  if (process.env.OSTINATO_COMPILED) return fs.readFileSync(compiledOf(filename), 'utf8');
  const { transformSync } = require('@swc/core');
  return transformSync(fs.readFileSync(filename, 'utf8'), { ...options, filename }).code;
}

process.setSourceMapsEnabled(true);
requireTypeScript(compile);

if (process.argv[2] === '--source') {
  process.argv.splice(2, 1);
  takeSource();
}

process.argv.splice(1, 2, path.resolve(process.argv[2]));
// As `node FILE` does: the program is the main module, as `require.main === module` asks.
Module.runMain();
