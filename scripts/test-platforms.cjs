'use strict';
// The package on every platform that runs here (scripts/platforms/runtimes.cjs), with its prebuilt add-ons (npm run prebuild):
//
//   node scripts/test-platforms.cjs [--only TEXT]              the training runs of test/bits out of the packed package: the
//                                                             same bits everywhere
//   node scripts/test-platforms.cjs --suite [--only TEXT] [FILE...]   the test files too (all, or those whose path begins with FILE), by
//                                                             test functions that need no native package
//
// --only takes the runtimes whose name has TEXT in it. A runtime that cannot be had is a failure: install what it needs.

const fs = require('node:fs');
const path = require('node:path');
const { compileAll, compileFile } = require('./platforms/compile.cjs');
const { root, folder, compiledOf } = require('./platforms/places.cjs');
const { runtimes, unavailable, runIn } = require('./platforms/runtimes.cjs');
const { pack, unpack } = require('./tarball.cjs');

const expected = require('../test/bits/bits.json');

/** The packed package in a project of its own; the program of the training runs beside it. */
function makeProject() {
  const project = path.join(folder, 'project');
  fs.rmSync(project, { recursive: true, force: true });
  fs.mkdirSync(project, { recursive: true });
  unpack(pack(root, project).tarball, path.join(project, 'node_modules', 'ostinato'));
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }');
  for (const name of ['runs', 'more-runs']) {
    const source = path.join(root, 'test', 'bits', `${name}.ts`);
    compileFile(source);
    // Side by side in the project, with the names that every runtime takes for CommonJS.
    const code = fs
      .readFileSync(compiledOf(source), 'utf8')
      .replace(/(["'])\.\/more-runs\1/g, "'./more-runs.cjs'");
    fs.writeFileSync(path.join(project, `${name}.cjs`), code);
  }
  return project;
}

/** The names of the training runs whose bits are others here. */
function differences(stdout) {
  const hashes = JSON.parse(stdout);
  const names = new Set([...Object.keys(expected), ...Object.keys(hashes)]);
  return [...names].filter((name) => hashes[name] !== expected[name]);
}

/** Prints what the training runs give; whether they have the bits of test/bits/bits.json. */
function checkBits(runtime, project) {
  const started = Date.now();
  const { status, stdout, stderr } = runIn(runtime, 'runs.cjs', [], { cwd: project });
  const seconds = ((Date.now() - started) / 1e3).toFixed(0);
  if (status !== 0) {
    console.log(`${runtime.name}: ended with ${status}\n${stderr}`);
    return false;
  }
  const other = differences(stdout);
  const count = Object.keys(expected).length;
  if (other.length === 0)
    console.log(`${runtime.name}: ${count} training runs, the same bits (${seconds} s)`);
  else
    console.log(
      `${runtime.name}: other bits in ${other.length} of ${count} runs: ${other.slice(0, 5).join(', ')}`,
    );
  return other.length === 0;
}

function testFiles(wanted) {
  const all = fs.readdirSync(path.join(root, 'test'), { recursive: true });
  const files = all
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join('test', file));
  return files
    .filter((file) => wanted.length === 0 || wanted.some((start) => file.startsWith(start)))
    .sort();
}

/** Runs each test file in a process of its own; whether all tests passed. */
function runSuite(runtime, files) {
  const addon = path.join(root, 'prebuilds', runtime.target, 'ostinato.node');
  const runner = path.join(__dirname, 'platforms', 'run-tests.cjs');
  let passed = 0;
  let skipped = 0;
  let failed = 0;
  for (const file of files) {
    const started = Date.now();
    const { status, stdout, stderr } = runIn(runtime, runner, [file], {
      cwd: root,
      // What a test starts takes the compiled files too (scripts/run.cjs).
      env: { OSTINATO_ADDON: addon, OSTINATO_COMPILED: 'yes' },
    });
    const line = stdout.split('\n').find((text) => text.startsWith('{"file"'));
    if (line === undefined) {
      failed++;
      console.log(`${file}: ended with ${status}\n${stderr.slice(0, 2000)}`);
      continue;
    }
    const result = JSON.parse(line);
    const seconds = ((Date.now() - started) / 1e3).toFixed(0);
    const counts = `${result.passed} passed, ${result.skipped} skipped, ${result.failed.length} failed`;
    console.log(`${file}: ${counts} (${seconds} s)`);
    passed += result.passed;
    skipped += result.skipped;
    failed += result.failed.length;
    for (const { name, message } of result.failed)
      console.log(`${file} › ${name}\n${message.slice(0, 1000)}`);
  }
  console.log(
    `${runtime.name}: ${passed} tests of ${files.length} files passed, ${skipped} skipped, ${failed} failed`,
  );
  return failed === 0;
}

function main(args) {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : '';
  const files = args.filter((arg, i) => !arg.startsWith('--') && args[i - 1] !== '--only');
  const chosen = runtimes.filter(({ name }) => name.includes(only));
  if (chosen.length === 0) throw new Error(`no runtime has '${only}' in its name`);
  const missing = chosen
    .map((runtime) => [runtime.name, unavailable(runtime)])
    .filter(([, reason]) => reason !== null);
  if (missing.length > 0)
    throw new Error(missing.map(([name, reason]) => `${name}: ${reason}`).join('\n'));
  const project = makeProject();
  let good = true;
  for (const runtime of chosen) good = checkBits(runtime, project) && good;
  if (args.includes('--suite')) {
    compileAll();
    for (const runtime of chosen)
      if (!runtime.bitsOnly) good = runSuite(runtime, testFiles(files)) && good;
  }
  process.exitCode = good ? 0 : 1;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(`test-platforms: ${error.message}`);
  process.exitCode = 1;
}
