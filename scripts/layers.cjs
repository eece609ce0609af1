'use strict';
// The layers of src/ and the ESLint rule that keeps every import pointing downward. The table is the
// one place that says who may see whom; docs/architecture.md explains it.

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
  optim: ['check', 'native', 'tensor', 'autograd', 'ops'],
  data: ['check', 'tensor', 'ops', 'random'],
  io: ['check', 'tensor', 'ops', 'nn'],
  plot: ['check', 'tensor', 'ops'],
  generate: ['check', 'tensor', 'autograd', 'ops', 'random', 'nn'],
  train: [
    'check',
    'tensor',
    'autograd',
    'ops',
    'random',
    'nn',
    'optim',
    'data',
    'io',
    'plot',
    'generate',
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
    'train',
  ],
};

/** ['src', 'nn', ...] of a file, as seen from the root of the repository. */
const partsOf = (file, root) => path.relative(root, file).split(path.sep);

/** Why a file of src/<layer>/ may not import `source`, or null. */
function sourceProblem(layer, file, source, root) {
  if (!(layer in layers)) return `src/${layer} is not in the table of scripts/layers.cjs`;
  if (source.startsWith('node:')) return null;
  if (!source.startsWith('.')) {
    // Programs and pictures may use an optional peer where it is installed.
    if (['cli', 'plot'].includes(layer) && source in peerDependencies) return null;
    return `src imports no package ('${source}'): relative paths only`;
  }
  const [top, target, ...rest] = partsOf(path.resolve(path.dirname(file), source), root);
  if (top !== 'src') return `'${source}' is outside src`;
  if (target === undefined || (rest.length === 0 && !(target in layers))) {
    return `'${source}': only programs and tests see all of src; ${layer} is a layer of it`;
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
  const sees = kind === 'test' && layer in layers && [layer, ...layers[layer]].includes(target);
  return sees
    ? null
    : `import from 'ostinato' (a test in test/<layer>/ also sees what that layer sees)`;
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

module.exports = { layers, plugin: { rules: { downward } } };
