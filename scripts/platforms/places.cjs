'use strict';
// Where test:platforms keeps what it has made. Read by every runtime: needs no package.

const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');
const folder = path.join(root, 'build', 'platforms');

/** Parts of the repository that are run compiled. */
const parts = ['src', 'test', 'examples'];

/** The compiled file of a source. */
const compiledOf = (source) => path.join(folder, 'compiled', `${path.relative(root, source)}.js`);

module.exports = { root, folder, parts, compiledOf };
