'use strict';
// Builds the add-on for every platform on one machine, into prebuilds/<target>/ostinato.node, with
// Zig as the C++ compiler (clang, libc++, and the C libraries of all targets in one download).
//
//   node scripts/prebuild.cjs [--verbose] [TARGET...]      all of them when none is named
//
// A stamp of the sources stays in build/prebuild, by which publish.cjs tells an add-on that is older than they are.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { nodeAddonApi } = require('./sources.cjs');
const { compileAndLink } = require('./builders/compilation.cjs');
const { root, writeStamp } = require('./builders/project.cjs');
const { targets } = require('./platforms/targets.cjs');

/** The command that runs Zig: $ZIG, zig, or Python's package ziglang. */
function zig() {
  const commands = [process.env.ZIG && [process.env.ZIG], ['zig'], ['python3', '-m', 'ziglang']];
  for (const command of commands.filter(Boolean)) {
    const { status } = spawnSync(command[0], [...command.slice(1), 'version'], { stdio: 'ignore' });
    if (status === 0) return command;
  }
  throw new Error('Zig was not found: pip install ziglang==0.17.1, or name its command in ZIG');
}

/** The import library of what node.exe exports of Node-API; a name of the host's is looked up in it at load. */
function nodeImportLibrary(command, target, out) {
  const { def_paths } = require('node-api-headers');
  const library = path.join(out, 'node.lib');
  fs.mkdirSync(out, { recursive: true });
  const machine = target.arch === 'x64' ? 'i386:x86-64' : 'arm64';
  const def = path.join(out, 'node.def');
  const exports = [def_paths.js_native_api_def, def_paths.node_api_def].flatMap((file) =>
    fs
      .readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((line) => /^\s*(napi|node_api)_/.test(line)),
  );
  fs.writeFileSync(def, `LIBRARY node.exe\nEXPORTS\n${exports.join('\n')}\n`);
  const args = [
    ...command.slice(1),
    'dlltool',
    '-m',
    machine,
    '-d',
    def,
    '-l',
    library,
    '-D',
    'node.exe',
  ];
  const { status, stderr } = spawnSync(command[0], args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dlltool: ${stderr}`);
  return library;
}

/** `compiled` holds the objects that were made for the targets before. */
async function build(command, target, verbose, compiled) {
  const out = path.join(root, 'build', 'prebuild', target.name);
  const addon = path.join(root, 'prebuilds', target.name, 'ostinato.node');
  const linked = path.join(out, 'ostinato.node');
  const started = Date.now();
  const link = [...target.link];
  if (target.platform === 'win32') link.push(nodeImportLibrary(command, target, out));
  const flags = ['-target', target.triple, '-g0', '-fomit-frame-pointer', ...target.flags];
  const result = await compileAndLink({
    compiler: [...command, 'c++'],
    out,
    // Kernels call no C library but for memory and fmod: their objects serve every C library of a system and processor.
    kernels: path.join(root, 'build', 'prebuild', `${target.platform}-${target.arch}-kernels`),
    compiled,
    addon: linked,
    arch: target.arch,
    flags,
    includes: [require('node-api-headers').include_dir, nodeAddonApi()],
    link: ['-target', target.triple, ...link],
    verbose,
  });
  if (!result.ok) throw new Error(`${target.name}: the build failed\n${result.output}`);
  fs.mkdirSync(path.dirname(addon), { recursive: true });
  fs.copyFileSync(linked, addon);
  writeStamp(linked);
  const megabytes = (fs.statSync(addon).size / 1e6).toFixed(2);
  console.log(
    `${target.name.padEnd(16)} ${megabytes} MB in ${((Date.now() - started) / 1e3).toFixed(0)} s`,
  );
}

async function main(args) {
  const verbose = args.includes('--verbose');
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0)
    throw new Error(
      `unknown target ${unknown.join(', ')}; targets are ${targets.map(({ name }) => name).join(', ')}`,
    );
  const command = zig();
  const compiled = new Set();
  for (const target of targets)
    if (names.length === 0 || names.includes(target.name))
      await build(command, target, verbose, compiled);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`prebuild: ${error.message}`);
  process.exitCode = 1;
});
