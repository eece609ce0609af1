'use strict';
// How swc compiles a TypeScript file of this repository, for jest and for scripts/run.cjs: as tsc
// does for dist (target and module of tsconfig.json).

module.exports = {
  jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs', ignoreDynamic: true },
  sourceMaps: 'inline',
};
