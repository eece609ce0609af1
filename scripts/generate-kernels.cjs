'use strict';
// Writes what follows from the lists that C++ and TypeScript share, and from the package's version:
//
//   src/native/kernel-list.ts       which kernels there are       native/kernels/kernels.inc
//   src/native/calls.ts             the functions that call them  and native/binding/calls.inc
//   src/native/positions.ts         where their arguments are
//   src/native/program-format.ts    programs and recordings       native/binding/program.h
//   src/native/constants.ts         the shared constants          native/constants.inc
//   src/native/version.ts           the version, and the interface that the add-on must have
//   native/binding/interface.h      the interface that this add-on has
//
//   node scripts/generate-kernels.cjs            writes them
//   node scripts/generate-kernels.cjs --check    fails where one is not what would be written

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { constantFiles } = require('./generate/constants.cjs');
const { kernelFiles } = require('./generate/kernels.cjs');
const { programFiles } = require('./generate/program.cjs');
const { headingOf } = require('./generate/text.cjs');

const root = path.resolve(__dirname, '..');

/** What an add-on and the TypeScript beside it must agree on: the version and what is generated, shortened. */
function interfaceOf(version, generated) {
  const hash = createHash('sha256').update(Object.values(generated).join('\n'));
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}

const heading = headingOf('the lists in native/ and package.json');

/** The files by their places from the root. */
function files() {
  const { version } = require('../package.json');
  const read = (file) => fs.readFileSync(file, 'utf8');
  const generated = {
    ...kernelFiles(root, read),
    ...programFiles(root, read),
    ...constantFiles(root, read),
  };
  const own = interfaceOf(version, generated);
  return {
    ...generated,
    'src/native/version.ts': `${heading}
/** The package's version. */
export const version: string = '${version}';

/** The add-on that this TypeScript calls: version and kernels (native/binding/interface.h). */
export const addonInterface = '${own}';
`,
    'native/binding/interface.h': `${heading}
// What this add-on's callers must have been written for: version and kernels (src/native/version.ts).
#pragma once

namespace ostinato {

inline constexpr const char* addonInterface = "${own}";

}  // namespace ostinato
`,
  };
}

void (async () => {
  const prettier = await import('prettier');
  for (const [name, text] of Object.entries(files())) {
    const file = path.join(root, name);
    const options = { ...(await prettier.resolveConfig(file)), filepath: file };
    const wanted = name.endsWith('.ts') ? await prettier.format(text, options) : text;
    if (!process.argv.includes('--check')) {
      fs.writeFileSync(file, wanted);
    } else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== wanted) {
      console.error(
        `${name} is not what the lists in native/ and package.json say: run npm run generate`,
      );
      process.exitCode = 1;
    }
  }
})();
