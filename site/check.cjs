'use strict';
// What the built site must hold to: no link leads nowhere, and every public name has its place.

const fs = require('node:fs');
const path = require('node:path');

const decode = (text) =>
  decodeURIComponent(
    text.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
  );

function filesIn(folder) {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'));
}

/** The HTML files of a folder, each with its ids and the targets of its links and pictures. */
function htmlOf(folder) {
  return filesIn(folder)
    .filter((file) => file.endsWith('.html'))
    .map((file) => {
      const text = fs.readFileSync(path.join(folder, file), 'utf8');
      const all = (pattern) => [...text.matchAll(pattern)].map(([, found]) => decode(found));
      return {
        file,
        ids: new Set(all(/\sid="([^"]*)"/g)),
        targets: new Set(all(/<(?:a|img|script|link)\b[^>]*?\s(?:href|src)="([^"]*)"/g)),
      };
    });
}

const isElsewhere = (target) => /^([a-z][a-z+.-]*:|\/\/)/i.test(target);

/**
 * The links of a folder of HTML files that lead to no file or to no place in it, each as `file: target`.
 * @param base the path of the server below which the folder is, with a slash at both ends
 */
function deadLinks(folder, base = '/') {
  const pages = htmlOf(folder);
  const files = new Set(filesIn(folder));
  const idsOf = new Map(pages.map(({ file, ids }) => [file, ids]));
  const dead = [];
  for (const { file, targets } of pages) {
    for (const target of targets) {
      if (isElsewhere(target)) continue;
      const [place, id] = target.split('#');
      let to = file;
      if (place.startsWith('/')) {
        to = place.startsWith(base) ? place.slice(base.length) : null;
      } else if (place !== '') to = path.posix.join(path.posix.dirname(file), place);
      if (to !== null && (to === '' || to === '.' || to.endsWith('/')))
        to = path.posix.join(to, 'index.html');
      const isThere = to !== null && (files.has(to) || files.has(`${to}.html`));
      const ids = idsOf.get(to) ?? idsOf.get(`${to}.html`);
      if (!isThere || (id && ids !== undefined && !ids.has(id))) dead.push(`${file}: ${target}`);
    }
  }
  return dead;
}

/**
 * The names that no page of the folder describes.
 * @param places name -> { path, id } of the file, without `.html`, and the id in it; '' for the page itself
 */
function missingNames(folder, names, places) {
  const pages = new Map(htmlOf(folder).map((page) => [page.file, page]));
  return names.filter((name) => {
    if (!Object.hasOwn(places, name)) return true;
    const { path: file, id } = places[name];
    const page = pages.get(`${file}.html`);
    return page === undefined || (id !== '' && !page.ids.has(id));
  });
}

module.exports = { deadLinks, missingNames };
