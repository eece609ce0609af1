/** NumPy's files: one array (.npy), and arrays by name in a zip archive (.npz). */
import { boolean, oneOf, optionsTable, surplus } from '../check';
import { detach } from '../ops/copying/clone';
import { anyTensor } from '../tensor/rules';
import { contiguousStrides } from '../tensor/shape';
import { StateDict } from '../tensor/state-dict';
import { sizesOf, Tensor } from '../tensor/tensor';
import { checkFits, encoded, integerTypes, typeIn } from './element-writers';
import { readElements } from './elements';
import type { FileTypes } from './file-types';
import { writeFile } from './files';
import { refuse, within, withSource, type Source, quoted } from './malformed';
import { namedTensors } from './named';
import { npyHeader, readNpyHeader } from './npy-header';
import { pathOf, type FilePath } from './path';
import { entriesOf, isPlainName, openChecked } from './zip';
import { zipped, type Member } from './zip-writer';

/** Options of `saveNpy`: the types in which the file holds an array, where that is another than the tensor's own. */
export interface NpyOptions extends Pick<FileTypes, 'int32'> {
  /** Of float32 tensors. Default: float32. */
  float32?: 'float32' | 'float16';
  /** Of float64 tensors. Default: float64. */
  float64?: 'float64' | 'float32' | 'float16';
}

/** Options of `saveNpz`. */
export interface NpzOptions extends NpyOptions {
  /** Deflates the arrays, as `numpy.savez_compressed` does. Default: false. */
  compress?: boolean;
}

const npyTypes = {
  float32: oneOf('float32', 'float16').or('float32'),
  float64: oneOf('float64', 'float32', 'float16').or('float64'),
  int32: integerTypes,
};
const npyOptions = optionsTable<NpyOptions>('saveNpy', npyTypes);
const npzOptions = optionsTable<NpzOptions>('saveNpz', {
  ...npyTypes,
  compress: boolean.or(false),
});

function readNpy(operation: string, source: Source, name: string): Tensor {
  const { type, isBigEndian, isFortran, shape, begin } = readNpyHeader(source);
  const stored = isFortran ? [...shape].reverse() : shape;
  const out = readElements(operation, source, begin, stored, { type, name, isBigEndian });
  if (!isFortran || shape.length < 2) return out;
  return new Tensor(out.storage, out.dtype, shape, contiguousStrides(stored).reverse());
}

/** The parts of a .npy file. */
function npyParts(operation: string, name: string, x: Tensor, types: NpyOptions): Member['parts'] {
  const type = typeIn(types, x.dtype);
  checkFits(operation, name, x, type);
  return function* () {
    yield npyHeader(type, sizesOf(x));
    yield* encoded(x, type);
  };
}

/**
 * Reads an array of NumPy's (numpy.load). float16 becomes float32, uint8 stays uint8, integers of other widths become int32; big
 * endian is turned round. One in Fortran order is a view that is not contiguous, as it is in NumPy.
 * @throws TypeError for what is no path; RangeError for a malformed file, for arrays of objects, texts, records, dates and complex
 * numbers, and for integers that int32 does not hold; Error when the file cannot be read.
 * @example
 * io.saveNpy('x.npy', tensor([[1, 2], [3, 4]]));
 * io.loadNpy('x.npy').shape; // [2, 2]
 */
export function loadNpy(path: FilePath): Tensor {
  if (arguments.length > 1) surplus('loadNpy', arguments, 1, 'path');
  const target = pathOf('loadNpy', path);
  return withSource('loadNpy', target, (source) => readNpy('loadNpy', source, 'the array'));
}

/**
 * Writes a tensor as `numpy.save` writes an array, as a whole or not at all.
 * @throws TypeError for what is no path and no tensor; RangeError for integers that do not fit the type asked for; Error when the
 * file cannot be written.
 * @example io.saveNpy('x.npy', tensor([1, 2, 3]), { float32: 'float16' });
 */
export function saveNpy(path: FilePath, x: Tensor, options?: NpyOptions): void {
  if (arguments.length > 3) surplus('saveNpy', arguments, 3, 'options');
  const given = detach(anyTensor.check('saveNpy', 'x', x));
  const parts = npyParts('saveNpy', 'x', given, npyOptions.read(options));
  writeFile('saveNpy', pathOf('saveNpy', path), parts());
}

const suffix = '.npy';

/**
 * Reads all arrays of an archive of NumPy's, each as `loadNpy` reads one.
 * @returns a Map from names, as `numpy.load(path).files` has them, to tensors
 * @throws TypeError for what is no path; RangeError for a malformed file (a zip archive that is damaged, whose entries overlap or
 * lead out of it, or have more bytes than it says), and for what `loadNpy` refuses; Error when the file cannot be read.
 * @example
 * io.saveNpz('run.npz', new Map([['loss', tensor([0.5, 0.25])]]));
 * io.loadNpz('run.npz').get('loss'); // tensor([0.5, 0.25])
 */
export function loadNpz(path: FilePath): Map<string, Tensor> {
  if (arguments.length > 1) surplus('loadNpz', arguments, 1, 'path');
  return withSource('loadNpz', pathOf('loadNpz', path), (source) => {
    const arrays = new StateDict();
    for (const [file, entry] of entriesOf(source)) {
      const name = file.endsWith(suffix) ? file.slice(0, -suffix.length) : file;
      const shown = quoted(name);
      if (arrays.has(name)) refuse(`there are two arrays ${shown}`);
      const opened = openChecked(source, entry);
      const array = within(shown, () => readNpy('loadNpz', opened, 'it'));
      arrays.set(name, array);
    }
    return arrays;
  });
}

/**
 * Writes tensors as `numpy.savez` writes arrays by name, as a whole or not at all.
 * @throws TypeError for what is no path and no Map from names to tensors; RangeError for names that lead out of the archive, and for
 * integers that do not fit the type asked for; Error when the file cannot be written.
 * @example io.saveNpz('run.npz', new Map([['loss', tensor([0.5, 0.25])]]), { compress: true });
 */
export function saveNpz(
  path: FilePath,
  arrays: ReadonlyMap<string, Tensor>,
  options?: NpzOptions,
): void {
  if (arguments.length > 3) surplus('saveNpz', arguments, 3, 'options');
  const { compress, ...types } = npzOptions.read(options);
  const isName = (name: string): boolean => isPlainName(name) && Buffer.byteLength(name) <= 65_000;
  const members = namedTensors('saveNpz', arrays, isName).map(([name, x]): Member => {
    const parts = npyParts('saveNpz', quoted(name), x, types);
    return { name: name + suffix, parts };
  });
  writeFile('saveNpz', pathOf('saveNpz', path), zipped(members, { compress }));
}
