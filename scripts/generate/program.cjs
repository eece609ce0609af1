'use strict';
// From native/binding/program.h: the structures that programs and recordings are made of.

const path = require('node:path');
const { structNames, structOf } = require('./lists.cjs');
const { headingOf, positionsText, structText } = require('./text.cjs');

/** Of one structure of program.h: its fields, what appends it, where they are, how long it is. */
function recordText(name, fields) {
  const values = fields.map(({ name: field }) => `s.${field}`).join(', ');
  return `${structText(name, fields)}
export function push${name}(code: number[], s: ${name}): void {
  code.push(${values});
}

${positionsText(`${name}At`, fields, 'its fields are')}export const ${name}Length = ${fields.length};
`;
}

/** The file of TypeScript by its place from `root`. */
function programFiles(root, read) {
  const headers = read(path.join(root, 'native', 'binding', 'program.h'));
  const structures = structNames(headers).map((name) =>
    recordText(name, structOf(name, headers, 'binding/program.h')),
  );
  return {
    'src/native/program-format.ts': `${headingOf('native/binding/program.h')}
/** The structures of programs and recordings: the fields of each, what appends one, where its fields are, its length. */

${structures.join('\n')}`,
  };
}

module.exports = { programFiles };
