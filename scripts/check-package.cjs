'use strict';
// Checks the package as a user gets it: packs it, asks publint and attw about the exports and types,
// weighs it, and installs it in an empty project where `import`, `require` and their types must agree (test/package). There the documents' programs are a
// newcomer's files, beside the package.json and tsconfig.json that `npm init` and `tsc --init` write.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { run, pack, unpack } = require('./tarball.cjs');
const { builtAddon, faultsOf, missingPlatforms, platform, weightsOf } = require('./weight.cjs');

const root = path.resolve(__dirname, '..');
const bin = (name) => path.join(root, 'node_modules', '.bin', name);

/** Prints what the package weighs, and fails where that is too much; whether it carries an add-on for each platform. */
function weigh(packed) {
  const missing = missingPlatforms(packed);
  if (missing.length > 0) console.log(`not to be published: no add-on for ${missing.join(', ')}`);
  for (const [what, bytes] of Object.entries(weightsOf(packed)))
    console.log(`${what}: ${(bytes / 1e6).toFixed(2)} MB`);
  const faults = faultsOf(packed);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return missing.length === 0;
}

/** The packed package in the node_modules of an empty project; the add-on that was built here where it carries none. */
function installInto(project, tarball, complete) {
  const installed = path.join(project, 'node_modules', 'ostinato');
  const addons = path.join(installed, 'prebuilds', platform);
  unpack(tarball, installed);
  fs.mkdirSync(addons, { recursive: true });
  if (!complete) fs.copyFileSync(builtAddon(), path.join(addons, 'ostinato.node'));
  fs.cpSync(path.join(root, 'test', 'package'), project, { recursive: true });
  fs.symlinkSync(
    path.join(root, 'node_modules', '@types'),
    path.join(project, 'node_modules', '@types'),
  );
}

/** Every program of a document that a reader copies from. */
function programsOf(file) {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
}

/** Type-checks the documents' programs in a new project, and runs the README's. */
function tryDocuments(newcomer, installed) {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  fs.mkdirSync(path.join(newcomer, 'node_modules'), { recursive: true });
  fs.symlinkSync(installed, path.join(newcomer, 'node_modules', 'ostinato'));
  fs.writeFileSync(path.join(newcomer, 'package.json'), '{ "type": "commonjs" }');
  run(process.execPath, [tsc, '--init'], { cwd: newcomer });
  let count = 0;
  const guides = fs.readdirSync(path.join(root, 'docs')).map((file) => `docs/${file}`);
  for (const file of ['README.md', ...guides]) {
    for (const code of programsOf(file))
      fs.writeFileSync(path.join(newcomer, `program-${++count}.mts`), code);
  }
  run(process.execPath, [tsc, '--noEmit', '-p', newcomer], { cwd: newcomer });
  fs.writeFileSync(path.join(newcomer, 'sum.mjs'), programsOf('README.md')[0]);
  run(process.execPath, ['sum.mjs'], { cwd: newcomer });
  console.log(`${count} programs of the documents fit what npm init and tsc --init write`);
}

/** Runs the server and the worker of docs/deployment.md: an answer of the worker is what the server's own model says. */
function tryWorkers(newcomer) {
  const text = fs.readFileSync(path.join(root, 'docs', 'deployment.md'), 'utf8');
  for (const [, name, code] of text.matchAll(/^```js\n\/\/ (\w+\.mjs)\n(.*?)^```$/gms))
    fs.writeFileSync(path.join(newcomer, name), code);
  const program = `
    const { io, nn } = require('ostinato');
    io.saveSafetensors('model.safetensors', new nn.LSTM(8, 16).stateDict());
    fs.appendFileSync('server.mjs', \`
      const { zeros } = await import('ostinato');
      const x = zeros([3, 1, 8]);
      workers[1].once('message', (answer) => {
        process.exitCode = io.fromMessage(answer).equal(model.forward(x)[0]) ? 0 : 1;
        for (const worker of workers) void worker.terminate();
      });
      workers[1].postMessage(io.toMessage(x));\`);`;
  run(process.execPath, ['-e', program], { cwd: newcomer });
  run(process.execPath, ['server.mjs'], { cwd: newcomer });
  console.log('the server and the worker of docs/deployment.md run');
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-package-'));

function check() {
  const packed = pack(root, folder);
  const { tarball } = packed;
  const complete = weigh(packed);
  console.log(run(bin('publint'), ['run', '--strict', tarball]));
  console.log(run(bin('attw'), [tarball, '--no-color', '--format', 'table-flipped']));
  const project = path.join(folder, 'project');
  installInto(project, tarball, complete);
  console.log(run(process.execPath, ['agree.mjs'], { cwd: project }));
  for (const compiler of ['typescript-5.4', 'typescript']) {
    const tsc = path.join(root, 'node_modules', compiler, 'bin', 'tsc');
    run(process.execPath, [tsc, '-p', project], { cwd: project });
    const { version } = require(`${compiler}/package.json`);
    console.log(`TypeScript ${version}: types agree for import and require, and of a program`);
  }
  const newcomer = path.join(folder, 'newcomer');
  tryDocuments(newcomer, path.join(project, 'node_modules', 'ostinato'));
  tryWorkers(newcomer);
}

try {
  check();
} catch (error) {
  console.error(`check-package: ${error.message}`);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
