/** `require` for what is loaded at its first use: what takes milliseconds, and what need not be installed. */
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Loads a module as this package would. Where a bundler has made it part of an ES module it has no file name, and the program's folder counts. */
export const load: (name: string) => unknown = createRequire(
  typeof __filename === 'string' ? __filename : join(process.cwd(), 'program.js'),
);
