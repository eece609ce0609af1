'use strict';
// Has `require` take src, test and examples from what compile.cjs made of them, under their own names, and 'ostinato' from src.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');
const compiled = path.join(root, 'build', 'platforms', 'compiled');

require.extensions['.ts'] = (module, filename) => {
  const file = path.join(compiled, `${path.relative(root, filename)}.js`);
  module._compile(fs.readFileSync(file, 'utf8'), filename);
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) =>
  request === 'ostinato' ? path.join(root, 'src', 'index.ts') : resolveFilename(request, ...rest);

module.exports = { root };
