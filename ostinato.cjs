#!/usr/bin/env node
'use strict';
// The program `ostinato`. `ostinato build` must work where the package itself does not load.

if (process.argv[2] === 'build') {
  process.argv.splice(2, 1);
  require('./scripts/build-addon.cjs');
} else {
  require('./dist/cli/main.js');
}
