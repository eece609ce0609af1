/** The links of a folder of HTML files that lead to no file or to no place in it, each as `file: target`. */
export function deadLinks(folder: string, base?: string): string[];
/** The names that no page of the folder describes. */
export function missingNames(
  folder: string,
  names: readonly string[],
  places: Readonly<Record<string, { path: string; id: string }>>,
): string[];
