// Builds the documentation site into site/build/html: static pages, for any web server.
//
//   node site/build.mjs            guides, reference and search; fails on a dead link and on a public name without a page
//   DOCS_BASE=/ostinato/ node …    for a server that has the site below that path
//
// The site's tools have a package.json of their own, so that the project itself is installed quickly. They are installed
// here when they are missing or older than their lock file; the build itself needs no network.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const site = path.dirname(fileURLToPath(import.meta.url));
const root = path.dirname(site);
const build = path.join(site, 'build');
const { repository } = require('../package.json');
const source = repository.url.replace(/^git\+|\.git$/g, '');

/** The guides in the order of the side bar; each file of docs/ belongs here. */
const guides = [
  ['Learn', ['overview', 'tutorial', 'from-pytorch', 'from-keras', 'slices']],
  ['Use', ['training', 'evaluation', 'saving', 'deployment', 'troubleshooting', 'support']],
  ['Understand', ['parity', 'performance', 'architecture']],
];

const read = (file) => readFileSync(path.join(root, file), 'utf8');

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`);
}

function installTools() {
  const installed = path.join(site, 'node_modules', '.package-lock.json');
  const lock = path.join(site, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], site);
}

/** Where a file of the repository is on the site; undefined for what is not there. */
function placeOf(file) {
  if (file === 'README.md') return 'index';
  if (file === 'CHANGELOG.md') return 'changelog';
  if (file === 'SECURITY.md') return 'security';
  const [, guide] = /^docs\/([\w-]+)\.md$/.exec(file) ?? [];
  return guide && `guide/${guide}`;
}

const titleOf = (file) => /^# (.*)/m.exec(read(file))[1];

/** A document's text as a page of the site: links to other documents lead to their pages, others into the repository. */
function asPage(file, text) {
  const to = placeOf(file);
  return text.replace(
    /\[([^\]]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)/g,
    (_, said, target, hash = '') => {
      const linked = path.posix.join(path.posix.dirname(file), target);
      const place = placeOf(linked);
      if (place === undefined) return `[${said}](${source}/blob/main/${linked}${hash})`;
      // On the site, a document is called by its title, not by its file.
      const name =
        path.posix.basename(said) === path.posix.basename(linked) ? titleOf(linked) : said;
      return `[${name}](${path.posix.relative(path.posix.dirname(to), place)}.md${hash})`;
    },
  );
}

/** A section of the README, without what it says of other documents' places. */
function sectionOf(heading) {
  const found = new RegExp(`^## ${heading}\\n[^]*?(?=^## |(?![^]))`, 'm').exec(read('README.md'));
  if (found === null) throw new Error(`README.md has no section ${heading}`);
  return asPage('README.md', found[0]);
}

function writePage(place, text) {
  const file = path.join(build, 'pages', `${place}.md`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function writeGuides() {
  const listed = guides.flatMap(([, names]) => names);
  const present = readdirSync(path.join(root, 'docs')).map((file) => path.parse(file).name);
  const other = present.filter((name) => !listed.includes(name));
  if (other.length > 0)
    throw new Error(`say in site/build.mjs where in the side bar these are: ${other.join(', ')}`);
  for (const file of [...listed.map((name) => `docs/${name}.md`), 'CHANGELOG.md', 'SECURITY.md']) {
    writePage(placeOf(file), asPage(file, read(file)));
  }
  const home = readFileSync(path.join(site, 'index.md'), 'utf8');
  writePage(
    'index',
    home.replace(/<!-- README: (.*?) -->/g, (_, heading) => sectionOf(heading)),
  );
  const item = (name) => ({ text: titleOf(`docs/${name}.md`), link: `/guide/${name}` });
  return [
    ...guides.map(([text, names]) => ({ text, items: names.map(item) })),
    {
      text: 'Project',
      items: [
        { text: 'Changelog', link: '/changelog' },
        { text: 'Security', link: '/security' },
      ],
    },
  ];
}

async function main() {
  const started = Date.now();
  installTools();
  rmSync(build, { recursive: true, force: true });
  const { reference } = require('./reference/index.cjs');
  const { pages, places, sidebars } = await reference();
  for (const { path: file, text } of pages) {
    writePage(file.replace(/\.md$/, ''), `---\npageClass: reference\n---\n\n${text}`);
  }
  writeFileSync(
    path.join(build, 'sidebars.json'),
    JSON.stringify({ ...sidebars, '/': writeGuides() }),
  );
  cpSync(path.join(site, 'public'), path.join(build, 'pages', 'public'), { recursive: true });
  run(
    process.execPath,
    [path.join(site, 'node_modules', 'vitepress', 'bin', 'vitepress.js'), 'build'],
    site,
  );

  const { deadLinks, missingNames } = require('./check.cjs');
  const { publicNames } = require('../scripts/check-docs.cjs');
  const html = path.join(build, 'html');
  const names = publicNames().map(({ name }) => name);
  const faults = [
    ...deadLinks(html, process.env.DOCS_BASE).map((link) => `dead link in ${link}`),
    ...missingNames(html, names, places).map((name) => `no page describes ${name}`),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) throw new Error(`${faults.length} faults`);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    `${names.length} public names, ${pages.length} pages of reference, in ${seconds} s: site/build/html`,
  );
}

try {
  await main();
} catch (error) {
  console.error(`docs: ${error.message}`);
  process.exitCode = 1;
}
