'use strict';
// Runs a TypeScript program of this repository (examples, bench) on the built package:
//   node [flags] scripts/run.cjs [--source] FILE [arguments]
// With --source, 'ostinato' is src/ itself, as in the tests: nothing needs to be built but the add-on.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { compiledOf } = require('./platforms/places.cjs');
const { requireTypeScript, takeSource } = require('./require-typescript.cjs');
const { transform } = require('./transform.cjs');

/** Of the repository's own files, test:platforms has what is run already compiled. */
function compile(filename) {
  const compiled = compiledOf(filename);
  if (process.env.OSTINATO_COMPILED && fs.existsSync(compiled))
    return fs.readFileSync(compiled, 'utf8');
  return transform(fs.readFileSync(filename, 'utf8'), filename);
}

process.setSourceMapsEnabled(true);
requireTypeScript(compile);

if (process.argv[2] === '--source') {
  process.argv.splice(2, 1);
  takeSource();
}

const file = path.resolve(process.argv[2]);
process.argv.splice(1, 2, file);
// This module becomes the program's: it is the main one, as `require.main === module` asks. (Bun's Module.runMain reads no argv.)
const folder = path.dirname(file);
const paths = Module._nodeModulePaths(folder);
require.cache[file] = Object.assign(module, { filename: file, path: folder, paths, exports: {} });
require.extensions['.ts'](module, file);
