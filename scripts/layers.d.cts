import type { ESLint } from 'eslint';

export const layers: Readonly<Record<string, readonly string[]>>;
export const operations: Readonly<Record<string, readonly string[]>>;
export const plugin: ESLint.Plugin;
