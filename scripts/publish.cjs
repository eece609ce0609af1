'use strict';
// Publishes the package with a statement of where it was built (npm's provenance), or says why not:
//
//   node scripts/publish.cjs              a dry run: makes the tarball, checks everything, and prints the command that would publish it
//   node scripts/publish.cjs --publish    the same, and publishes it, in .github/workflows/publish.yml alone
//
// --by-hand is what `npm publish` in the clone runs (prepublishOnly in package.json), to be refused.
//
// What must hold: a clean work tree at the tag of its version, a dated section in the changelog, the eight add-ons made of these sources and
// read by check-prebuilds.py, a tarball within its limits. PYTHON names the interpreter that has lief (python3).

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { prebuilt } = require('../addon.cjs');
const { root, isStale } = require('./builders/project.cjs');
const { run, pack } = require('./tarball.cjs');
const { faultsOf, missingPlatforms, weightsOf } = require('./weight.cjs');

const read = (file) => fs.readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json'));
const { name, version } = manifest;
const git = (...args) => run('git', args, { cwd: root });

/** The first lines of a text. */
const excerpt = (text, count = 8) => text.trim().split('\n').slice(0, count).join('\n  ');

/** Each check gives sentences that say what is wrong, none where it holds. */
const checks = {
  'work tree'() {
    const changed = git('status', '--porcelain');
    return changed === '' ? [] : [`not clean: commit or remove\n  ${excerpt(changed)}`];
  },
  version() {
    const faults = [];
    if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      faults.push(`${version} in package.json is no semantic version`);
    const lock = JSON.parse(read('package-lock.json'));
    for (const other of [lock.version, lock.packages[''].version])
      if (other !== version)
        faults.push(`package-lock.json says ${other}, package.json ${version}: npm install`);
    return [...new Set(faults)];
  },
  tag() {
    const wanted = `v${version}`;
    const tags = git('tag', '--points-at', 'HEAD').split('\n').filter(Boolean);
    if (tags.includes(wanted)) return [];
    const there = git('tag', '--list', wanted) === '' ? '' : ', which names another commit';
    return [`this commit is not ${wanted}${there}: git tag -a ${wanted}`];
  },
  changelog() {
    const [, heading = 'nothing'] = /^## (.*)$/m.exec(read('CHANGELOG.md')) ?? [];
    const dated = /^(\S+) \((\d{4}-\d{2}-\d{2})\)$/.exec(heading);
    return dated?.[1] === version
      ? []
      : [`CHANGELOG.md begins with '${heading}': expected '## ${version} (YYYY-MM-DD)'`];
  },
  'add-ons'() {
    const faults = Object.keys(prebuilt).flatMap((platform) => {
      const [packed, made] = ['prebuilds', path.join('build', 'prebuild')].map((folder) =>
        path.join(root, folder, platform, 'ostinato.node'),
      );
      if (!fs.existsSync(packed)) return [`none for ${platform}`];
      if (!fs.existsSync(made) || !fs.readFileSync(packed).equals(fs.readFileSync(made)))
        return [`${platform}: not the one that was made here`];
      return isStale(made) ? [`${platform}: older than the sources`] : [];
    });
    if (faults.length > 0) return [...faults, 'to make them: npm run prebuild'];
    try {
      run(process.env.PYTHON ?? 'python3', [path.join(__dirname, 'check-prebuilds.py')]);
      return [];
    } catch (error) {
      return [excerpt(error.message, 20)];
    }
  },
  // The provenance names the repository of the workflow, and the registry refuses a package that names another.
  repository() {
    const here = process.env.GITHUB_REPOSITORY;
    const named = `git+https://github.com/${here}.git`;
    return here === undefined || manifest.repository.url === named
      ? []
      : [`package.json says ${manifest.repository.url}, this is ${named}`];
  },
};

/** Prints a check's sentences; whether there were none. */
function report(what, faults) {
  console.log(faults.length === 0 ? `${what}: holds` : `${what}: ${faults.join(`\n${what}: `)}`);
  return faults.length === 0;
}

/** Makes the tarball out of dist as the sources give it now. */
function makeTarball(folder) {
  run('npm', ['run', 'build:dist', '--silent'], { cwd: root });
  return pack(root, folder);
}

function tarballFaults(packed) {
  const missing = missingPlatforms(packed).map((platform) => `no add-on for ${platform} in it`);
  return missing.length > 0 ? missing : faultsOf(packed);
}

/** npm's arguments; a version like 1.0.0-rc.1 is not what `npm install` gives when none is named. */
const publishing = (tarball) => ['publish', tarball, '--provenance', '--access', 'public', '--tag', version.includes('-') ? 'next' : 'latest']; // prettier-ignore

function main(args, folder) {
  if (args.includes('--by-hand'))
    throw new Error(
      'npm publish would skip what must hold: npm run publish:package says what is missing',
    );
  const unknown = args.filter((arg) => arg !== '--publish');
  if (unknown.length > 0)
    throw new Error(`unknown argument ${unknown[0]}: expected --publish or nothing`);
  const publish = args.length > 0;
  if (publish && !process.env.ACTIONS_ID_TOKEN_REQUEST_URL)
    throw new Error(
      'only the workflow can say where the package was built: push the tag, and .github/workflows/publish.yml publishes it',
    );
  const results = Object.entries(checks).map(([what, check]) => report(what, check()));
  let held = results.every(Boolean);
  const packed = makeTarball(folder);
  held = report('tarball', tarballFaults(packed)) && held;
  if (!held) throw new Error(`${name} ${version} is not to be published`);
  for (const [what, bytes] of Object.entries(weightsOf(packed)))
    console.log(`  ${what}: ${(bytes / 1e6).toFixed(2)} MB`);
  console.log(`  ${packed.files.length} files, ${packed.integrity}`);
  const command = publishing(packed.tarball);
  if (publish) console.log(run('npm', command, { cwd: root }));
  else console.log(`dry run: npm ${publishing(packed.filename).join(' ')}`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ostinato-publish-'));
try {
  main(process.argv.slice(2), folder);
} catch (error) {
  console.error(`publish: ${error.message}`);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
