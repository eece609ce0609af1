// The site's settings. build.mjs writes the pages into build/pages, and the side bars beside them.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
const { version, description, repository } = read('../../package.json');
const sidebar = read('../build/sidebars.json');
const source = repository.url.replace(/^git\+|\.git$/g, '');

export default defineConfig({
  title: 'Ostinato',
  description,
  lang: 'en',
  srcDir: 'build/pages',
  outDir: 'build/html',
  cacheDir: 'build/cache',
  // Below which path of a server the site is: /ostinato/ on GitHub Pages.
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', href: `${process.env.DOCS_BASE ?? '/'}logo.svg` }]],
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark' } },
  // One file for what all pages share; a page's own code stays its own.
  metaChunk: true,
  themeConfig: {
    logo: '/logo.svg',
    nav: [
      { text: 'Guides', link: '/guide/tutorial', activeMatch: '/guide/' },
      { text: 'Reference', link: '/reference/tensors', activeMatch: '/reference/' },
      { text: version, link: '/changelog' },
    ],
    sidebar,
    outline: { level: [2, 3], label: 'On this page' },
    socialLinks: [{ icon: 'github', link: source }],
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            boost: { title: 6, titles: 2, text: 1 },
            fuzzy: 0.1,
            prefix: true,
            // A page before its sections, and before the lists that name it.
            boostDocument: (_id, _term, { titles }) => (titles.length === 0 ? 2 : 1),
          },
        },
      },
    },
    footer: { message: 'MIT license' },
  },
});
