'use strict';
// Runs test files without jest's own program, which needs native packages: jest's test functions and `expect`, which are JavaScript.
// Prints one line of JSON for each file: { file, passed, failed: [{ name, message }] }.
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

/** Every module of the repository is evaluated anew: what jest.resetModules() does, and what each test file begins with. */
function resetModules() {
  for (const file of Object.keys(require.cache))
    if (sources.some((folder) => file.startsWith(folder))) delete require.cache[file];
}

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
    resetModules,
    requireActual: require,
    doMock(name, factory) {
      const id = requireFromTest.resolve(name);
      require.cache[id] = Object.assign(new Module(id), { exports: factory(), loaded: true });
    },
    isolateModules(body) {
      resetModules();
      body();
    },
  };
  require(path.join(root, 'test', 'setup.ts'));
}

/** `require` of the test file that runs. */
let requireFromTest = require;

async function runFile(file) {
  requireFromTest = createRequire(path.resolve(file));
  circus.resetState();
  resetModules();
  try {
    require(path.resolve(file));
  } catch (error) {
    return {
      file,
      passed: 0,
      failed: [{ name: 'loading', message: String(error?.stack ?? error) }],
    };
  }
  const { testResults, unhandledErrors } = await circus.run();
  const failed = testResults.filter(({ status, errors }) => status !== 'done' || errors.length > 0);
  return {
    file,
    passed: testResults.length - failed.length,
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
