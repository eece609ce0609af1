'use strict';
// Runs test files without jest's own program, which needs native packages: jest's test functions and `expect`, which are JavaScript.
// Prints one line of JSON for each file: { file, passed, skipped, failed: [{ name, message }] }.
//
//   node scripts/platforms/run-tests.cjs FILE...

const { Module, createRequire } = require('node:module');
const path = require('node:path');
const { ModuleMocker } = require('jest-mock');
const circus = require('jest-circus');
const { expect } = require('expect');
const { root, parts } = require('./places.cjs');
require('./load-compiled.cjs');

const sources = parts.map((name) => path.join(root, name) + path.sep);
/** Emulated, a test takes many times as long. */
const timeout = 600_000;

/** `require` of the test file that runs. */
let requireFromTest = require;

/** Takes the repository's modules out of those that are loaded: [file, module]. */
function takeModules() {
  const taken = Object.entries(require.cache).filter(([file]) =>
    sources.some((folder) => file.startsWith(folder)),
  );
  for (const [file] of taken) delete require.cache[file];
  return taken;
}

const mocks = new Set();

const modules = {
  /** Every module of the repository is evaluated anew, as at the beginning of a test file. */
  resetModules: () => void takeModules(),
  isolateModules(body) {
    const before = takeModules();
    try {
      body();
    } finally {
      takeModules();
      Object.assign(require.cache, Object.fromEntries(before));
    }
  },
  /** The factory is called when the module is first asked for, and may throw. */
  doMock(name, factory) {
    const id = requireFromTest.resolve(name);
    let made;
    const mock = Object.assign(new Module(id), { loaded: true });
    require.cache[id] = Object.defineProperty(mock, 'exports', { get: () => (made ??= factory()) });
    mocks.add(mock);
  },
  dontMock: (name) => void delete require.cache[requireFromTest.resolve(name)],
  requireActual(name) {
    const id = requireFromTest.resolve(name);
    const found = require.cache[id];
    if (!mocks.has(found)) return requireFromTest(name);
    delete require.cache[id];
    const actual = requireFromTest(name);
    require.cache[id] = found;
    return actual;
  },
};

function install() {
  // Of an emulated program this process's own path starts nothing here (runtimes.cjs); under wine it is the only one that does.
  if (process.platform !== 'win32')
    process.execPath = process.env.OSTINATO_PROGRAM ?? process.execPath;
  const mocker = new ModuleMocker(globalThis);
  const hooks = ['beforeAll', 'beforeEach', 'afterAll', 'afterEach'];
  for (const name of ['describe', 'it', 'test', ...hooks]) globalThis[name] = circus[name];
  globalThis.expect = expect;
  globalThis[Symbol.for('TEST_TIMEOUT_SYMBOL')] = timeout;
  globalThis.jest = {
    fn: mocker.fn.bind(mocker),
    spyOn: mocker.spyOn.bind(mocker),
    ...modules,
  };
  require(path.join(root, 'test', 'setup.ts'));
}

async function runFile(file) {
  requireFromTest = createRequire(path.resolve(file));
  circus.resetState();
  modules.resetModules();
  try {
    require(path.resolve(file));
  } catch (error) {
    return {
      file,
      passed: 0,
      skipped: 0,
      failed: [{ name: 'loading', message: String(error?.stack ?? error) }],
    };
  }
  const { testResults, unhandledErrors } = await circus.run();
  const skipped = testResults.filter(({ status }) => status === 'skip').length;
  const failed = testResults.filter(
    ({ status, errors }) => !['done', 'skip'].includes(status) || errors.length > 0,
  );
  return {
    file,
    passed: testResults.length - skipped - failed.length,
    skipped,
    failed: [
      ...failed.map(({ testPath, status, errors }) => ({
        name: testPath.slice(1).join(' › '),
        message: errors.join('\n') || status,
      })),
      ...unhandledErrors.map((message) => ({ name: 'unhandled', message: String(message) })),
    ],
  };
}

async function main(files) {
  install();
  for (const file of files) console.log(JSON.stringify(await runFile(file)));
}

void main(process.argv.slice(2));
