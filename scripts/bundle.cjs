'use strict';
// Joins the compiled modules of dist/ into one file, because finding and reading two hundred small ones takes most of
// the time that importing the package takes. Run after tsc:
//
//   dist/modules.js   every module as a function, run when it is first required, by its path in dist/
//   dist/index.js     the exports of the module index.js, one by one, so that `import` sees their names
//   dist/cli/main.js  starts the module cli/main.js
//
// The files that were joined are removed; declarations stay where they are.

const fs = require('node:fs');
const path = require('node:path');

const dist = path.resolve(__dirname, '..', 'dist');
const entries = ['index.js', 'cli/main.js'];

const compiled = fs
  .readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
  .map((entry) => path.relative(dist, path.join(entry.parentPath ?? entry.path, entry.name)))
  .map((file) => file.split(path.sep).join('/'))
  .filter((file) => file !== 'modules.js')
  .sort();
const sources = new Map(
  compiled.map((file) => [file, fs.readFileSync(path.join(dist, file), 'utf8')]),
);

/** The module that `request` means in the module `from`; null for what is not in dist/. */
function resolve(from, request) {
  if (!request.startsWith('.')) return null;
  const target = path.posix.join(path.posix.dirname(from), request);
  const found = [target, `${target}.js`, `${target}/index.js`].find((file) => sources.has(file));
  if (found === undefined)
    throw new Error(`bundle: ${from} requires ${request}, which is not there`);
  return found;
}

const strip = (source) => source.replace(/^#!.*\n/, '').replace(/^"use strict";\n/, '');

// Requests are resolved here, once.
const linked = (file) =>
  strip(sources.get(file)).replace(
    /\brequire\("(\.[^"]*)"\)/g,
    (_, request) => `load(${JSON.stringify(resolve(file, request))})`,
  );

/** The names that a module exports, those of the modules that it exports whole included. */
function exportsOf(file) {
  const source = sources.get(file);
  const names = new Set();
  for (const [, name] of source.matchAll(/\bexports\.(\w+) = /g)) names.add(name);
  for (const [, name] of source.matchAll(/defineProperty\(exports, "(\w+)"/g)) names.add(name);
  for (const [, request] of source.matchAll(/__exportStar\(require\("([^"]+)"\)/g)) {
    for (const name of exportsOf(resolve(file, request))) names.add(name);
  }
  names.delete('__esModule');
  return names;
}

const modules = compiled.map(
  (file) =>
    `${JSON.stringify(file)}: function (exports, module, __filename, __dirname) {\n${linked(file)}},`,
);
const bundle = `"use strict";
const path = require("node:path");
const made = new Map();
function load(id) {
  let module = made.get(id);
  if (module === undefined) {
    module = { exports: {} };
    made.set(id, module);
    const file = path.join(__dirname, id);
    modules[id](module.exports, module, file, path.dirname(file));
  }
  return module.exports;
}
exports.load = load;
const modules = {
${modules.join('\n')}
};
`;
const index = [
  '"use strict";',
  'Object.defineProperty(exports, "__esModule", { value: true });',
  'const all = require("./modules.js").load("index.js");',
  ...[...exportsOf('index.js')].sort().map((name) => `exports.${name} = all.${name};`),
  '',
].join('\n');

for (const file of compiled) fs.rmSync(path.join(dist, file));
fs.writeFileSync(path.join(dist, 'modules.js'), bundle);
fs.writeFileSync(path.join(dist, 'index.js'), index);
fs.mkdirSync(path.join(dist, 'cli'), { recursive: true });
fs.writeFileSync(
  path.join(dist, 'cli/main.js'),
  '#!/usr/bin/env node\n"use strict";\nrequire("../modules.js").load("cli/main.js");\n',
);
if (!entries.every((file) => sources.has(file))) throw new Error('bundle: dist/ is not complete');
