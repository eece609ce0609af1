// Type-aware linting of everything TypeScript, the layering of src/, plain rules for the scripts.
// Formatting is prettier's.
import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import layering from './scripts/layers.cjs';

const globals = (...names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

// An array's elements as arguments overflow the stack from about 120,000 on.
const spreads = [
  {
    selector: ':matches(CallExpression, NewExpression) > SpreadElement.arguments',
    message: 'a long array overflows the stack as arguments: loop, reduce or concat',
  },
];

// Exact are sqrt, rounding and powers of two.
const inexactMath =
  '/^(pow|exp|expm1|log|log1p|log2|log10|sin|cos|tan|sinh|cosh|tanh|asin|acos|atan|cbrt|hypot)/';
const inexact = [
  `MemberExpression[object.name="Math"][property.name=${inexactMath}]`,
  ':matches(BinaryExpression[operator="**"]:not([left.value=2]), AssignmentExpression[operator="**="])',
].map((selector) => ({
  selector,
  message: 'JavaScript engines differ in the last bit: src/native/scalar.ts, or a kernel',
}));

export default tseslint.config(
  { ignores: ['build/', 'site/build/', 'dist/', 'coverage/', 'prebuilds/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { layers: layering.plugin },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'layers/downward': 'error',
      'layers/acyclic': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@typescript-eslint/no-empty-object-type': [
        'error',
        { allowInterfaces: 'with-single-extends' },
      ],
    },
  },
  {
    files: ['src/**'],
    rules: {
      // A public function asks whether it was given more arguments than it has (check/surplus.ts); a rest parameter for that
      // would be an array in each call, and part of the declared type.
      'prefer-rest-params': 'off',
      'no-restricted-syntax': ['error', ...spreads, ...inexact],
    },
  },
  {
    // Operations are recorded by the declaration of their gradient.
    files: ['src/ops/**', 'src/random/**'],
    ignores: [
      'src/ops/attention/attention.ts',
      'src/ops/declare/gradient.ts',
      'src/ops/elementwise/declaration.ts',
      'src/ops/sequence/normalized.ts',
      'src/ops/sequence/sequence.ts',
    ],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/autograd/node', '**/autograd/tuple'],
              allowTypeImports: true,
              message: 'declare the gradient: src/ops/declare/gradient.ts',
            },
          ],
        },
      ],
    },
  },
  // Charts are looked at.
  { files: ['src/plot/**'], rules: { 'no-restricted-syntax': ['error', ...spreads] } },
  {
    // Programs speak to the terminal.
    files: ['src/cli/**', 'examples/**', 'bench/**', 'test/fuzz/main.ts', 'test/io/interop/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo)$/]',
          message: 'every test runs',
        },
      ],
    },
  },
  {
    // Programs of a project of its own (test/package), which the compiler checks.
    files: ['**/*.mts', '**/*.cts'],
    languageOptions: { parser: tseslint.parser },
    rules: { 'no-undef': 'off', 'no-unused-vars': 'off' },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: globals(
        'require',
        'module',
        'process',
        'console',
        '__dirname',
        '__filename',
        'Buffer',
      ),
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: globals('process', 'console', 'Buffer', 'URL') },
  },
  prettier,
);
