// The sentences about files, of errors as the runtimes make them.
import { failure } from '../../src/io/system-error';

const sentenceOf = (error: unknown): string => failure('save', 'write', 'x', error).message;

test('the code of an error is said, and what it means', () => {
  expect(sentenceOf(Object.assign(new Error('full'), { code: 'ENOSPC' }))).toBe(
    'save: cannot write x: the disk is full (ENOSPC)',
  );
  expect(sentenceOf(new Error('what'))).toBe(
    'save: cannot write x: the system refuses (unknown error)',
  );
});

// Deno says of most errors a code, of others this. On Windows the numbers are other ones.
test('the number of an error without a code is looked up', () => {
  const error = new Error('File too large (os error 27)');
  expect(sentenceOf(error)).toBe(
    process.platform === 'win32'
      ? 'save: cannot write x: the system refuses (unknown error)'
      : 'save: cannot write x: the file would be too large (EFBIG)',
  );
});
