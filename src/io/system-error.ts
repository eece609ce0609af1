/** What the system says of files, as sentences. */
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EBUSY: 'another program has it open',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  EEXIST: 'a file is where a folder has to be',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENXIO: 'nobody reads it',
};

/** The system's name of an error: `ENOENT`. Deno says of rare ones the number alone, in the message. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  const number = /\(os error (\d+)\)/.exec(String(message))?.[1];
  if (number === undefined || process.platform === 'win32') return 'unknown error';
  return getSystemErrorName(-Number(number));
}

/** What went wrong with a file, as one sentence; `code` and `cause` are the system's. */
export function failure(
  operation: string,
  attempt: 'read' | 'write',
  path: string,
  error: unknown,
): Error & { code: string } {
  const code = codeOf(error);
  const missing =
    attempt === 'read' ? 'there is no such file' : `there is no folder ${dirname(path)}`;
  const reason = code === 'ENOENT' ? missing : (reasons[code] ?? 'the system refuses');
  const sentence = `${operation}: cannot ${attempt} ${path}: ${reason} (${code})`;
  return Object.assign(new Error(sentence, { cause: error }), { code });
}

/** An error as the system would throw it. */
export const refusal = (code: string): Error => Object.assign(new Error(code), { code });
