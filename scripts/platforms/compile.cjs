'use strict';
// src and test as JavaScript in build/platforms/compiled, for runtimes that the compiler itself has no binary for. A file keeps its
// path from the root; load-compiled.cjs runs it as if it stood in its source's place.

const fs = require('node:fs');
const path = require('node:path');
const { transformSync } = require('@swc/core');
const { root } = require('../builders/project.cjs');
const options = require('../swc.cjs');
const { folder } = require('./runtimes.cjs');

const compiled = path.join(folder, 'compiled');

/** The compiled file of a source. */
const compiledOf = (source) => path.join(compiled, `${path.relative(root, source)}.js`);

function compileFile(source) {
  const target = compiledOf(source);
  if (fs.existsSync(target) && fs.statSync(target).mtimeMs > fs.statSync(source).mtimeMs) return;
  const text = fs.readFileSync(source, 'utf8');
  const { code } = transformSync(text, { ...options, sourceMaps: false, filename: source });
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, code);
}

/** Compiles what is newer than its compiled file. */
function compileAll() {
  for (const part of ['src', 'test', 'examples']) {
    for (const name of fs.readdirSync(path.join(root, part), {
      recursive: true,
      encoding: 'utf8',
    })) {
      if (name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('package'))
        compileFile(path.join(root, part, name));
    }
  }
}

module.exports = { compileAll, compileFile, compiledOf };
