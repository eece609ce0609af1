/** A character-level model as one safetensors file: weights, and in the metadata what is needed to rebuild it. */
import { loadSafetensors, readSafetensorsMetadata, saveSafetensors } from '../io';
import { makeFolderOf } from '../io/files';
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
    const model = new CharacterModel(vocabulary.size, description);
    model.loadStateDict(loadSafetensors(file));
    return { model, vocabulary };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
