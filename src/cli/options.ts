/** The command line of `npm start`. */
import { parseArgs } from 'node:util';
import { UserError } from './text';

export interface Options {
  text: string | undefined;
  load: string | undefined;
  out: string;
  prompt: string | undefined;
  temperature: number;
  length: number;
  steps: number;
  batchSize: number;
  sequenceLength: number;
  hiddenSize: number;
  numLayers: number;
  lr: number;
  clip: number;
  seed: number;
  threads: number | undefined;
  help: boolean;
}

export const usage = `Trains a character-level LSTM on text, then writes new text.

  npm start                              on this package's own sources and documents
  npm start -- --text FILE               on any UTF-8 text
  npm start -- --load MODEL --prompt "The "    writes with a saved model, without training

  --text FILE           the text to train on
  --load FILE           a model saved before (safetensors)
  --out FILE            where to save the model            (out/characters.safetensors)
  --prompt TEXT         what the sample begins with        (the start of the text)
  --temperature T       boldness of the sample, above 0    (0.7)
  --length N            characters in the sample           (600)
  --steps N             batches to train on                (500)
  --batch-size N        streams side by side               (32)
  --sequence-length N   characters through which gradients flow back (64)
  --hidden-size N       units of a layer                   (256)
  --layers N            LSTM layers                        (1)
  --lr X                learning rate of Adam              (0.004)
  --clip X              largest norm of the gradients      (1)
  --seed N              the same seed gives the same model (0)
  --threads N           threads to use                     (all cores)
  --help                this text
`;

const kinds = {
  text: 'string',
  load: 'string',
  out: 'string',
  prompt: 'string',
  temperature: 'string',
  length: 'string',
  steps: 'string',
  'batch-size': 'string',
  'sequence-length': 'string',
  'hidden-size': 'string',
  layers: 'string',
  lr: 'string',
  clip: 'string',
  seed: 'string',
  threads: 'string',
  help: 'boolean',
} as const;

/** @throws UserError for an unknown option or a value that is no sensible number. */
export function parseOptions(argv: readonly string[]): Options {
  let values: Partial<Record<keyof typeof kinds, string | boolean>>;
  try {
    values = parseArgs({
      args: [...argv],
      options: Object.fromEntries(Object.entries(kinds).map(([name, type]) => [name, { type }])),
    }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw new UserError(`${sentence}; --help lists the options.`);
  }
  const text = (name: keyof typeof kinds): string | undefined => values[name] as string | undefined;
  const number = (
    name: keyof typeof kinds,
    otherwise: number,
    least: number,
    whole: boolean,
  ): number => {
    const given = text(name);
    if (given === undefined) return otherwise;
    const value = Number(given);
    const fits =
      given.trim() !== '' &&
      Number.isFinite(value) &&
      (whole ? Number.isSafeInteger(value) && value >= least : value > least);
    if (!fits) {
      throw new UserError(
        `--${name} takes ${whole ? `an integer of at least ${least}` : `a number above ${least}`}, got "${given}".`,
      );
    }
    return value;
  };
  return {
    text: text('text'),
    load: text('load'),
    out: text('out') ?? 'out/characters.safetensors',
    prompt: text('prompt'),
    temperature: number('temperature', 0.7, 0, false),
    length: number('length', 600, 1, true),
    steps: number('steps', 500, 1, true),
    batchSize: number('batch-size', 32, 1, true),
    sequenceLength: number('sequence-length', 64, 1, true),
    hiddenSize: number('hidden-size', 256, 1, true),
    numLayers: number('layers', 1, 1, true),
    lr: number('lr', 0.004, 0, false),
    clip: number('clip', 1, 0, false),
    seed: number('seed', 0, 0, true),
    threads: values.threads === undefined ? undefined : number('threads', 1, 1, true),
    help: values.help === true,
  };
}
