/**
 * What `structuredClone` and `postMessage` refuse, with a reason: they give back an object without its class. A field that
 * holds a symbol is what they cannot clone, and they name it in their error.
 */
export const uncloneable = (reason: string): symbol => Symbol(reason);
