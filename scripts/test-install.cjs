'use strict';
// The package as its users get it: packed, installed into empty projects by each package manager, run by each runner and
// bundled by each bundler, and what it says where it cannot work.
//
//   npm run test:install [-- [--all] [--only PATTERN] [--keep]]
//
// Without --all, what needs no large download. scripts/install/tools.cjs has the tools and their versions.

const fs = require('node:fs');
const { folder, prepare } = require('./install/project.cjs');
const { fetchTool } = require('./install/tools.cjs');

const groups = ['managers', 'runners', 'bundlers', 'faults'];
const args = process.argv.slice(2);
const only = args.includes('--only') ? new RegExp(args[args.indexOf('--only') + 1]) : null;
const all = args.includes('--all') || only !== null;

/** Runs a check; whether it holds. What it returns is printed beside its time. */
function holds(name, check) {
  const started = Date.now();
  const line = (text) =>
    console.log(
      `${name.padEnd(52)} ${((Date.now() - started) / 1e3).toFixed(1).padStart(6)} s  ${text}`,
    );
  try {
    line(check() ?? 'holds');
    return true;
  } catch (error) {
    line(`FAILS\n${error.message.replace(/^/gm, '    ')}`);
    return false;
  }
}

async function main() {
  const checks = groups.flatMap((group) =>
    require(`./install/${group}.cjs`).map((check) => ({
      ...check,
      name: `${group}: ${check.name}`,
    })),
  );
  const chosen = checks.filter(
    (check) => (all || !check.large) && (only?.test(check.name) ?? true),
  );
  const needed = new Set(chosen.map(({ needs }) => needs).filter(Boolean));
  const fetched = Promise.all([...needed].map(fetchTool));
  prepare();
  await fetched;
  const failed = chosen.filter(({ name, run }) => !holds(name, run));
  console.log(`${chosen.length - failed.length} of ${chosen.length} checks hold`);
  if (chosen.length === 0 || failed.length > 0) process.exitCode = 1;
}

main()
  .catch((error) => {
    console.error(`test-install: ${error.message}`);
    process.exitCode = 1;
  })
  .finally(() => {
    if (args.includes('--keep')) console.log(`kept: ${folder}`);
    else fs.rmSync(folder, { recursive: true, force: true });
  });
