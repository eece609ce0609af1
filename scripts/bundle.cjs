'use strict';
// Joins the modules that tsc compiled (build/modules) into few files, because finding and reading two hundred small ones
// takes most of the time that importing the package takes:
//
//   dist/index.js      the public names
//   dist/cli/main.js   the program
//   dist/onnx.js       networks of ONNX, which the first call of io.loadOnnx or io.exportOnnx requires (src/io/onnx-files.ts)
//   dist/ostinato.js   what all use
//   dist/include       headers of other packages, for those who build the add-on from source

const fs = require('node:fs');
const path = require('node:path');
const { nodeResolve } = require('@rollup/plugin-node-resolve');
const { rollup } = require('@rollup/wasm-node');
const { minifySync } = require('@swc/core');

const root = path.resolve(__dirname, '..');
const modules = path.join(root, 'build', 'modules');
const isProgram = (id) => path.relative(modules, id).startsWith('cli');
const isOnnx = (id) => path.relative(modules, id).startsWith(path.join('io', 'onnx', path.sep));

/**
 * Editors show the documentation of the .d.ts files: in the code it would be carried twice. Without spaces and with short names of local
 * variables the code is smaller by a third, which is as much less to read when it is imported; functions and classes keep their names, which
 * stack traces have. Other characters than ASCII are escaped: with one of them V8 keeps all of the text with two bytes a character, and in a heap that
 * is larger by that 4,000 training steps had 27 full collections in place of one.
 */
const compact = {
  name: 'compact',
  renderChunk(code) {
    const { code: bare } = minifySync(code, {
      compress: false,
      mangle: { toplevel: false, keep_classnames: true, keep_fnames: true },
      format: { comments: false, asciiOnly: true },
      module: false,
    });
    if (/\P{ASCII}/u.test(bare)) throw new Error('bundle: a character that is not ASCII');
    return bare;
  },
};

/**
 * Functions of one name in several modules are `at`, `at$1` and so on in one file. They keep the name that they are declared with: stack
 * traces, consoles and printed modules have it.
 */
const originalNames = {
  name: 'original-names',
  renderChunk(code) {
    const renamed = [...code.matchAll(/^(?:async )?function\*? (\w+\$\d+)\(/gm)];
    if (renamed.length === 0) return null;
    const functions = renamed.map(([, name]) => name).join(', ');
    const value = "f.name.replace(/\\$\\d+$/, '')";
    const rename = `Object.defineProperty(f, 'name', { value: ${value}, configurable: true })`;
    return `${code}\nfor (const f of [${functions}]) ${rename};\n`;
  },
};

/**
 * Node's own modules without `require`, which esbuild refuses at run time in a bundle of ES modules. Node 20.16 and later; with a literal
 * `require` for those before, which other bundlers read.
 */
const builtinModules = {
  renderChunk: (code) =>
    code.replace(
      /= require\('(node:[\w/]+)'\)/g,
      "= process.getBuiltinModule?.('$1') ?? require('$1')",
    ),
};

async function bundle() {
  const build = await rollup({
    input: {
      index: path.join(modules, 'index.js'),
      'cli/main': path.join(modules, 'cli', 'main.js'),
      onnx: path.join(modules, 'io', 'onnx', 'index.js'),
    },
    plugins: [nodeResolve({ resolveOnly: [] }), originalNames, builtinModules, compact],
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    onwarn(warning, warn) {
      if (warning.code === 'CIRCULAR_DEPENDENCY') throw new Error(`bundle: ${warning.message}`);
      warn(warning);
    },
  });
  await build.write({
    dir: path.join(root, 'dist'),
    format: 'cjs',
    hoistTransitiveImports: false,
    // As bundlers that know no `imports` of package.json find it.
    paths: { '#addon': '../addon.cjs' },
    exports: 'named',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    manualChunks: (id) => (isProgram(id) || isOnnx(id) ? undefined : 'ostinato'),
  });
}

/** What building the add-on from source needs of other packages, which a user does not have (scripts/sources.cjs). */
function copyHeaders() {
  const from = (name) => path.dirname(require.resolve(`${name}/package.json`));
  const take = (name, files) => {
    const folder = path.join(root, 'dist', 'include', name);
    fs.mkdirSync(folder, { recursive: true });
    for (const file of files)
      fs.copyFileSync(path.join(from(name), file), path.join(folder, path.basename(file)));
  };
  take('node-addon-api', ['napi.h', 'napi-inl.h', 'napi-inl.deprecated.h', 'LICENSE.md']);
  const headers = ['js_native_api', 'js_native_api_types', 'node_api', 'node_api_types'];
  take('node-api-headers', [...headers.map((name) => `include/${name}.h`), 'LICENSE']);
}

/** Removes the declarations of modules that no public one refers to. */
function pruneDeclarations() {
  const dist = path.join(root, 'dist');
  const reached = new Set();
  const reach = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = fs.readFileSync(file, 'utf8');
    for (const [, module] of text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]*)['"]/g)) {
      const base = path.resolve(path.dirname(file), module.replace(/\.js$/, ''));
      reach([`${base}.d.ts`, path.join(base, 'index.d.ts')].find((one) => fs.existsSync(one)));
    }
  };
  reach(path.join(dist, 'index.d.ts'));
  for (const name of fs.readdirSync(dist, { recursive: true })) {
    const file = path.join(dist, name);
    if (file.endsWith('.d.ts') && !reached.has(file)) fs.rmSync(file);
  }
}

copyHeaders();
pruneDeclarations();
void bundle();
