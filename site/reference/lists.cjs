'use strict';
// What leads to the pages: a page for each module that lists its names, and the side bars.

const { families, kinds, modules } = require('./modules.cjs');
const { all, familyOf, moduleOf } = require('./names.cjs');
const { cell, firstSentence, link, summaryOf, title } = require('./page.cjs');

/** By name, in any case. */
const byName = (a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1);

/** The page that lists the names of a module, or of tensors' functions. */
function writeIndex(module) {
  const [heading, text] = modules[module];
  const at = module === '' ? 'reference/tensors' : `reference/${module}/index`;
  const lines = [`# ${heading}`, '', text, ''];
  const own = all.filter((entry) => entry.module === module);
  const list = (id, caption, chosen) => {
    if (chosen.length === 0) return;
    lines.push(`## ${caption} {#${id}}`, '', '| name | what it is |', '| --- | --- |');
    chosen.sort(byName);
    for (const entry of chosen) {
      const name = `[${title(entry.name)}](${link(at, entry)})`;
      lines.push(
        `| ${name} | ${cell(firstSentence(summaryOf(entry.full === 'Tensor' ? entry.alias : entry.symbol)))} |`,
      );
    }
    lines.push('');
  };
  const aliased = all.flatMap((entry) =>
    entry.also
      .filter((full) => moduleOf(full) === module)
      .map((full) => ({ ...entry, name: full.slice(full.lastIndexOf('.') + 1) })),
  );
  const names = [...own, ...aliased];
  if (module === '') {
    list(
      'tensor',
      'The class',
      names.filter(({ name }) => name === 'Tensor'),
    );
    for (const [family, caption] of Object.entries(families)) {
      list(
        family,
        caption,
        names.filter(
          (e) =>
            e.path.startsWith(`reference/${family}/`) ||
            (e.module !== '' &&
              ['function', 'value'].includes(e.kind) &&
              familyOf(e.symbol) === family),
        ),
      );
    }
    list(
      'types',
      'Classes and types',
      names.filter((e) => e.path.startsWith('reference/types/')),
    );
  } else {
    for (const [kind, caption] of Object.entries(kinds))
      list(
        kind,
        caption,
        names.filter((e) => e.kind === kind),
      );
  }
  return { path: `${at}.md`, text: lines.join('\n') };
}

/**
 * Side bars by path. Each lists the modules, and the names of one module or family of functions: a list of all would be
 * repeated in every page's HTML.
 */
function sidebars() {
  const sorted = (chosen) =>
    chosen.sort(byName).map((entry) => ({ text: entry.name, link: `/${entry.path}` }));
  const functionsOf = (family) =>
    sorted(all.filter((entry) => entry.path.startsWith(`reference/${family}/`)));
  const listedFamilies = Object.keys(families).filter((family) => functionsOf(family).length > 0);
  const listOf = (module) => {
    const own = all.filter((entry) => entry.module === module);
    const types = sorted(own.filter(({ kind }) => kind === 'type'));
    return [
      ...sorted(own.filter(({ kind }) => kind !== 'type')),
      ...(types.length === 0 ? [] : [{ text: 'Types', collapsed: true, items: types }]),
    ];
  };
  const typesOfTensors = sorted(
    all.filter(({ path: file }) => file.startsWith('reference/types/')),
  );
  const tensors = (open) => ({
    text: 'Tensors',
    items: [
      { text: 'Overview', link: '/reference/tensors' },
      { text: 'Tensor', link: '/reference/Tensor' },
      ...listedFamilies.map((family) => {
        if (family === open) return { text: families[family], items: functionsOf(family) };
        return { text: families[family], link: `/reference/tensors#${family}` };
      }),
      open === 'types'
        ? { text: 'Types', items: typesOfTensors }
        : { text: 'Types', link: '/reference/tensors#types' },
    ],
  });
  const others = (open) => ({
    text: 'Modules',
    items: Object.keys(modules)
      .filter((module) => module !== '')
      .map((module) => ({
        text: module,
        link: `/reference/${module}/`,
        ...(module === open ? { items: listOf(module) } : {}),
      })),
  });
  // What the page belongs to comes first.
  const bar = (open) =>
    open in modules && open !== '' ? [others(open), tensors(open)] : [tensors(open), others(open)];
  const paths = [...listedFamilies, 'types', ...Object.keys(modules).filter(Boolean)];
  return Object.fromEntries([
    ...paths.map((open) => [`/reference/${open}/`, bar(open)]),
    ['/reference/', bar('')],
  ]);
}

module.exports = { sidebars, writeIndex };
