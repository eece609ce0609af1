// The ESM door to the one CommonJS implementation, so that `import` and `require` share its state.
export * from './dist/index.js';
