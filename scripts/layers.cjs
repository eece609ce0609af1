'use strict';
// The layers of src/ and the ESLint rules that keep every import pointing downward, and out of circles. The table is the
// one place that says who may see whom; docs/architecture.md explains it.

const fs = require('node:fs');
const path = require('node:path');
const { peerDependencies = {} } = require('../package.json');

/** Each folder of src/, bottom to top, with the lower layers that it may import. */
const layers = {
  check: [],
  native: ['check'],
  tensor: ['check', 'native'],
  autograd: ['check', 'native', 'tensor'],
  ops: ['check', 'native', 'tensor', 'autograd'],
  random: ['check', 'native', 'tensor', 'autograd', 'ops'],
  compile: ['check', 'native', 'tensor', 'autograd', 'ops'],
  nn: ['check', 'native', 'tensor', 'autograd', 'ops', 'random', 'compile'],
  optim: ['check', 'native', 'tensor', 'autograd', 'ops', 'nn'],
  utils: ['check', 'tensor', 'autograd', 'ops', 'random', 'nn'],
  data: ['check', 'tensor', 'ops', 'random'],
  distributions: ['check', 'tensor', 'autograd', 'ops', 'random'],
  io: ['check', 'tensor', 'autograd', 'ops', 'nn'],
  plot: ['check', 'tensor', 'ops', 'io'],
  testing: ['check', 'tensor'],
  generate: ['check', 'tensor', 'autograd', 'ops', 'random', 'nn'],
  progress: ['check'],
  train: [
    'check',
    'tensor',
    'autograd',
    'random',
    'compile',
    'nn',
    'optim',
    'data',
    'io',
    'progress',
  ],
  cli: [
    'check',
    'native',
    'tensor',
    'autograd',
    'ops',
    'random',
    'compile',
    'nn',
    'optim',
    'data',
    'io',
    'plot',
    'generate',
    'progress',
  ],
};

/**
 * Each folder of src/ops/, bottom to top, with the lower ones that it may import: what operations are made of, then the
 * operations. The files of src/ops/ itself see all of them.
 */
const operations = {
  declare: [],
  arguments: [],
  kernels: ['arguments'],
  copying: ['declare', 'arguments', 'kernels'],
  creation: ['arguments', 'kernels'],
  view: ['declare', 'arguments', 'kernels', 'copying', 'creation'],
  inplace: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'view'],
  elementwise: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'inplace'],
  reduce: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'inplace', 'elementwise'],
  matmul: ['declare', 'arguments', 'kernels', 'copying', 'view', 'inplace', 'elementwise'],
  normalization: ['declare', 'arguments', 'kernels', 'copying'],
  loss: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'elementwise'],
  convolution: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'matmul'],
  pooling: ['declare', 'arguments', 'kernels', 'copying', 'creation'],
  rearranging: ['declare', 'arguments', 'kernels', 'creation', 'view', 'inplace'],
  indexing: [
    'declare',
    'arguments',
    'kernels',
    'copying',
    'creation',
    'view',
    'inplace',
    'elementwise',
  ],
  joining: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'view', 'indexing'],
  attention: [
    'declare',
    'kernels',
    'copying',
    'creation',
    'view',
    'elementwise',
    'reduce',
    'matmul',
    'normalization',
    'indexing',
  ],
  sorting: ['declare', 'arguments', 'kernels', 'copying', 'creation', 'view', 'indexing'],
  sequence: [
    'declare',
    'kernels',
    'copying',
    'creation',
    'view',
    'elementwise',
    'reduce',
    'matmul',
    'normalization',
    'joining',
  ],
};

/** ['src', 'nn', ...] of a file, as seen from the root of the repository. */
const partsOf = (file, root) => path.relative(root, file).split(path.sep);

/** Why a file of src/ops/<folder>/ may not import one of src/ops/<target>/, or null. */
function operationProblem(folder, target) {
  if (!(folder in operations)) return `src/ops/${folder} is not in the table of scripts/layers.cjs`;
  const sees = operations[folder];
  if (target === folder || sees.includes(target)) return null;
  return `ops/${folder} may not import ops/${target}; it sees ${sees.join(', ') || 'no other folder'}`;
}

/** Why a file of src/<layer>/ may not import `source`, or null. */
function sourceProblem(layer, file, source, root) {
  if (!(layer in layers)) return `src/${layer} is not in the table of scripts/layers.cjs`;
  if (source.startsWith('node:')) return null;
  if (!source.startsWith('.')) {
    if (layer === 'native' && source === '#addon') return null;
    // Programs and pictures may use an optional peer where it is installed.
    if (['cli', 'plot'].includes(layer) && source in peerDependencies) return null;
    return `src imports no package ('${source}'): relative paths only`;
  }
  const [top, target, ...rest] = partsOf(path.resolve(path.dirname(file), source), root);
  if (top !== 'src') return `'${source}' is outside src`;
  if (target === undefined || (rest.length === 0 && !(target in layers))) {
    return `'${source}': only programs and tests see all of src; ${layer} is a layer of it`;
  }
  if (target === 'ops' && layer === 'ops') {
    const [, , folder, ...inside] = partsOf(file, root);
    return inside.length === 0 ? null : operationProblem(folder, rest.length > 1 ? rest[0] : '');
  }
  if (target === layer || layers[layer].includes(target)) return null;
  return `${layer} may not import ${target}; it sees ${layers[layer].join(', ') || 'no layer'}`;
}

/** Why a test, an example or a bench may not import `source`, or null. */
function outsideProblem(parts, file, source, root) {
  if (!source.startsWith('.')) return null;
  const [top, target] = partsOf(path.resolve(path.dirname(file), source), root);
  if (top !== 'src') return null;
  const [kind, layer] = parts;
  if (kind === 'bench' && target === 'native') return null;
  const sees = kind === 'test' && layer in layers && [layer, ...layers[layer]].includes(target);
  return sees
    ? null
    : `import from 'ostinato' (a test in test/<layer>/ also sees what that layer sees, a bench src/native)`;
}

function problemOf(file, source, root) {
  const parts = partsOf(file, root);
  if (parts[0] !== 'src') return outsideProblem(parts, file, source, root);
  return parts.length === 2 ? null : sourceProblem(parts[1], file, source, root);
}

/** @type {import('eslint').Rule.RuleModule} */
const downward = {
  meta: { type: 'problem', schema: [], messages: { layer: '{{problem}}' } },
  create(context) {
    function check(node, literal) {
      if (typeof literal?.value !== 'string') return;
      const problem = problemOf(context.filename, literal.value, context.cwd);
      if (problem !== null) context.report({ node, messageId: 'layer', data: { problem } });
    }
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node, node.expression),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0]),
      'TSModuleDeclaration > Literal.id': (literal) => check(literal, literal),
    };
  },
};

const importOf =
  /\b(?:import|export)\b[^'";]*?\bfrom\s*['"](\.[^'"]+)['"]|\bimport\s*\(?\s*['"](\.[^'"]+)['"]/g;
const comments = /\/\*[^]*?\*\/|\/\/.*/g;

/** The file that a relative import names, or null. */
function resolved(file, source) {
  const base = path.resolve(path.dirname(file), source);
  return [`${base}.ts`, path.join(base, 'index.ts')].find((name) => fs.existsSync(name)) ?? null;
}

/** What each file of src/ imports, types included; read again when the file has changed. */
const graph = new Map();
function importsOf(file) {
  const { mtimeMs } = fs.statSync(file);
  const known = graph.get(file);
  if (known !== undefined && known.mtimeMs === mtimeMs) return known.imports;
  const text = fs.readFileSync(file, 'utf8').replace(comments, '');
  const imports = [...text.matchAll(importOf)].flatMap(([, from, plain]) => {
    const target = resolved(file, from ?? plain);
    return target === null ? [] : [target];
  });
  graph.set(file, { mtimeMs, imports });
  return imports;
}

/** The shortest way along imports from one file to another, both included, or null. */
function wayBetween(start, end) {
  const from = new Map([[start, null]]);
  for (const file of from.keys()) {
    if (file === end) {
      const way = [];
      for (let step = file; step !== null; step = from.get(step)) way.unshift(step);
      return way;
    }
    for (const next of importsOf(file)) if (!from.has(next)) from.set(next, file);
  }
  return null;
}

/** @type {import('eslint').Rule.RuleModule} */
const acyclic = {
  meta: { type: 'problem', schema: [], messages: { circle: 'a circle of imports: {{way}}' } },
  create(context) {
    const { filename, cwd } = context;
    if (partsOf(filename, cwd)[0] !== 'src') return {};
    function check(node) {
      if (typeof node.source?.value !== 'string' || !node.source.value.startsWith('.')) return;
      const target = resolved(filename, node.source.value);
      const way = target === null ? null : wayBetween(target, filename);
      if (way === null) return;
      const names = [filename, ...way].map((file) =>
        partsOf(file, path.join(cwd, 'src')).join('/'),
      );
      context.report({ node, messageId: 'circle', data: { way: names.join(' → ') } });
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};

module.exports = { layers, operations, plugin: { rules: { downward, acyclic } } };
