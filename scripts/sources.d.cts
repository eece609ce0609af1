/** native/sources.json: paths from the root of the repository. */
export const sources: {
  readonly common: readonly string[];
  readonly addon: readonly string[];
  readonly kernels: readonly string[];
  readonly narrowKernels: readonly string[];
  readonly isas: Readonly<
    Record<string, { arch: string; base?: string; flags: readonly string[] }>
  >;
  readonly addonFlags: readonly string[];
  readonly addonDefinitions: readonly string[];
  readonly flags: readonly string[];
};
export function isasFor(arch: string): [name: string, flags: readonly string[]][];
export function neededFor(arch: string): [name: string, flags: readonly string[]][];
export function kernelsOf(isa: string): readonly string[];
export function kernelDefinitionsOf(isa: string): string[];
export function definitionsOf(sets: readonly [name: string, flags: readonly string[]][]): string[];
export function hasDefinitions(arch: string): string[];
export function nodeAddonApi(): string | null;
