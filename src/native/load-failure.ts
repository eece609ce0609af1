// What a user reads when no add-on loads: what was tried, and the remedies that fit how this copy came here.

import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Why an add-on was not taken. `kind` decides the remedy. */
export interface Failure {
  readonly kind: 'missing' | 'damaged' | 'otherVersion' | 'notLoaded' | 'forbidden';
  readonly reason: string;
}

export interface Surroundings {
  /** The package's folder, or null (see LoadContext). */
  readonly root: string | null;
  /** A folder of prebuilds/. */
  readonly platform: string;
  readonly prebuiltPlatforms: readonly string[];
  readonly isNamed: boolean;
}

// What Linux, macOS and Windows say of a file that is no library of theirs. glibc passes over a library for another
// processor as if it were not there.
const isNoLibrary =
  /invalid ELF header|wrong ELF class|file too short|not valid mach-o|incompatible architecture|not a valid Win32/;
const isPassedOver = /\.node: cannot open shared object file/;

/**
 * Node's first line about it: the rest is where the `require` was. Loaders of bundlers put a heading before it, which ends
 * with a colon.
 */
export function failureOf(error: unknown): Failure {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: String(error) }; // prettier-ignore
  const lines = message.split('\n');
  const reason = lines.find((line) => !line.endsWith(':')) ?? message;
  if (code === 'MODULE_NOT_FOUND') return { kind: 'missing', reason: 'not there' };
  if (code === 'ERR_DLOPEN_DISABLED') return { kind: 'forbidden', reason };
  if (isPassedOver.test(reason))
    return { kind: 'damaged', reason: 'not there, or made for another processor' };
  return { kind: isNoLibrary.test(reason) ? 'damaged' : 'notLoaded', reason };
}

const isPackageFolder = (root: string): boolean => existsSync(join(root, 'native', 'sources.json'));

/** The command that runs the package's program, by the package manager that wrote `root`. */
function programOf(root: string): string {
  if (root.includes(`${sep}.pnpm${sep}`)) return 'pnpm exec ostinato';
  if (root.includes(`${sep}.yarn${sep}`)) return 'yarn ostinato';
  return process.versions['bun'] === undefined ? 'npx ostinato' : 'bunx ostinato';
}

function remediesOf(
  failures: readonly Failure[],
  { root, platform, prebuiltPlatforms }: Surroundings,
): string[] {
  const kinds = new Set(failures.map(({ kind }) => kind));
  if (kinds.has('forbidden')) return ['start Node with --allow-addons beside --permission'];
  if (root === null || !isPackageFolder(root)) {
    return [
      "mark 'ostinato' as external in the bundler, which leaves it in node_modules beside its add-on",
      'or have the bundler copy files that end in .node (docs/deployment.md says how in each)',
    ];
  }
  if (!root.split(sep).includes('node_modules'))
    return [
      'build it: npm run build:native (node scripts/build-addon.cjs --verbose shows why a build fails)',
    ];
  const build = `build it from source: ${programOf(root)} build (it needs a C++20 compiler)`;
  if (!prebuiltPlatforms.includes(platform)) return [build];
  const again = `install it again: delete ${root}, and install`;
  return kinds.has('notLoaded') ? [build, again] : [again, build];
}

/** The error that names each add-on that was tried, and numbered remedies. */
export function loadFailure(
  tried: readonly (Failure & { readonly name: string })[],
  surroundings: Surroundings,
): Error {
  const { platform, prebuiltPlatforms, isNamed } = surroundings;
  const lines = tried.map(({ name, reason }) => `  ${name}: ${reason}`);
  if (!isNamed && !prebuiltPlatforms.includes(platform))
    lines.push(`  none is prebuilt for ${platform}, only for ${prebuiltPlatforms.join(', ')}`);
  const remedies = isNamed
    ? [
        'unset OSTINATO_ADDON, which names the only file tried, or have it name an add-on of this version',
      ]
    : remediesOf(tried, surroundings);
  return new Error(
    [
      `ostinato: the native add-on could not be loaded on ${platform}, Node ${process.version}`,
      ...lines,
      'To fix it:',
      ...remedies.map((remedy, i) => `  ${i + 1}. ${remedy}`),
    ].join('\n'),
  );
}
