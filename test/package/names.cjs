'use strict';
// The name of every function and class that a user can reach is the one that it is exported under: consoles, stack traces, printed modules
// and sentences have it.

const isObject = (value) => typeof value === 'object' && value !== null;

/** Functions of an object under another name, and what a console would print behind a function. */
function faultsOf(object, prefix, allowed, found) {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    const { value } = property;
    if (typeof value !== 'function' || name === 'constructor') continue;
    if (value.name !== name) found.push(`${prefix}${name} is named '${value.name}'`);
    const keys = Object.keys(value).filter((key) => !allowed.includes(`${prefix}${name}.${key}`));
    if (keys.length > 0) found.push(`${prefix}${name} shows ${keys.join(', ')}`);
    const { prototype } = value;
    if (isObject(prototype)) faultsOf(prototype, `${prefix}${name}.prototype.`, allowed, found);
  }
}

/**
 * What is wrong with the names of a package's exports, in namespaces too.
 * @param {object} exported
 * @param {readonly string[]} allowed functions of a function
 * @returns {string[]}
 */
function misnamed(exported, allowed = ['deepcopy.custom', 'tqdm.write']) {
  const found = [];
  const walk = (object, prefix) => {
    faultsOf(object, prefix, allowed, found);
    for (const [name, value] of Object.entries(object)) {
      if (name !== 'default' && name !== 'module.exports' && isObject(value))
        walk(value, `${prefix}${name}.`);
    }
  };
  walk(exported, '');
  return found;
}

module.exports = { misnamed };
