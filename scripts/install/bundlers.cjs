'use strict';
// Bundlers: the package outside of the bundle, and inside of it with the add-ons beside; where a bundle cannot have them, the
// sentence that says what to do. docs/deployment.md advises what is tried here.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { host, newInstalled, node, root, sameLoss, says } = require('./project.cjs');
const { tool } = require('./tools.cjs');

const toRequire = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"; // prettier-ignore
const external = "mark 'ostinato' as external in the bundler";

/** Nothing is left but the bundle: neither the package nor what it was made of. */
function alone(project, output) {
  const folder = `${project} alone`;
  fs.cpSync(path.join(project, output), folder, { recursive: true });
  return folder;
}

/** Runs the bundle that is alone in `folder` with its add-ons; without them it says what to do. Removes the folder. */
function carriesAddons(folder, file) {
  sameLoss(node([file], { cwd: folder }));
  for (const name of fs.readdirSync(folder).filter((each) => each.endsWith('.node')))
    fs.rmSync(path.join(folder, name));
  says(node([file], { cwd: folder, fails: true }), 'not there', external);
  fs.rmSync(folder, { recursive: true });
}

function esbuild() {
  const bin = path.join(tool('esbuild'), 'esbuild', 'bin', 'esbuild');
  const project = newInstalled();
  const bundle = (output, ...options) =>
    node([bin, 'main.mjs', '--bundle', '--platform=node', '--log-level=warning', `--outfile=${output}`, ...options], { cwd: project }); // prettier-ignore
  for (const [output, format] of [['a/x.cjs', 'cjs'], ['a/x.mjs', 'esm']]) {
    bundle(output, `--format=${format}`, '--external:ostinato');
    sameLoss(node([output], { cwd: project }));
  } // prettier-ignore
  bundle('b/x.cjs', '--loader:.node=copy');
  carriesAddons(alone(project, 'b'), 'x.cjs');
  bundle('b/x.mjs', '--format=esm', '--loader:.node=copy', `--banner:js=${toRequire}`);
  const esm = alone(project, 'b');
  sameLoss(node(['x.mjs'], { cwd: esm }));
  if (typeof process.getBuiltinModule !== 'function') return;
  bundle('c/x.mjs', '--format=esm', '--loader:.node=copy');
  says(node(['c/x.mjs'], { cwd: project, fails: true }), external);
}

/** A bundle made by `script`, which reads FORMAT, beside a copy of the package's folder prebuilds. */
function besidePrebuilds(project, script, format, extension) {
  node([script], { cwd: project, env: { FORMAT: format } });
  const folder = alone(project, `out-${format}`);
  says(node([`x.${extension}`], { cwd: folder, fails: true }), 'not there', external);
  fs.cpSync(path.join(project, 'node_modules', 'ostinato', 'prebuilds'), path.join(folder, 'prebuilds'), { recursive: true }); // prettier-ignore
  sameLoss(node([`x.${extension}`], { cwd: folder }));
  fs.rmSync(folder, { recursive: true });
}

function rollup() {
  const plugins = tool('rollup');
  const project = newInstalled({
    'bundle.cjs': `
const { rollup } = require(${JSON.stringify(path.join(root, 'node_modules', '@rollup', 'wasm-node'))});
const { nodeResolve } = require(${JSON.stringify(path.join(root, 'node_modules', '@rollup', 'plugin-node-resolve'))});
const commonjs = require(${JSON.stringify(path.join(plugins, '@rollup', 'plugin-commonjs'))});
const format = process.env.FORMAT;
const plugins = [nodeResolve({ preferBuiltins: true }), commonjs({ ignore: (id) => id.endsWith('.node') })];
const banner = format === 'es' ? ${JSON.stringify(toRequire)} : '';
const external = process.env.EXTERNAL ? ['ostinato'] : [];
(async () => {
  const build = await rollup({ input: 'main.mjs', plugins, external, logLevel: 'silent' });
  await build.write({ file: 'out-' + format + '/x.' + (format === 'es' ? 'mjs' : 'cjs'), format, banner });
})();
`,
  });
  for (const [format, extension] of [
    ['cjs', 'cjs'],
    ['es', 'mjs'],
  ]) {
    node(['bundle.cjs'], { cwd: project, env: { FORMAT: format, EXTERNAL: 'yes' } });
    sameLoss(node([`out-${format}/x.${extension}`], { cwd: project }));
    besidePrebuilds(project, 'bundle.cjs', format, extension);
  }
}

function webpack() {
  const tools = tool('webpack');
  const project = newInstalled({
    'bundle.cjs': `
const { webpack } = require(${JSON.stringify(path.join(tools, 'webpack'))});
const [format, mode] = process.argv.slice(2);
const loader = ${JSON.stringify(path.join(tools, 'node-loader'))};
const esm = format === 'esm';
webpack({
  mode: 'production',
  optimization: { minimize: mode === 'loader' && esm },
  target: 'node20',
  context: __dirname,
  entry: esm ? './main.mjs' : './main.cjs',
  experiments: { outputModule: esm },
  output: { path: require('path').resolve(mode + format), filename: esm ? 'x.mjs' : 'x.cjs', module: esm, ...(esm ? { publicPath: '' } : {}) },
  ...(mode === 'external' ? { externals: { ostinato: esm ? 'module ostinato' : 'commonjs ostinato' } } : {}),
  ...(mode === 'loader' ? { module: { rules: [{ test: /\\.node$/, loader, options: { name: '[contenthash].[ext]' } }] } } : {}),
}, (error, stats) => {
  console.log(error ?? stats.toString({ all: false, errors: true, warnings: true }));
  process.exitCode = error || stats.hasErrors() || stats.hasWarnings() ? 1 : 0;
});
`,
  });
  for (const format of ['cjs', 'esm']) {
    const file = format === 'esm' ? 'x.mjs' : 'x.cjs';
    node(['bundle.cjs', format, 'external'], { cwd: project });
    sameLoss(node([`external${format}/${file}`], { cwd: project }));
    node(['bundle.cjs', format, 'loader'], { cwd: project });
    carriesAddons(alone(project, `loader${format}`), file);
  }
  says(node(['bundle.cjs', 'cjs', 'nothing'], { cwd: project, fails: true }), 'ostinato.node', 'appropriate loader'); // prettier-ignore
}

function vite() {
  const tools = tool('vite');
  const project = newInstalled({
    'bundle.mjs': `
import { build } from ${JSON.stringify(`file://${tools}/vite/dist/node/index.js`)};
await build({
  configFile: false,
  logLevel: 'error',
  ssr: { external: ['ostinato'] },
  build: { ssr: 'main.mjs', outDir: 'out' },
});
`,
  });
  node(['bundle.mjs'], { cwd: project });
  sameLoss(
    node([path.join('out', fs.readdirSync(path.join(project, 'out'))[0])], { cwd: project }),
  );
}

/** A route of a production server, built and asked. */
function next() {
  const tools = tool('next');
  const project = newInstalled({
    'next.config.js': "module.exports = { serverExternalPackages: ['ostinato'] };\n",
    'app/layout.jsx': 'export default ({ children }) => <html><body>{children}</body></html>;\n',
    'app/page.jsx': 'export default () => <p>page</p>;\n',
    'app/sum/route.js': `import { tensor } from 'ostinato';
export const dynamic = 'force-dynamic';
export const GET = () => new Response('sum ' + tensor([1, 2, 3]).sum().item());
`,
  });
  for (const name of fs.readdirSync(tools).filter((each) => !each.startsWith('.')))
    fs.symlinkSync(path.join(tools, name), path.join(project, 'node_modules', name));
  const bin = path.join(tools, 'next', 'dist', 'bin', 'next');
  const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' };
  node([bin, 'build'], { cwd: project, env, timeout: 900_000 });
  const port = String(20_000 + (process.pid % 20_000));
  const server = spawn(process.execPath, [bin, 'start', '-p', port, '-H', '127.0.0.1'], { cwd: project, env: { ...process.env, ...env }, stdio: 'ignore' }); // prettier-ignore
  try {
    const ask = `(async () => {
      for (let i = 0; i < 120; i++) {
        try { return console.log(await (await fetch('http://127.0.0.1:${port}/sum')).text()); } catch {}
        await new Promise((done) => setTimeout(done, 500));
      }
      process.exit(1);
    })();`;
    says(node(['-e', ask]), 'sum 6');
  } finally {
    server.kill();
  }
}

/** What serverless platforms pack: the code, the manifest and the add-ons, and nothing else of the package. */
function trace() {
  const nft = path.join(tool('nft'), '@vercel', 'nft');
  const project = newInstalled({
    'trace.cjs': `require(${JSON.stringify(nft)}).nodeFileTrace(['main.mjs', 'main.cjs']).then(({ fileList, warnings }) => {
  for (const warning of warnings) throw warning;
  console.log([...fileList].sort().join('\\n'));
});
`,
  });
  const traced = node(['trace.cjs'], { cwd: project }).split('\n');
  const inPackage = 'node_modules/ostinato/';
  const wanted = [
    'addon.cjs',
    'dist/index.js',
    'dist/onnx.js',
    'dist/ostinato.js',
    'index.mjs',
    'package.json',
  ];
  const addons = fs.readdirSync(path.join(project, inPackage, 'prebuilds'));
  const expected = [
    ...wanted.map((file) => inPackage + file),
    ...addons.map((name) => `${inPackage}prebuilds/${name}/ostinato.node`),
    'main.cjs',
    'main.mjs',
  ].sort();
  if (traced.join() !== expected.join())
    throw new Error(`traced\n${traced.join('\n')}\ninstead of\n${expected.join('\n')}`);
  const copy = `${project} traced`;
  for (const file of traced.filter((each) => !each.includes('prebuilds') || each.includes(`/${host}/`))) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    fs.copyFileSync(path.join(project, file), path.join(copy, file));
  } // prettier-ignore
  fs.copyFileSync(path.join(project, 'package.json'), path.join(copy, 'package.json'));
  for (const file of ['main.mjs', 'main.cjs']) sameLoss(node([file], { cwd: copy }));
}

module.exports = [
  { name: 'esbuild', needs: 'esbuild', run: esbuild },
  { name: 'Rollup 4', large: true, needs: 'rollup', run: rollup },
  { name: 'webpack 5 with node-loader', large: true, needs: 'webpack', run: webpack },
  { name: 'Vite 7 SSR', large: true, needs: 'vite', run: vite },
  { name: 'Next.js 15', large: true, needs: 'next', run: next },
  { name: '@vercel/nft', large: true, needs: 'nft', run: trace },
];
