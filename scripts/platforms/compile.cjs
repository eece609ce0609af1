'use strict';
// src, test and examples as JavaScript in build/platforms/compiled, for runtimes that the compiler itself has no binary for. A file keeps its
// path from the root; load-compiled.cjs runs it as if it stood in its source's place.

const fs = require('node:fs');
const path = require('node:path');
const { transformSync } = require('@swc/core');
const options = require('../swc.cjs');
const { root, parts, compiledOf } = require('./places.cjs');

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
  for (const part of parts) {
    for (const name of fs.readdirSync(path.join(root, part), { recursive: true })) {
      if (name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('package'))
        compileFile(path.join(root, part, name));
    }
  }
}

module.exports = { compileAll, compileFile };
