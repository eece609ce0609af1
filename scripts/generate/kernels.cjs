'use strict';
// From the lists of kernels (native/kernels/kernels.inc) and of an instance's other calls (native/binding/calls.inc): which kernels there
// are, the functions that call them, and where their arguments are.
//
// Kernels with the same parameters share one function, which stores them and calls the kernel that it is given.

const path = require('node:path');
const { effects, readCalls, readKernels, structOf } = require('./lists.cjs');
const { stridedPositions, stridedText } = require('./strided.cjs');
const { headingOf, pascal, positionsText, structText, typeNames } = require('./text.cjs');

// A longer list of parameters is passed by name, as one object: V8 makes none where it inlines the call.
const mostPositional = 6;

const stored = {
  memory: (from) => `${from}.address`,
  memoryOrNull: (from) => `addressOf(${from})`,
  number: (from) => from,
  flag: (from) => `${from} ? 1 : 0`,
};

const keyOf = (parameters) =>
  parameters.map(({ name, type, struct }) => `${name}: ${struct ?? type}`).join(', ');

/** The kernels by their parameters: `{ name, parameters, kernels }[]`, named after the macro that most have, or the first. */
function signaturesOf(kernels) {
  const byKey = new Map();
  for (const kernel of kernels) {
    const key = keyOf(kernel.parameters);
    if (!byKey.has(key)) byKey.set(key, []);
    byKey.get(key).push(kernel);
  }
  return [...byKey.values()].map((group) => {
    const counts = new Map();
    for (const { via } of group) if (via !== null) counts.set(via, (counts.get(via) ?? 0) + 1);
    const [macro] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [null];
    const [{ parameters, name }] = group;
    const struct = parameters[0]?.struct;
    return { name: struct ?? pascal(macro ?? name), parameters, kernels: group };
  });
}

const doc = (kernels) => {
  const names = kernels.map(({ name }) => name).join(' ');
  const lines = [];
  for (let rest = names; rest !== '';) {
    const cut = rest.length <= 110 ? rest.length : rest.lastIndexOf(' ', 110);
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  return lines.length === 1
    ? `/** ${lines[0]} */`
    : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */`;
};

const isElementwise = ({ parameters }) => parameters.some(({ type }) => type === 'strided');

/** Whether a signature's function takes one object; its interface has the signature's name. */
const takesObject = (signature) =>
  signature.parameters[0]?.struct !== undefined ||
  (!isElementwise(signature) && signature.parameters.length > mostPositional);

function functionText(signature, structs) {
  const { name, parameters, kernels } = signature;
  const struct = parameters[0]?.struct;
  const fields = struct ? structs.get(struct) : parameters;
  const passed = fields.filter(({ type }) => type !== 'strided');
  const operands = passed.filter(({ type }) => type === 'memory');
  const elementwise = isElementwise(signature);
  const typeOf = ({ type }) => (elementwise && type === 'memory' ? 'Elements' : typeNames[type]);
  const object = takesObject(signature);
  const list = object
    ? `s: ${name}`
    : passed.map((parameter) => `${parameter.name}: ${typeOf(parameter)}`).join(', ');
  const body = passed.map(
    ({ name: field, type }, i) => `  args[${i}] = ${stored[type](object ? `s.${field}` : field)};`,
  );
  if (elementwise) {
    body.unshift(
      `  writeStrided${operands.length}(${passed.length}, ${operands.map((one) => one.name).join(', ')});`,
    );
  }
  return `${doc(kernels)}\nexport function run${name}(run: Kernel<'${name}'>, ${list}): void {\n${body.join('\n')}\n  run();\n}\n`;
}

function listText(kernels, signatures) {
  const names = new Map(
    signatures.flatMap((signature) =>
      signature.kernels.map((kernel) => [kernel.name, signature.name]),
    ),
  );
  const rows = (some) => some.map(({ name }) => `  ${name}: '${names.get(name)}';`).join('\n');
  const effectRows = kernels
    .filter(({ effect }) => effect !== null)
    .flatMap(({ name, suffixes, effect }) =>
      (suffixes === null ? [name] : suffixes.map((suffix) => `${name}_${suffix}`)).map(
        (one) => `  ${one}: '${effect}',`,
      ),
    );
  return `${headingOf('native/kernels/kernels.inc')}
/** Which kernels there are, and what each does. */

/** The parameters (a signature's name) of each kernel with element types. */
export interface TypedKernels {
${rows(kernels.filter(({ suffixes }) => suffixes !== null))}
}

/** The same of the kernels without an element type. */
export interface PlainKernels {
${rows(kernels.filter(({ suffixes }) => suffixes === null))}
}

/** What a kernel does besides computing what it writes: native/kernels/kernels.inc. */
export type KernelEffect = ${effects.map((effect) => `'${effect}'`).join(' | ')};

/** The kernels that have one. */
export const kernelEffects: Readonly<Partial<Record<string, KernelEffect>>> = {
${effectRows.join('\n')}
};
`;
}

const sources = 'native/kernels/kernels.inc and native/binding/calls.inc';

function callsText(signatures, structs) {
  const interfaces = signatures
    .filter(takesObject)
    .map((signature) => [signature.name, structs.get(signature.name) ?? signature.parameters]);
  return `${headingOf(sources)}
/**
 * Calls of kernels by name: for each list of parameters the function that stores the arguments in the argument block and calls
 * a kernel. An elementwise kernel's operands broadcast to the last, its output; see strided.ts.
 */
import { args } from './instance';
import type { Kernel } from './kernels';
import type { Memory } from './memory';
import { maxDims, mergeDims, mergedSizes, mergedStrides, type Elements } from './strided';

const addressOf = (memory: Memory | null): number => (memory === null ? 0 : memory.address);

${stridedText}
${interfaces.map(([name, fields]) => structText(name, fields)).join('\n')}
${signatures.map((signature) => functionText(signature, structs)).join('\n')}`;
}

function positionsOf(signatures, structs) {
  const each = signatures.map(({ name, parameters }) =>
    positionsText(
      `${name}At`,
      (structs.get(name) ?? parameters).filter(({ type }) => type !== 'strided'),
      `the arguments of run${name} are`,
    ),
  );
  return `${headingOf(sources)}
/** Where the arguments of calls are in the argument block, and so in recorded calls. */

${[stridedPositions, ...each].join('\n')}`;
}

/** The files of TypeScript by their places from `root`. */
function kernelFiles(root, read) {
  const folder = path.join(root, 'native', 'kernels');
  const kernels = readKernels(folder, read);
  const headers = ['arguments.h', 'normalized-arguments.h']
    .map((file) => read(path.join(folder, 'sequence', file)))
    .join('\n');
  const own = signaturesOf(kernels);
  const structs = new Map(
    own
      .filter(({ parameters }) => parameters[0]?.struct !== undefined)
      .map(({ name }) => [name, structOf(name, headers)]),
  );
  const calls = readCalls(path.join(root, 'native', 'binding', 'calls.inc'), read).map(
    ({ name, parameters }) => ({ name: pascal(name), parameters, kernels: [{ name }] }),
  );
  return {
    'src/native/kernel-list.ts': listText(kernels, own),
    'src/native/calls.ts': callsText([...own, ...calls], structs),
    'src/native/positions.ts': positionsOf([...own, ...calls], structs),
  };
}

module.exports = { kernelFiles };
