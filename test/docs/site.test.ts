// The checks that `npm run docs` makes of the site that it has built: each fault is found, and nothing else is.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deadLinks, missingNames } from '../../site/check.cjs';
import { root } from './blocks';

describe('a built site', () => {
  let folder = '';
  const write = (file: string, body: string): void => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `<html><body>${body}</body></html>`);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ostinato-site-'));
    write('index.html', '<a href="/nn/LSTM.html#forward">LSTM</a>');
    write('nn/LSTM.html', '<h3 id="forward"></h3><a href="../index.html">home</a>');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('without a fault has no dead link', () => {
    write(
      'good.html',
      '<a href="/">home</a><a href="./nn/LSTM">without .html</a><a href="#here" id="here"></a>' +
        '<a href="https://example.org/none.html">elsewhere</a><a href="mailto:a@b.c">mail</a>',
    );
    expect(deadLinks(folder)).toEqual([]);
  });

  test.each([
    ['a missing file', 'nn/GRU.html'],
    ['a missing place', 'nn/LSTM.html#backward'],
    ['a missing place of its own', '#nowhere'],
    ['a missing folder', '/nn/'],
    ['a file outside', '../README.md'],
  ])('names a link to %s', (_, target) => {
    write('bad.html', `<p><a class="x" href="${target}">bad</a></p>`);
    expect(deadLinks(folder)).toEqual([`bad.html: ${target}`]);
  });

  test('names a missing picture', () => {
    write('bad.html', '<img alt="" src="/none.svg">');
    expect(deadLinks(folder)).toEqual(['bad.html: /none.svg']);
  });

  test('below a path of the server has links below it', () => {
    write('index.html', '<a href="/ostinato/nn/LSTM.html">LSTM</a><a href="/nn/LSTM.html">no</a>');
    expect(deadLinks(folder, '/ostinato/')).toEqual(['index.html: /nn/LSTM.html']);
  });

  test('describes the names whose page or heading is there', () => {
    const places = {
      'nn.LSTM': { path: 'nn/LSTM', id: '' },
      'nn.LSTM.forward': { path: 'nn/LSTM', id: 'forward' },
      'nn.LSTM.eval': { path: 'nn/LSTM', id: 'eval' },
      'nn.GRU': { path: 'nn/GRU', id: '' },
    };
    expect(missingNames(folder, [...Object.keys(places), 'toString'], places)).toEqual([
      'nn.LSTM.eval',
      'nn.GRU',
      'toString',
    ]);
  });
});

test("the lock file of the site's tools names no registry", () => {
  const lock = readFileSync(join(root, 'site', 'package-lock.json'), 'utf8');
  expect(lock.includes('"resolved"')).toBe(false);
});
