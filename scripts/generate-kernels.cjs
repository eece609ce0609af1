'use strict';
// Writes what follows from the lists that C++ and TypeScript share, and from the package's version:
//
//   src/native/generated.ts       the kernels (native/kernels/kernels.inc), the calls of an instance (native/binding/calls.inc),
//                                 and the structures of programs and recordings (native/binding/program.h)
//   src/native/constants.ts       the shared constants (native/constants.inc)
//   src/native/version.ts         the version, and the interface that the add-on must have
//   native/binding/interface.h    the interface that this add-on has
//
//   node scripts/generate-kernels.cjs            writes them
//   node scripts/generate-kernels.cjs --check    fails where one is not what would be written
//
// Kernels with the same parameters share one function that stores them and calls the kernel that it is given.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {
  effects,
  readCalls,
  readConstants,
  readKernels,
  structNames,
  structOf,
} = require('./kernel-list.cjs');

const root = path.resolve(__dirname, '..');
const folder = path.join(root, 'native', 'kernels');

// A longer list of parameters is passed by name, as one object: V8 makes none where it inlines the call.
const mostPositional = 6;

const pascal = (name) =>
  name
    .replace(/^KERNEL_/, '')
    .toLowerCase()
    .replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());

const typeNames = {
  memory: 'Memory',
  memoryOrNull: 'Memory | null',
  number: 'number',
  flag: 'boolean',
};
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

function structText(name, fields) {
  const members = fields.map(({ name: field, type }) => `  readonly ${field}: ${typeNames[type]};`);
  return `export interface ${name} {\n${members.join('\n')}\n}\n`;
}

function positionsText(name, parameters, what) {
  const entries = parameters.map(({ name: parameter }, i) => `${parameter}: ${i}`);
  return `/** Where ${what}. */\nexport const ${name} = { ${entries.join(', ')} } as const;\n`;
}

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

// The walk over an elementwise kernel's operands, as native/binding/arguments.h reads it. What strided.ts says of layouts
// decides; the common ones are written without asking it.
const stridedText = `
/** Where the parts of a walk are, from its first argument on: its sizes, then each operand's strides. */
export const StridedAt = { dims: 0, operands: 1, sizes: 2 } as const;

// The general case: one dimension when every operand is contiguous and has all elements or one.
function writeStrided(at: number, operands: readonly Elements[]): void {
  const count = operands.length;
  const out = operands[count - 1];
  let flat = true;
  for (let i = 0; i < count && flat; i++) {
    const x = operands[i];
    flat = x.contiguousLayout && (x.numel === out.numel || x.numel === 1);
    args[at + 3 + i] = x.numel === out.numel ? 1 : 0;
  }
  if (flat) {
    args[at] = 1;
    args[at + 1] = count;
    args[at + 2] = out.numel;
    return;
  }
  const dims = mergeDims(out.sizes, operands);
  args[at] = dims;
  args[at + 1] = count;
  let next = at + 2;
  for (let d = 0; d < dims; d++) args[next++] = mergedSizes[d];
  for (let i = 0; i < count; i++) {
    for (let d = 0; d < dims; d++) args[next++] = mergedStrides[i * maxDims + d];
  }
}

function writeStrided1(at: number, out: Elements): void {
  if (!out.contiguousLayout) return writeStrided(at, [out]);
  args[at] = 1;
  args[at + 1] = 1;
  args[at + 2] = out.numel;
  args[at + 3] = 1;
}

function writeStrided2(at: number, x: Elements, out: Elements): void {
  if (!x.contiguousLayout || !out.contiguousLayout || x.numel !== out.numel) {
    return writeStrided(at, [x, out]);
  }
  args[at] = 1;
  args[at + 1] = 2;
  args[at + 2] = out.numel;
  args[at + 3] = 1;
  args[at + 4] = 1;
}

function writeStrided3(at: number, a: Elements, b: Elements, out: Elements): void {
  const n = out.numel;
  if (
    !out.contiguousLayout ||
    !a.contiguousLayout ||
    !b.contiguousLayout ||
    (a.numel !== n && a.numel !== 1) ||
    (b.numel !== n && b.numel !== 1)
  ) {
    return writeStrided(at, [a, b, out]);
  }
  args[at] = 1;
  args[at + 1] = 3;
  args[at + 2] = n;
  args[at + 3] = a.numel === n ? 1 : 0;
  args[at + 4] = b.numel === n ? 1 : 0;
  args[at + 5] = 1;
}

const writeStrided4 = (at: number, a: Elements, b: Elements, c: Elements, out: Elements): void =>
  writeStrided(at, [a, b, c, out]);
`;

/** Of one structure of program.h: its fields, what appends it, where they are, how long it is. */
function recordText(name, fields) {
  const values = fields.map(({ name: field }) => `s.${field}`).join(', ');
  return `${structText(name, fields)}
export function push${name}(code: number[], s: ${name}): void {
  code.push(${values});
}

${positionsText(`${name}At`, fields, 'its fields are')}export const ${name}Length = ${fields.length};
`;
}

/** @param read reads a file; that of the disk unless given. @returns the text of each file of TypeScript, by its place from the root. */
function generate(read = (file) => fs.readFileSync(file, 'utf8')) {
  const kernels = readKernels(folder, read);
  const headers = read(path.join(folder, 'sequence', 'arguments.h'));
  const signatures = signaturesOf(kernels);
  const structs = new Map();
  for (const { parameters } of signatures) {
    const struct = parameters[0]?.struct;
    if (struct && !structs.has(struct)) structs.set(struct, structOf(struct, headers));
  }
  const interfaces = new Map(structs);
  for (const signature of signatures)
    if (takesObject(signature) && !structs.has(signature.name))
      interfaces.set(signature.name, signature.parameters);
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
  const calls = readCalls(path.join(root, 'native', 'binding', 'calls.inc'), read).map(
    ({ name, parameters }) => ({ name: pascal(name), parameters, kernels: [{ name }] }),
  );
  const program = path.join(root, 'native', 'binding', 'program.h');
  const formats = read(program);
  const text = `// Generated by scripts/generate-kernels.cjs from native/kernels/kernels.inc: npm run generate.
/**
 * The kernels by name: which there are, and for each list of parameters the function that stores the arguments in the
 * argument block and calls a kernel. An elementwise kernel's operands broadcast to the last, its output; see strided.ts.
 * Below them, the other calls of an instance, and the structures of programs and recordings (native/binding/program.h).
 */
import { args } from './instance';
import type { Kernel } from './kernels';
import type { Memory } from './memory';
import { maxDims, mergeDims, mergedSizes, mergedStrides, type Elements } from './strided';

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

const addressOf = (memory: Memory | null): number => (memory === null ? 0 : memory.address);
${stridedText}
${[...interfaces].map(([name, fields]) => structText(name, fields)).join('\n')}
${[...signatures, ...calls]
  .map((signature) => {
    const struct = signature.parameters[0]?.struct;
    const positions = (struct ? structs.get(struct) : signature.parameters).filter(
      ({ type }) => type !== 'strided',
    );
    return `${functionText(signature, structs)}\n${positionsText(`${signature.name}At`, positions, 'its arguments are in a recorded call')}`;
  })
  .join('\n')}
${structNames(formats)
  .map((name) => recordText(name, structOf(name, formats, 'binding/program.h')))
  .join('\n')}`;
  return { 'src/native/generated.ts': text, 'src/native/constants.ts': constantsText(read) };
}

function constantsText(read) {
  const groups = new Map();
  for (const { group, name, ofSet } of readConstants(
    path.join(root, 'native', 'constants.inc'),
    read,
  )) {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(`    readonly ${name}: ${ofSet ? 'OfSet' : 'number'};`);
  }
  const members = [...groups].map(
    ([group, rows]) => `  readonly ${group}: {\n${rows.join('\n')}\n  };`,
  );
  return `// Generated by scripts/generate-kernels.cjs from native/constants.inc: npm run generate.
/** Of the instruction set in use, for each element type. */
export type OfSet = Readonly<Record<'f32' | 'f64', number>>;

/** The numbers that C++ and TypeScript share, by group; native/constants.inc says what they are. */
export interface SharedConstants {
${members.join('\n')}
}
`;
}

/** What an add-on and the TypeScript beside it must agree on: the version and what is generated, shortened. */
function interfaceOf(version, generated) {
  const hash = createHash('sha256').update(Object.values(generated).join('\n'));
  return `${version}-${hash.digest('hex').slice(0, 12)}`;
}

const heading = '// Generated by scripts/generate-kernels.cjs: npm run generate.';

/** The files by their places from the root. */
function files() {
  const { version } = require('../package.json');
  const generated = generate();
  const own = interfaceOf(version, generated);
  return {
    ...generated,
    'src/native/version.ts': `${heading}
/** The package's version. */
export const version: string = '${version}';

/** The add-on that this TypeScript calls: version and kernels (native/binding/interface.h). */
export const addonInterface = '${own}';
`,
    'native/binding/interface.h': `${heading}
// What this add-on's callers must have been written for: version and kernels (src/native/version.ts).
#pragma once

namespace ostinato {

inline constexpr const char* addonInterface = "${own}";

}  // namespace ostinato
`,
  };
}

module.exports = { generate };

if (require.main === module) {
  void (async () => {
    const prettier = await import('prettier');
    for (const [name, text] of Object.entries(files())) {
      const file = path.join(root, name);
      const options = { ...(await prettier.resolveConfig(file)), filepath: file };
      const wanted = name.endsWith('.ts') ? await prettier.format(text, options) : text;
      if (!process.argv.includes('--check')) {
        fs.writeFileSync(file, wanted);
      } else if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== wanted) {
        console.error(
          `${name} is not what the lists in native/ and package.json say: run npm run generate`,
        );
        process.exitCode = 1;
      }
    }
  })();
}
