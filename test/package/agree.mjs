// In a project that has the packed package installed: `import` and `require` give the same names and
// the very same objects, hence one autograd state and one generator.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as imported from 'ostinato';
import { manualSeed, nn, randn } from 'ostinato';

const require = createRequire(import.meta.url);
const required = require('ostinato');
const { misnamed } = require('./names.cjs');

const names = (object) =>
  Object.keys(object)
    .filter((name) => name !== 'default' && name !== '__esModule')
    .sort();
// Node 23 and later also list the CommonJS module itself.
assert.deepEqual(
  names(imported).filter((name) => name !== 'module.exports'),
  names(required),
);
for (const name of names(required)) assert.equal(imported[name], required[name], name);

manualSeed(7);
const first = randn([3]).toArray();
required.manualSeed(7);
assert.deepEqual(required.randn([3]).toArray(), first);

assert.deepEqual(misnamed(required), []);

const linear = new nn.Linear(3, 2);
required.noGrad(() => assert.equal(linear.forward(randn([1, 3])).requiresGrad, false));
assert.ok(linear instanceof required.nn.Module);

console.log(`import and require agree on ${names(required).length} names`);
