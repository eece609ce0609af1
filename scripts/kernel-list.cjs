'use strict';
// Reads the list of kernels (native/kernels/kernels.inc and what it includes): each kernel's name, element types and
// parameters, in the order in which C++ declares and numbers them.

const fs = require('node:fs');
const path = require('node:path');

/** Suffixes of the element types of each macro of the list; null for a kernel without one. */
const families = {
  KERNEL_FLOAT: ['f32', 'f64'],
  KERNEL_NUMBER: ['f32', 'f64', 'i32'],
  KERNEL_ANY: ['f32', 'f64', 'i32', 'u8'],
  KERNEL_PLAIN: null,
};

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

/** The fields of a struct of arguments, as parameters. */
function structOf(name, headers) {
  const body = new RegExp(`struct\\s+${name}\\s*\\{([^}]*)\\}`).exec(withoutComments(headers));
  if (body === null)
    throw new Error(`kernels.inc: struct ${name} was not found in sequence/arguments.h`);
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

/** Reads the list. @returns {{ name, suffixes, parameters, via }[]}: `via` is the macro that wrote the parameters, or null. */
function readKernels(folder, read = (file) => fs.readFileSync(file, 'utf8')) {
  const macros = new Map();
  const kernels = [];
  let pending = '';
  const expand = (text, via) => {
    const call = /^(\w+)\s*\(/.exec(text);
    if (call === null) throw new Error(`kernels.inc: cannot read '${text}'`);
    const { inside, end } = bracketed(text, text.indexOf('('));
    const others = text.slice(end + 1).trim();
    if (others !== '') {
      expand(text.slice(0, end + 1), via);
      expand(others, via);
      return;
    }
    const parts = split(inside);
    if (Object.hasOwn(families, call[1])) {
      const [name, given] = parts;
      const macro = given === undefined ? undefined : macros.get(given);
      const list = macro ? macro.body : given;
      if (!/^\w+$/.test(name) || !list || !list.startsWith('(')) {
        throw new Error(`kernels.inc: cannot read '${text}': expected NAME, (PARAMETERS)`);
      }
      const parameters = split(list.slice(1, -1))
        .map((parameter) => parameterOf(parameter, name))
        .filter((parameter) => parameter !== null);
      kernels.push({ name, suffixes: families[call[1]], parameters, via: macro ? given : via });
      return;
    }
    const macro = macros.get(call[1]);
    if (macro === undefined || macro.parameters === null) {
      throw new Error(`kernels.inc: unknown macro ${call[1]} in '${text}'`);
    }
    let body = macro.body;
    macro.parameters.forEach((parameter, i) => {
      body = body.replace(new RegExp(`\\b${parameter}\\b`, 'g'), () => parts[i]);
    });
    body = body.replace(/\s*##\s*/g, '');
    expand(body, call[1]);
  };
  for (const line of linesOf(path.join(folder, 'kernels.inc'), read)) {
    const define = /^#\s*define\s+(\w+)(\(([^)]*)\))?\s*(.*)$/.exec(line);
    if (define) {
      const [, name, brackets, names, body] = define;
      // The empty defaults of the four macros that the list is made of.
      if (Object.hasOwn(families, name)) continue;
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
  if (pending !== '') throw new Error(`kernels.inc: '${pending}' has no end`);
  return kernels;
}

module.exports = { readKernels, structOf };
