/** Where a file is, as callers say it. */
import { fileURLToPath } from 'node:url';
import { isInstance, rule } from '../check';

/** Where a file is: a path, or a URL that begins with `file:`. */
export type FilePath = string | URL;

const isUrl = (value: unknown): value is URL => isInstance(value, URL);
function toPath(value: string | URL): string | null {
  try {
    return isUrl(value) ? fileURLToPath(value) : value;
  } catch {
    return null; // A URL of another protocol, or of another host.
  }
}
const isPath = (path: string | null): boolean =>
  path !== null && path !== '' && !path.includes('\0');

const filePath = rule<FilePath>(
  'the path of a file, a string or a file: URL',
  (value) => typeof value === 'string' || isUrl(value),
  (value) => isPath(toPath(value)),
);

/**
 * The path that a caller gave, as a string.
 * @throws TypeError for what is neither a string nor a URL; RangeError for an empty path, a null character in it, a URL
 * that names no file here.
 */
export const pathOf = (operation: string, value: unknown): string =>
  toPath(filePath.check(operation, 'path', value)) as string;
