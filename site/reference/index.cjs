'use strict';
// The reference: a page for every public name, written from its docstring and from the types that the compiler sees. A name
// that is exported at several places (`relu` and `nn.functional.relu`) has one page, which names the others.

const { modules } = require('./modules.cjs');
const { all } = require('./names.cjs');
const { sidebars, writeIndex } = require('./lists.cjs');
const { finish, writePage } = require('./write.cjs');

/**
 * Everything that the site shows of the public names:
 * - pages: [{ path, text }], Markdown files below reference/
 * - places: full name, such as nn.LSTM.forward -> { path, id } of where it is described, '' for the page itself
 * - sidebars: VitePress's, by path
 */
async function reference() {
  for (const entry of all) await writePage(entry);
  const pages = all.map((entry) => ({ path: `${entry.path}.md`, text: finish(entry) }));
  pages.push(...Object.keys(modules).map(writeIndex));
  refuseTwins(pages);
  return { pages, places: placesOf(), sidebars: sidebars() };
}

/** @throws where two pages are one file on a system that ignores case. */
function refuseTwins(pages) {
  const seen = new Map();
  for (const { path: file } of pages) {
    const twin = seen.get(file.toLowerCase());
    if (twin !== undefined) throw new Error(`reference: ${file} and ${twin} differ in case alone`);
    seen.set(file.toLowerCase(), file);
  }
}

function placesOf() {
  const places = {};
  for (const { full, also, path, page } of all) {
    for (const name of [full, ...also]) {
      places[name] = { path, id: '' };
      for (const id of page.ids) places[`${name}.${id}`] = { path, id };
      for (const [id, base] of page.inherited) places[`${name}.${id}`] = { path: base.path, id };
    }
  }
  return places;
}

module.exports = { reference };
