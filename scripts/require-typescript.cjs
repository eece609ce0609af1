'use strict';
// TypeScript through `require`, where no runner is between.

const Module = require('node:module');
const path = require('node:path');

/** Has `require` take TypeScript files as the JavaScript that `compiled` returns of a file. */
function requireTypeScript(compiled) {
  require.extensions['.ts'] = (module, file) => module._compile(compiled(file), file);
}

/** Has 'ostinato' be src/ itself: nothing needs to be built but the add-on. */
function takeSource() {
  const source = path.resolve(__dirname, '..', 'src', 'index.ts');
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) =>
    request === 'ostinato' ? source : resolveFilename(request, ...rest);
}

module.exports = { requireTypeScript, takeSource };
