'use strict';
// Fails when an object file of one instruction set defines a symbol that the linker could merge with
// another set's: an inline function or a template outside namespace ostinato::<isa>. The linker keeps
// one copy of those for all sets, so AVX-512 code could end up in the scalar path.
//
//   node scripts/check-symbols.cjs [CMake build folder]

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { isasFor } = require('./sources.cjs');

const build = process.argv[2] ?? path.join(__dirname, '..', 'build', 'cmake');
const mergeable = /^[0-9a-f]+ ([WVu]) (.*)$/;

let files = 0;
const shared = [];
for (const [isa] of isasFor(process.arch)) {
  const folder = path.join(build, 'CMakeFiles', `kernels_${isa}.dir`);
  for (const file of fs.readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.o')) continue;
    files++;
    const args = ['-C', '--defined-only', path.join(folder, file)];
    for (const line of execFileSync('nm', args, { encoding: 'utf8' }).split('\n')) {
      const symbol = mergeable.exec(line)?.[2];
      // A name that nm cannot demangle (a lambda's) carries the namespace with its length in front, the first time after that of ostinato.
      const mangled = `${isa.length}${isa}`;
      const names = [`ostinato::${isa}::`, `_${mangled}`, `8ostinato${mangled}`];
      if (symbol !== undefined && !names.some((name) => symbol.includes(name))) {
        shared.push(`${isa} ${file}: ${symbol}`);
      }
    }
  }
}
if (files === 0) throw new Error(`check-symbols: no object files in ${build}`);
if (shared.length > 0) {
  console.error(
    `check-symbols: outside of their instruction set's namespace:\n${shared.join('\n')}`,
  );
  process.exitCode = 1;
} else {
  console.log(`check-symbols: ${files} object files, each keeps to its own namespace`);
}
