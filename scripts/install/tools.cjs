'use strict';
// The tools that try the package, each as packages of the registry in a folder of its own under build/install-tools, which is kept from
// run to run. Raised here and nowhere else.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('../builders/project.cjs');

const versions = {
  pnpm: { pnpm: '10.34.8' },
  yarn: { '@yarnpkg/cli-dist': '4.18.1' },
  bun: { '@oven/bun-linux-x64': '1.4.5' },
  deno: { '@deno/linux-x64-glibc': '2.9.6' },
  vitest: { vitest: '4.1.12' },
  tsx: { tsx: '4.23.15' },
  esbuild: { esbuild: '0.28.2' },
  rollup: { '@rollup/plugin-commonjs': '29.0.3' },
  webpack: { webpack: '5.113.0', 'node-loader': '2.1.0' },
  vite: { vite: '7.3.8' },
  next: { next: '15.5.29', react: '19.3.1', 'react-dom': '19.3.1' },
  nft: { '@vercel/nft': '1.11.5' },
};

const listOf = (name) =>
  Object.entries(versions[name]).map(([each, version]) => `${each}@${version}`);

function folderOf(name) {
  const list = listOf(name).join('+');
  return path.join(root, 'build', 'install-tools', list.replace(/[^\w.@+-]/g, '_'));
}

const isThere = (name) => fs.existsSync(path.join(folderOf(name), 'complete'));

/** Installs a tool beside what it needs and without scripts, where it is not there yet. */
function fetchTool(name) {
  const folder = folderOf(name);
  if (isThere(name)) return Promise.resolve();
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--no-save', '--no-package-lock', ...listOf(name)];
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    npm.stderr.on('data', (data) => (said += data));
    npm.on('error', reject).on('close', (status) => {
      if (status !== 0) return reject(new Error(`npm ${args.join(' ')} failed:\n${said}`));
      fs.writeFileSync(path.join(folder, 'complete'), '');
      resolve();
    });
  });
}

/** The node_modules that a check's tool is in. */
function tool(name) {
  if (!isThere(name)) throw new Error(`the check does not say that it needs ${name}`);
  return path.join(folderOf(name), 'node_modules');
}

module.exports = { fetchTool, tool };
