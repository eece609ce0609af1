/** A character-level model as one safetensors file: weights, and in the metadata what is needed to rebuild it. */
import { loadSafetensors, readSafetensorsMetadata, saveSafetensors } from '../io';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolderOf, tryToWrite } from '../io/files';
import type { Tensor } from '../tensor/tensor';
import { CharacterModel } from './characters/model';
import { Vocabulary } from './characters/streams';
import { UserError } from './text';

interface Description {
  format: string;
  characters: string;
  embeddingDim: number;
  hiddenSize: number;
  numLayers: number;
}

const format = 'ostinato-characters';

export function saveModel(
  file: string,
  model: CharacterModel,
  vocabulary: Vocabulary,
  sizes: { embeddingDim: number; hiddenSize: number; numLayers: number },
): void {
  makeFolderOf('saveModel', file);
  saveSafetensors(file, model.stateDict(), {
    metadata: {
      format,
      characters: vocabulary.characters.join(''),
      embeddingDim: String(sizes.embeddingDim),
      hiddenSize: String(sizes.hiddenSize),
      numLayers: String(sizes.numLayers),
    },
  });
}

const unsaved = (file: string, error: unknown): string =>
  `the model cannot be saved to ${file}: ${error instanceof Error ? error.message.replace(/^[^:]*: cannot write [^:]*: /, '') : String(error)}`;

/**
 * Where a model of so many bytes will be saved, tried before it is trained. Without `out` it is a new file in `out/`.
 * @throws UserError when it cannot be saved there, or would replace a file without `force`.
 */
export function placeFor(out: string | null, force: boolean, bytes: number): string {
  let file = out ?? 'out/characters.safetensors';
  for (let copy = 2; out === null && existsSync(file); copy++) {
    file = `out/characters-${copy}.safetensors`;
  }
  try {
    makeFolderOf('saveModel', file);
    tryToWrite('saveModel', file, bytes);
  } catch (error) {
    throw new UserError(`${unsaved(file, error)}.`);
  }
  if (!force && statSync(file, { throwIfNoEntry: false })?.isFile() === true) {
    throw new UserError(`${file} is there already; --force replaces it, or name another file.`);
  }
  return file;
}

/**
 * Saves a trained model; where that has become impossible, among temporary files. Returns where it is.
 * @throws UserError when it can be saved nowhere.
 */
export function saveSomewhere(file: string, save: (file: string) => void): string {
  try {
    save(file);
    return file;
  } catch (error) {
    const other = join(tmpdir(), `ostinato-${Date.now()}-${process.pid}.safetensors`);
    try {
      save(other);
    } catch {
      throw new UserError(`${unsaved(file, error)}.`);
    }
    console.error(`${unsaved(file, error)}; it is in ${other} instead.`);
    return other;
  }
}

// Before a model of the described sizes is made: whether the weights that are in the file have them.
function checkWeights(
  file: string,
  vocabulary: number,
  sizes: Description,
  state: ReadonlyMap<string, Tensor>,
): void {
  const { embeddingDim: E, hiddenSize: H, numLayers } = sizes;
  const fits = (name: string, ...shape: number[]): boolean => {
    const found = state.get(name)?.shape;
    return found?.length === shape.length && shape.every((size, d) => size === found[d]);
  };
  let right = state.size === 3 + 4 * numLayers && fits('embedding.weight', vocabulary, E) && fits('head.weight', vocabulary, H); // prettier-ignore
  for (let layer = 0; right && layer < numLayers; layer++) {
    right =
      fits(`lstm.weight_ih_l${layer}`, 4 * H, layer === 0 ? E : H) &&
      fits(`lstm.weight_hh_l${layer}`, 4 * H, H);
  }
  if (!right)
    throw new UserError(`${file} is damaged: its weights are not of the sizes that it names.`);
}

function describe(file: string): Description {
  const metadata = readSafetensorsMetadata(file);
  if (metadata['format'] !== format) {
    throw new UserError(`${file} is not a character model that this program saved.`);
  }
  const size = (name: string): number => {
    const value = Number(metadata[name]);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UserError(`${file} does not say its ${name}.`);
    }
    return value;
  };
  return {
    format,
    characters: metadata['characters'] ?? '',
    embeddingDim: size('embeddingDim'),
    hiddenSize: size('hiddenSize'),
    numLayers: size('numLayers'),
  };
}

/** @throws UserError when the file is not a model of this program. */
export function loadModel(file: string): { model: CharacterModel; vocabulary: Vocabulary } {
  try {
    const description = describe(file);
    const vocabulary = new Vocabulary(description.characters);
    const state = loadSafetensors(file);
    checkWeights(file, vocabulary.size, description, state);
    const model = new CharacterModel(vocabulary.size, description);
    model.loadStateDict(state);
    return { model, vocabulary };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
