'use strict';
// Packages as npm packs them, and commands of which a failure is an error.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/**
 * Runs a command; what it printed, or an error with everything that it said. `fails`: it must end with a failure, and everything
 * that it said is the result. Other options are spawnSync's; `env` is added to the environment.
 */
function run(command, args, { fails = false, env = {}, ...options } = {}) {
  const child = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1e8,
    ...options,
    env: { ...process.env, ...env },
  });
  const said = [child.stdout, child.stderr, child.error?.message].filter(Boolean).join('\n');
  if ((child.status === 0) === fails)
    throw new Error(
      `${[path.basename(command), ...args].join(' ')} ${fails ? 'did not fail' : 'failed'}:\n${said.trim()}`,
    );
  return fails ? said : (child.stdout ?? '').trim();
}

/** Packs a package, which is a folder or a name and version of the registry, into `to`: its tarball, and what npm says of it. */
function pack(source, to) {
  const args = ['pack', source, '--json', '--ignore-scripts', '--pack-destination', to];
  const [description] = Object.values(JSON.parse(run('npm', args)));
  return { tarball: path.join(to, description.filename), ...description };
}

function unpack(tarball, folder) {
  fs.mkdirSync(folder, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
}

module.exports = { run, pack, unpack };
