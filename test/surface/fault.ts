// What an error must be to be ours.
import { types } from 'node:util';

const { isNativeError } = types;

const engineWords =
  /Cannot (read|set|convert|destructure|mix|access)|is not a function|is not iterable|is not a constructor|is not defined(?! for)|undefined \(reading|Invalid (array|typed array|string) length|Invalid array buffer length|Maximum call stack|must be a constructor|called on (null|non-object|incompatible)|Class constructor|Method [A-Z]\w+\.|The "[^"]+" (argument|property)|ERR_|object null is not|Reduce of empty|offset is out of bounds|Array buffer allocation|on proxy|has been revoked|is not a valid|is read-only|has only a getter|not extensible|toFixed|toString\(\) radix|BigInt(?!64Array|Uint64Array)/;

/** Null for an error in our form, else what is wrong with it. */
export function fault(error: unknown): string | null {
  // The engine's own errors are of another realm than the tests'.
  if (!isNativeError(error)) return `threw ${typeof error}`;
  const { message } = error;
  if (message.includes('internal:')) return message;
  if (error.name === 'AbortError') return null;
  if (engineWords.test(message)) return message;
  return /^[\w.]+: ./.test(message) ? null : `not in our form: ${message}`;
}
