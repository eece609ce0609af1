'use strict';
// Builds the add-on from source, where the loader (src/native/load.ts) prefers it to a prebuilt one, with the first builder
// that works: `npx ostinato build`, or in a clone
//
//   node scripts/build-addon.cjs [--with cmake|gyp|compiler] [--verbose]
//
// An existing build that loads and is newer than the sources is left alone, without a word. --with builds in any case, with that
// builder.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root, addonPaths, isStale, writeStamp, run } = require('./builders/project.cjs');

const builders = ['cmake', 'gyp', 'compiler'].map((name) => require(`./builders/${name}.cjs`));

/** Loads in a child process: an illegal instruction or a crash must not end the installation. */
function loads(addon) {
  const env = { ...process.env };
  delete env.OSTINATO_ISA;
  return run(process.execPath, ['-e', 'require(process.argv[1])', addon], { env });
}

/** Drops local builds older than their sources: the loader would prefer one to its replacement. */
function removeStale() {
  for (const addon of addonPaths) {
    if (fs.existsSync(addon) && isStale(addon)) fs.rmSync(addon);
  }
}

/** Whether the compiler refused a file of ours: the other builders would only repeat it. */
const isCompilerError = (failure) => /native\/\S+: (fatal )?error: /.test(failure);
const indent = (text) => text.replace(/^/gm, '    ');

/** From the first error on, or the end of the output when nothing looks like one; 12 lines. */
function excerpt(output) {
  const lines = output.trimEnd().split('\n');
  const error = lines.findIndex((line) => /error: /i.test(line));
  return (error < 0 ? lines.slice(-12) : lines.slice(error, error + 12)).join('\n');
}

/** Whether this is a user's copy, which goes away when the package is installed again. */
const isInstalled = root.split(path.sep).includes('node_modules');

/** Keeps a failed build's output where it can still be read afterwards; what to call the place. */
function keepLog(name, output) {
  const folder = isInstalled
    ? fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-build-'))
    : path.join(root, 'build');
  fs.mkdirSync(folder, { recursive: true });
  const log = path.join(folder, `${name}.log`);
  fs.writeFileSync(log, output);
  return isInstalled ? log : path.relative(root, log);
}

/** In a user's node_modules only the add-on stays, not the object files beside it. */
function dropIntermediates(addon) {
  if (!isInstalled) return;
  const bytes = fs.readFileSync(addon);
  fs.rmSync(path.join(root, 'build'), { recursive: true });
  fs.mkdirSync(path.dirname(addon), { recursive: true });
  fs.writeFileSync(addon, bytes, { mode: 0o755 });
}

async function tryBuilder(builder, verbose) {
  const reason = builder.unavailable();
  if (reason !== null) return reason;
  const { ok, output, addon } = await builder.build({ verbose });
  if (!ok)
    return `the build failed (all output: ${keepLog(builder.name, output)}):\n${indent(excerpt(output))}`;
  const loaded = loads(addon);
  if (!loaded.ok) return `built, but does not load:\n${indent(excerpt(loaded.output))}`;
  dropIntermediates(addon);
  writeStamp(addon);
  return null;
}

async function main(args) {
  const verbose = args.includes('--verbose');
  const wanted = args.includes('--with') ? args[args.indexOf('--with') + 1] : null;
  const candidates = builders.filter(({ name }) => wanted === null || name === wanted);
  if (candidates.length === 0) throw new Error(`--with ${wanted}: expected cmake, gyp or compiler`);
  removeStale();
  const existing = addonPaths.find((addon) => fs.existsSync(addon));
  if (wanted === null && existing !== undefined && loads(existing).ok) return;

  const failures = [];
  for (const builder of candidates) {
    const failure = await tryBuilder(builder, verbose);
    if (failure === null) {
      if (wanted !== null || isInstalled)
        console.log(`ostinato: the add-on was built with ${builder.name}`);
      return;
    }
    failures.push(`  ${builder.name}: ${failure}`);
    if (isCompilerError(failure)) break;
  }
  console.error(
    [
      `ostinato: the native add-on could not be built for ${process.platform}-${process.arch}, Node ${process.version}`,
      ...failures,
      'To fix it:',
      '  1. install a C++20 compiler (g++ 12 or clang 14 and later; on macOS: xcode-select --install)',
      '  2. where node_api.h was not found: npm install --save-dev node-api-headers',
      isInstalled
        ? '  3. see all output: npx ostinato build --verbose'
        : '  3. see all output: node scripts/build-addon.cjs --verbose',
    ].join('\n'),
  );
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`ostinato: ${error.message}`);
  process.exitCode = 1;
});
