/** The command line of the program: `npx ostinato`, or `npm start` in the repository. */
import { parseArgs } from 'node:util';
import { UserError } from './text';

export interface Options {
  text: string | undefined;
  load: string | undefined;
  /** Null when none is given. */
  out: string | null;
  /** Whether a file that is there may be replaced. */
  force: boolean;
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
  version: boolean;
}

/** What a user types before the options. */
export const command =
  process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx ostinato';

export const usage = `Trains a character-level LSTM on text, then writes new text.

  ${command.replace(' --', '')}    on this package's own sources and documents
  ${command} --text FILE    on any UTF-8 text
  ${command} --load MODEL --prompt "The "    writes with a saved model, without training

  --text FILE           the text to train on
  --load FILE           a model saved before (safetensors)
  --out FILE            where to save the model            (out/characters.safetensors, or -2 and so on)
  --force               replace the file that --out names
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
  -h, --help            this text
  -v, --version         the version of this package

Ctrl-C saves the model as it is. NO_COLOR=1 leaves colors out.
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
  force: 'boolean',
  help: 'boolean',
  version: 'boolean',
} as const;

const short: Readonly<Record<string, string>> = { help: 'h', version: 'v' };

// What says how to train, which a saved model is not.
const ofTraining = ['text', 'out', 'force', 'steps', 'batch-size', 'sequence-length', 'hidden-size', 'layers', 'lr', 'clip'] as const; // prettier-ignore

/** @throws UserError for an unknown option or a value that is no sensible number. */
export function parseOptions(argv: readonly string[]): Options {
  let values: Partial<Record<keyof typeof kinds, string | boolean>>;
  try {
    values = parseArgs({
      args: [...argv],
      options: Object.fromEntries(
        Object.entries(kinds).map(([name, type]) => [
          name,
          name in short ? { type, short: short[name] } : { type },
        ]),
      ),
    }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw new UserError(`${sentence}; --help lists the options.`);
  }
  const text = (name: keyof typeof kinds): string | undefined => {
    const value = values[name] as string | undefined;
    if (value !== '' || name === 'prompt') return value;
    throw new UserError(`--${name} is empty; --help says what it takes.`);
  };
  if (values.load !== undefined) {
    const idle = ofTraining.find((name) => values[name] !== undefined);
    if (idle !== undefined) {
      throw new UserError(
        `--load writes without training, so --${idle} does nothing; leave one of the two out.`,
      );
    }
  }
  const number = (
    name: keyof typeof kinds,
    otherwise: number,
    least: number,
    whole: boolean,
    most = Infinity,
  ): number => {
    const given = text(name);
    if (given === undefined) return otherwise;
    const value = Number(given);
    const fits =
      given.trim() !== '' &&
      Number.isFinite(value) &&
      value <= most &&
      (whole ? Number.isSafeInteger(value) && value >= least : value > least);
    const above = whole ? `of at least ${least}` : `above ${least}`;
    const range = most === Infinity ? above : `${above} and at most ${most}`;
    if (!fits) {
      throw new UserError(
        `--${name} takes ${whole ? 'an integer' : 'a number'} ${range}, got "${given}".`,
      );
    }
    return value;
  };
  return {
    text: text('text'),
    load: text('load'),
    out: text('out') ?? null,
    force: values.force === true,
    prompt: text('prompt'),
    temperature: number('temperature', 0.7, 0, false),
    length: number('length', 600, 1, true, 1e8),
    steps: number('steps', 500, 1, true),
    batchSize: number('batch-size', 32, 1, true),
    sequenceLength: number('sequence-length', 64, 1, true),
    hiddenSize: number('hidden-size', 256, 1, true, 16384),
    numLayers: number('layers', 1, 1, true, 100),
    lr: number('lr', 0.004, 0, false),
    clip: number('clip', 1, 0, false),
    seed: number('seed', 0, 0, true),
    threads: values.threads === undefined ? undefined : number('threads', 1, 1, true),
    help: values.help === true,
    version: values.version === true,
  };
}
