'use strict';
// From native/constants.inc: the type of the numbers that C++ and TypeScript share.

const path = require('node:path');
const { readConstants } = require('./lists.cjs');
const { headingOf } = require('./text.cjs');

/** The file of TypeScript by its place from `root`. */
function constantFiles(root, read) {
  const groups = new Map();
  for (const { group, name, ofSet } of readConstants(
    path.join(root, 'native', 'constants.inc'),
    read,
  )) {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(`    readonly ${name}: ${ofSet ? 'OfSet' : 'number'};`);
  }
  const members = [...groups].map(
    ([group, rows]) => `  readonly ${group}: {\n${rows.join('\n')}\n  };`,
  );
  const text = `${headingOf('native/constants.inc')}
/** Of the instruction set in use, for each element type. */
export type OfSet = Readonly<Record<'f32' | 'f64', number>>;

/** The numbers that C++ and TypeScript share, by group; native/constants.inc says what they are. */
export interface SharedConstants {
${members.join('\n')}
}
`;
  return { 'src/native/constants.ts': text };
}

module.exports = { constantFiles };
