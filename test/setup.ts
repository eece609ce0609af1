/**
 * Before every test file: `toThrow` takes whole sentences. A text is the whole message, a regular expression matches all of it, an
 * error has the kind and the message. A class alone is refused, as is nothing.
 */
type Expected = string | RegExp | Error;

const thrownBy = (promise: string | undefined, received: unknown): { error: unknown } | null => {
  if (promise === 'resolves' || promise === 'rejects') return { error: received };
  try {
    (received as () => unknown)();
    return null;
  } catch (error) {
    return { error };
  }
};

/** What the error should have been, where it is not that. */
function lacking(error: unknown, expected?: Expected): string | null {
  if (expected === undefined) return null;
  const { name, message } = error as Error;
  if (typeof expected === 'string') {
    return message === expected ? null : `the whole message: ${expected}`;
  }
  if (expected instanceof RegExp) {
    return expected.exec(message)?.[0] === message
      ? null
      : `all of the message: ${String(expected)}`;
  }
  return message === expected.message && name === expected.name
    ? null
    : `${expected.name}: ${expected.message}`;
}

expect.extend({
  toThrow(received: unknown, expected?: Expected) {
    if (typeof expected === 'function' || (expected === undefined && !this.isNot)) {
      const message = 'toThrow: say the whole sentence: a text, a regular expression, or an error';
      return { pass: this.isNot === true, message: () => message };
    }
    const thrown = thrownBy(this.promise, received);
    if (thrown === null)
      return { pass: false, message: () => 'expected an error, nothing was thrown' };
    const lack = lacking(thrown.error, expected);
    return {
      pass: lack === null,
      message: () => `expected ${lack ?? 'no error'}\nthrown   ${String(thrown.error)}`,
    };
  },
});
