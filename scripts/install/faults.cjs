'use strict';
// What can be wrong with an installed add-on: a working fallback, or one sentence with the remedy.

const fs = require('node:fs');
const path = require('node:path');
const { addonIn, host, newInstalled, node, root, sameLoss, says } = require('./project.cjs');

const failed = `ostinato: the native add-on could not be loaded on ${host}`;
const build = 'build it from source: npx ostinato build';
const again = 'install it again: delete ';

/** What `main.cjs` says where `spoil` has had the package's add-on. */
function saidOf(spoil, env = {}) {
  const project = newInstalled();
  spoil(addonIn(project), project);
  const said = node(['main.cjs'], { cwd: project, env, fails: true });
  says(said, failed, 'To fix it:\n  1. ');
  return said;
}

const missing = () => says(saidOf((addon) => fs.rmSync(addon)), 'not there', `1. ${again}`, `2. ${build}`); // prettier-ignore

const truncated = () => {
  for (const part of [0.5, 0.98])
    says(saidOf((addon) => fs.truncateSync(addon, Math.floor(fs.statSync(addon).size * part))), 'the file is cut short', `1. ${again}`); // prettier-ignore
  for (const size of [0, 40])
    says(
      saidOf((addon) => fs.truncateSync(addon, size)),
      'file too short',
      `1. ${again}`,
    );
};

/** The machine's field of the ELF header says another one. */
function wrongMachine() {
  const said = saidOf((addon) => {
    const bytes = fs.readFileSync(addon);
    bytes.writeUInt16LE(bytes.readUInt16LE(18) === 183 ? 62 : 183, 18);
    fs.writeFileSync(addon, bytes);
  });
  says(said, 'made for another processor', `1. ${again}`, `2. ${build}`);
}

const notALibrary = () =>
  says(saidOf((addon) => fs.writeFileSync(addon, 'version https://git-lfs.github.com/spec/v1\n')), `prebuilds/${host}/ostinato.node: `, build); // prettier-ignore

/** The version in the binary itself, as an older package's would have it. */
function otherVersion(addon) {
  const { version } = require('../../package.json');
  const bytes = fs.readFileSync(addon);
  const mark = Buffer.from(`${version}-`);
  const at = bytes.indexOf(mark);
  if (at < 0) throw new Error(`the add-on does not hold its version ${version}`);
  bytes.write('0.0.9', at, 'latin1');
  fs.writeFileSync(addon, bytes);
}

const anotherVersion = () =>
  says(saidOf(otherVersion), 'made for 0.0.9', `1. ${again}`, `2. ${build}`);

/** A build of an older version in the package's folder does not hide the prebuilt add-on. */
function oldBuild() {
  const project = newInstalled();
  const built = path.join(project, 'node_modules', 'ostinato', 'build', 'Release', 'ostinato.node');
  fs.mkdirSync(path.dirname(built), { recursive: true });
  fs.copyFileSync(addonIn(project), built);
  otherVersion(built);
  sameLoss(node(['main.cjs'], { cwd: project }));
}

function named() {
  const project = newInstalled();
  const env = { OSTINATO_ADDON: path.join(project, 'nothing.node') };
  says(node(['main.cjs'], { cwd: project, env, fails: true }), failed, 'nothing.node: not there', '1. unset OSTINATO_ADDON'); // prettier-ignore
  sameLoss(node(['main.cjs'], { cwd: project, env: { OSTINATO_ADDON: addonIn(project) } }));
}

/** A processor without AVX2 runs the scalar kernels; one that is asked for and not there is refused by name. */
function instructionSets() {
  const project = newInstalled({
    'isa.cjs':
      "const o = require('ostinato'); console.log(o.isa, o.tensor([1, 2]).sum().item());\n",
  });
  const scalar = node(['isa.cjs'], { cwd: project, env: { OSTINATO_ISA: 'scalar' } });
  if (scalar !== 'scalar 3') throw new Error(`got ${scalar}`);
  const said = node(['isa.cjs'], { cwd: project, env: { OSTINATO_ISA: 'avx1024' }, fails: true });
  says(said, "OSTINATO_ISA: 'avx1024' is not available on this machine; unset it or use one of ");
  for (const threads of ['0', 'many', '-1'])
    says(node(['isa.cjs'], { cwd: project, env: { OSTINATO_NUM_THREADS: threads }, fails: true }), `OSTINATO_NUM_THREADS: must be an integer of at least 1, got '${threads}'`); // prettier-ignore
}

/** Two installed copies, as of a package that brings its own: both compute, and tell each other's tensors. */
function twoCopies() {
  const project = newInstalled({ 'node_modules/other/index.js': "module.exports = require('ostinato');\n" }); // prettier-ignore
  fs.cpSync(
    path.join(project, 'node_modules', 'ostinato'),
    path.join(project, 'node_modules', 'other', 'node_modules', 'ostinato'),
    { recursive: true },
  );
  fs.writeFileSync(
    path.join(project, 'two.cjs'),
    `const [a, b] = [require('ostinato'), require('other')];
if (a === b || a.tensor([1, 2]).sum().item() !== b.tensor([1, 2]).sum().item()) throw new Error('one copy');
try { a.tensor([1]).add(b.tensor([1])); } catch (error) { console.log(error.message); }
`,
  );
  says(node(['two.cjs'], { cwd: project }), 'a Tensor of another copy of ostinato in this process; load the package once'); // prettier-ignore
}

/**
 * With a compiler and what npm brings along: no package of the registry is there. The add-on stays in build/from-source, for other tests.
 */
function fromSource() {
  const project = newInstalled();
  const installed = path.join(project, 'node_modules', 'ostinato');
  fs.rmSync(path.join(installed, 'prebuilds'), { recursive: true });
  const npmsOwn = path.join(root, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const env = { npm_config_offline: 'true', npm_config_node_gyp: npmsOwn };
  const program = path.join(installed, 'ostinato.cjs');
  says(node([program, 'build'], { cwd: project, env, timeout: 1_500_000 }), 'ostinato: the add-on was built with gyp'); // prettier-ignore
  sameLoss(node(['main.cjs'], { cwd: project }));
  const kept = path.join(root, 'build', 'from-source', 'ostinato.node');
  fs.mkdirSync(path.dirname(kept), { recursive: true });
  fs.copyFileSync(path.join(installed, 'build', 'Release', 'ostinato.node'), kept);
}

/** Without one: what to install, and nothing left that a later load would trip over. */
function noCompiler() {
  const project = newInstalled();
  const program = path.join(project, 'node_modules', 'ostinato', 'ostinato.cjs');
  const env = { PATH: path.join(project, 'nothing'), CXX: '' };
  says(node([program, 'build'], { cwd: project, env, fails: true }), `ostinato: the native add-on could not be built for ${host}`, '1. install a C++20 compiler'); // prettier-ignore
  sameLoss(node(['main.cjs'], { cwd: project }));
}

module.exports = [
  { name: 'no add-on for this platform in the package', run: missing },
  { name: 'an add-on that is cut short', run: truncated },
  { name: "another machine's add-on", run: wrongMachine },
  { name: 'a file that is no library', run: notALibrary },
  { name: 'an add-on of another version', run: anotherVersion },
  { name: 'an old build beside the prebuilt add-on', run: oldBuild },
  { name: 'OSTINATO_ADDON', run: named },
  { name: 'OSTINATO_ISA and OSTINATO_NUM_THREADS', run: instructionSets },
  { name: 'two copies in one process', run: twoCopies },
  { name: 'npx ostinato build, without a compiler', run: noCompiler },
  { name: 'npx ostinato build, with one', large: true, run: fromSource },
];
