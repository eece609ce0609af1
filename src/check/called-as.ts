/** Operations that are made of others: what those refuse is said in the name of the one that the user called. */

/** Runs `body`, whose errors name `operation`. */
export function calledAs<R>(operation: string, body: () => R): R {
  try {
    return body();
  } catch (error) {
    throw renamed(operation, error);
  }
}

/** `error`, its sentence (`name: …`) in the name of `operation`; what is said of the function that is compiled, or of us, stays. */
function renamed(operation: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message, stack } = error;
  const sentence = /^(?!compile:|internal:)\w+(: .*)$/s.exec(message);
  if (sentence === null) return error;
  error.message = operation + sentence[1];
  // V8 writes the stack, which begins with the message, when the error is made.
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
  return error;
}
