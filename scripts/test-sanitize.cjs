'use strict';
// The tests and the fuzzer on an add-on that is built with AddressSanitizer and UndefinedBehaviorSanitizer:
//   node scripts/test-sanitize.cjs [jest ... | fuzz ...]
// without arguments the whole of `npm test` and a minute of the fuzzer, else one of the two with its own arguments. Before either, every wrong call of
// test/tensor/wrong-calls.ts must be reported. A report of any process, a test's own children included, fails the run.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, nodeApiHeaders } = require('./builders/project.cjs');
const { nodeAddonApi } = require('./sources.cjs');

// The native tests' folder: the kernels are compiled once for both.
const folder = path.join(root, 'build', 'tests-sanitize');
const reports = path.join(folder, 'reports');
const addon = path.join(folder, 'ostinato.node');

// Of jest, what says how long something may take or what the allocator does with freed memory cannot hold here; the examples' whole
// trainings would take half an hour.
const leftOut = [
  '--testNamePattern',
  '^(?!.*(takes under|^memory (is that of the segments|of a long sequence)))',
  '--testPathIgnorePatterns',
  'test/examples/',
  'test/native/memory.test',
];

function run(command, args, options = {}) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
  });
  if (error) throw error;
  return status ?? signal;
}

function build() {
  const jobs = process.env.OSTINATO_JOBS ?? String(os.availableParallelism());
  const options = [
    '-DOSTINATO_TESTS=ON',
    '-DOSTINATO_ADDON=ON',
    '-DCMAKE_BUILD_TYPE=Debug',
    '-DOSTINATO_SANITIZE=address,undefined',
    // As test-native.sh has it.
    '-DOSTINATO_ISAS=scalar;avx2;neon',
    `-DCMAKE_JS_INC=${nodeApiHeaders()};${nodeAddonApi()}`,
  ];
  const steps = [
    ['-S', '.', '-B', folder, ...options],
    ['--build', folder, '--target', 'ostinato', '--parallel', jobs],
  ];
  for (const args of steps) if (run('cmake', args) !== 0) throw new Error('the build failed');
}

/** The environment in which node loads the sanitized add-on. */
function environment() {
  const library = spawnSync('c++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  // Node itself is not built for the search for leaks. Reports go to files, because tests read the output of their children.
  // A size that no memory holds is refused in a sentence, as without the sanitizers.
  const options = `detect_leaks=0:allocator_may_return_null=1:log_path=${path.join(reports, 'report')}`;
  return {
    ...process.env,
    LD_PRELOAD: library.stdout.trim(),
    ASAN_OPTIONS: options,
    UBSAN_OPTIONS: `print_stacktrace=1:${options}`,
    OSTINATO_ADDON: addon,
  };
}

/** The reports written since the last reading. */
function readReports() {
  const files = fs.readdirSync(reports).map((name) => path.join(reports, name));
  const texts = files.map((file) => fs.readFileSync(file, 'utf8'));
  for (const file of files) fs.rmSync(file);
  return texts;
}

/** That the wrong calls are reported, and the right one is not. */
function prove(env) {
  const program = ['scripts/run.cjs', '--source', 'test/tensor/wrong-calls.ts'];
  const quiet = { cwd: root, env, encoding: 'utf8' };
  const calls = JSON.parse(spawnSync(process.execPath, program, quiet).stdout);
  // Loads and stores of a few lanes by a mask are not instrumented: the scalar set has none.
  for (const call of calls) {
    const { status } = spawnSync(process.execPath, [...program, call], {
      ...quiet,
      env: { ...env, OSTINATO_ISA: 'scalar' },
    });
    const texts = readReports();
    const found = status !== 0 && texts.some((text) => text.includes('ERROR: AddressSanitizer'));
    if (found === (call === 'right') || (call === 'right' && status !== 0))
      throw new Error(`a call that is "${call}" ended with ${status}: ${texts.join('\n')}`);
  }
  console.log(`${calls.length - 1} wrong kernel calls are reported, the right one is not`);
}

function check(what, status) {
  const texts = readReports();
  for (const text of texts) console.error(text);
  if (texts.length > 0) throw new Error(`${what}: ${texts.length} reports of the sanitizers`);
  if (status !== 0) throw new Error(`${what} ended with ${status}`);
}

function main([kind, ...given]) {
  if (kind !== undefined && kind !== 'jest' && kind !== 'fuzz')
    throw new Error(`${kind}: expected jest or fuzz, each with its own arguments`);
  build();
  fs.rmSync(reports, { recursive: true, force: true });
  fs.mkdirSync(reports, { recursive: true });
  const env = environment();
  prove(env);
  if (kind !== 'fuzz') {
    // What is left out comes last: a list of patterns takes all that follows it.
    const jest = ['node_modules/jest/bin/jest.js', ...given, '--testTimeout', '120000', ...leftOut];
    check('jest', run(process.execPath, jest, { env }));
  }
  if (kind !== 'jest') {
    const program = ['--no-warnings', 'scripts/run.cjs', '--source', 'test/fuzz/main.ts'];
    check('fuzz', run(process.execPath, [...program, ...given], { env }));
  }
}

try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
