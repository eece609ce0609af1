/** What is wrong with the names of a package's exports, in namespaces too. */
export function misnamed(exported: object, allowed?: readonly string[]): string[];
