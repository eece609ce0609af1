/** The text to train on: a file, or the package's own sources and documents. */
import { constants } from 'node:buffer';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative } from 'node:path';

/** A sentence for the user; the program prints it and ends with exit code 1. */
export class UserError extends Error {}

/**
 * Reads a text file.
 * @throws UserError when it cannot be read, is empty, is not UTF-8 text, or has only one distinct character.
 */
export function readText(file: string): string {
  let bytes: Buffer;
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new UserError(`${file} is a folder; name a text file.`);
    if (found.size > constants.MAX_STRING_LENGTH) {
      throw new UserError(
        `${file} has ${found.size} bytes; a text may have ${constants.MAX_STRING_LENGTH}, so take a part of it.`,
      );
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be read: ${reason(error)}.`);
  }
  if (bytes.length === 0) throw new UserError(`${file} is empty; there is nothing to learn from.`);
  const text = decode(bytes);
  if (text === null) {
    throw new UserError(`${file} is not a text file in UTF-8; convert it first.`);
  }
  checkText(file, text);
  return text;
}

const reason = (error: unknown): string => {
  const { code } = error as { code?: string };
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied';
  return error instanceof Error ? error.message : String(error);
};

function decode(bytes: Buffer): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function checkText(file: string, text: string): void {
  // The text may have a hundred million characters: no array of them.
  const first = text.codePointAt(0)!;
  const width = first > 0xffff ? 2 : 1;
  let at = width;
  while (at < text.length && text.codePointAt(at) === first) at += width;
  if (at >= text.length) {
    throw new UserError(
      `${file} has only ${text.length === width ? 'one character' : 'one distinct character'}; a model needs at least two to learn what follows what.`,
    );
  }
}

const kinds = new Set(['.md', '.ts', '.js', '.cc', '.h', '.inc']);
const folders = ['docs', 'src', 'native', 'examples', 'dist'];

function* filesBelow(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (kinds.has(extname(entry.name)) && !entry.name.endsWith('.d.ts')) yield path;
  }
}

/** The package's own sources and documents as one text, in a fixed order. */
export function ownText(root: string): { text: string; files: number } {
  const files = readdirSync(root)
    .filter((name) => extname(name) === '.md')
    .sort()
    .map((name) => join(root, name));
  const present = new Set(readdirSync(root));
  for (const folder of folders) {
    // The compiled output repeats the sources; it is the substitute where they are not shipped.
    if (!present.has(folder) || (folder === 'dist' && present.has('src'))) continue;
    for (const file of filesBelow(join(root, folder))) files.push(file);
  }
  const text = files
    .map((file) => `==== ${relative(root, file)} ====\n${readFileSync(file, 'utf8')}\n`)
    .join('');
  return { text, files: files.length };
}
