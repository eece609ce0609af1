'use strict';
// Reads the lists that C++ and TypeScript are both made of: the kernels (native/kernels/kernels.inc and what it includes)
// with name, element types, parameters and effect, in the order in which C++ declares and numbers them; the calls of an
// instance (native/binding/calls.inc); the shared constants (native/constants.inc); and structures of a header.

const fs = require('node:fs');
const path = require('node:path');

/** Suffixes of the element types of each macro of the list; null for a kernel without one. */
const families = {
  KERNEL_FLOAT: ['f32', 'f64'],
  KERNEL_NUMBER: ['f32', 'f64', 'i32'],
  KERNEL_ANY: ['f32', 'f64', 'i32', 'u8'],
  KERNEL_PLAIN: null,
};
for (const [name, suffixes] of Object.entries(families))
  families[name.replace('KERNEL', 'NARROW')] = suffixes;

const withoutComments = (text) => text.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');

/** The lines of a file, `\` at their ends joined, the files that it includes in their places. */
function linesOf(file, read) {
  const folder = path.dirname(file);
  const text = withoutComments(read(file).replace(/\\\n/g, ' '));
  return text.split('\n').flatMap((line) => {
    const included = /^\s*#\s*include\s+"([^"]+)"/.exec(line);
    return included ? linesOf(path.join(folder, included[1]), read) : [line.trim()];
  });
}

/** `text` from an opening bracket on: what the bracket holds, and where it ends. */
function bracketed(text, start) {
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    if ('(<['.includes(text[i])) depth += text[i] === '<' ? 0 : 1;
    if (')]'.includes(text[i]) && --depth === 0)
      return { inside: text.slice(start + 1, i), end: i };
  }
  return null;
}

/** Splits at commas outside of brackets. */
function split(text) {
  const parts = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if ('(['.includes(text[i])) depth++;
    if (')]'.includes(text[i])) depth--;
    if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' && parts.length === 0 ? [] : [...parts, last];
}

const pointer = /^(const\s+)?(T|float|double|int32_t|uint8_t|uint32_t)\s*\*\s*(\w+)$/;

/** One parameter: `{ name, type }`, type as in `types` below; null for what the caller does not pass. */
function parameterOf(text, at) {
  const plain = text.replace(/\s+/g, ' ').trim();
  if (/^Work ?& ?\w+$/.test(plain)) return null;
  const nullable = /^Nullable<(.*)> (\w+)$/.exec(plain);
  const address = pointer.exec(nullable ? `${nullable[1]} ${nullable[2]}` : plain);
  if (address) return { name: address[3], type: nullable ? 'memoryOrNull' : 'memory' };
  const value = /^(int64_t|double|Flag) (\w+)$/.exec(plain);
  if (value) return { name: value[2], type: value[1] === 'Flag' ? 'flag' : 'number' };
  const strided = /^const Strided ?& ?(\w+)$/.exec(plain);
  if (strided) return { name: strided[1], type: 'strided' };
  const struct = /^const (\w+)<T> ?& ?(\w+)$/.exec(plain);
  if (struct) return { name: struct[2], type: 'struct', struct: struct[1] };
  throw new Error(`${at}: cannot read the parameter '${plain}'`);
}

/** The fields of a struct, as parameters; `headers` is the text that declares it, `where` its name in errors. */
function structOf(name, headers, where = 'sequence/arguments.h') {
  const body = new RegExp(`struct\\s+${name}\\s*\\{([^}]*)\\}`).exec(withoutComments(headers));
  if (body === null) throw new Error(`struct ${name} was not found in ${where}`);
  return body[1]
    .split(';')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter(Boolean)
    .flatMap((line) => {
      const [first, ...others] = line.split(',').map((part) => part.trim());
      const type = first.slice(0, first.lastIndexOf(' '));
      return [first, ...others.map((one) => `${type} ${one}`)].map((one) =>
        parameterOf(one, `struct ${name}`),
      );
    });
}

/** The names of the structs that a header declares. */
const structNames = (headers) =>
  [...withoutComments(headers).matchAll(/\bstruct\s+(\w+)\s*\{/g)].map(([, name]) => name);

/**
 * The lines of a list: calls of the macros `leaves`, in order, with every other macro replaced by what it stands for.
 * @returns {{ macro, parts, via, text }[]}: `parts` are the arguments, a macro among them as its body, `via` is the macro that
 * wrote the line or its parameters, or null.
 */
function readList(file, leaves, read = (one) => fs.readFileSync(one, 'utf8')) {
  const list = path.basename(file);
  const macros = new Map();
  const found = [];
  let pending = '';
  const expand = (text, via) => {
    const call = /^(\w+)\s*\(/.exec(text);
    if (call === null) throw new Error(`${list}: cannot read '${text}'`);
    const { inside, end } = bracketed(text, text.indexOf('('));
    const others = text.slice(end + 1).trim();
    if (others !== '') {
      expand(text.slice(0, end + 1), via);
      expand(others, via);
      return;
    }
    const given = split(inside);
    if (leaves.includes(call[1])) {
      const named = given.find((part) => macros.get(part)?.parameters === null);
      const parts = given.map((part) => (part === named ? macros.get(part).body : part));
      found.push({ macro: call[1], parts, via: named ?? via, text });
      return;
    }
    const macro = macros.get(call[1]);
    if (macro === undefined || macro.parameters === null) {
      throw new Error(`${list}: unknown macro ${call[1]} in '${text}'`);
    }
    let body = macro.body;
    macro.parameters.forEach((parameter, i) => {
      body = body.replace(new RegExp(`\\b${parameter}\\b`, 'g'), () => given[i]);
    });
    body = body.replace(/\s*##\s*/g, '');
    expand(body, call[1]);
  };
  for (const line of linesOf(file, read)) {
    const define = /^#\s*define\s+(\w+)(\(([^)]*)\))?\s*(.*)$/.exec(line);
    if (define) {
      const [, name, brackets, names, body] = define;
      // The empty defaults of the macros that the list is made of.
      if (leaves.includes(name)) continue;
      macros.set(name, {
        parameters: brackets === undefined ? null : names.split(',').map((one) => one.trim()),
        body: body.replace(/\s+/g, ' ').trim(),
      });
      continue;
    }
    if (line === '' || line.startsWith('#')) continue;
    pending = pending === '' ? line : `${pending} ${line}`;
    if (bracketed(pending, pending.indexOf('(')) === null) continue;
    expand(pending, null);
    pending = '';
  }
  if (pending !== '') throw new Error(`${list}: '${pending}' has no end`);
  return found;
}

/** What a kernel may do besides computing what it writes: kernels.inc. */
const effects = ['draws', 'checks', 'answers', 'outside'];

function parametersOf(name, list) {
  return split(list.slice(1, -1))
    .map((parameter) => parameterOf(parameter, name))
    .filter((parameter) => parameter !== null);
}

/**
 * Reads the list of kernels.
 * @returns {{ name, suffixes, parameters, effect, isNarrow, via }[]}: `effect` is null where there is none, `via` the macro that
 * wrote the parameters, or null.
 */
function readKernels(folder, read) {
  const lines = readList(path.join(folder, 'kernels.inc'), Object.keys(families), read);
  return lines.map(({ macro, parts, via, text }) => {
    const [name, list, effect = null] = parts;
    if (!/^\w+$/.test(name) || !list?.startsWith('(')) {
      throw new Error(`kernels.inc: cannot read '${text}': expected NAME, (PARAMETERS)`);
    }
    if (effect !== null && !effects.includes(effect)) {
      throw new Error(
        `kernels.inc: ${name}: '${effect}' is none of the effects ${effects.join(', ')}`,
      );
    }
    return {
      name,
      suffixes: families[macro],
      parameters: parametersOf(name, list),
      effect,
      isNarrow: macro.startsWith('NARROW'),
      via,
    };
  });
}

/** Reads the calls of an instance: `{ name, parameters }[]`. */
const readCalls = (file, read) =>
  readList(file, ['INSTANCE_CALL'], read).map(({ parts: [name, list] }) => ({
    name,
    parameters: parametersOf(name, list),
  }));

/** Reads the shared constants: `{ group, name, ofSet }[]`, `ofSet` for one that depends on instruction set and element type. */
const readConstants = (file, read) =>
  readList(file, ['SHARED_CONSTANT', 'SET_CONSTANT'], read).map(({ macro, parts }) => ({
    group: parts[0],
    name: parts[1],
    ofSet: macro === 'SET_CONSTANT',
  }));

module.exports = { effects, readCalls, readConstants, readKernels, structNames, structOf };
