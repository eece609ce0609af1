/** The bar of a training: epochs and batches, the loss at hand, what the last validation found. */
import { Progress, tqdmOptions, type TqdmOptions } from '../../progress/tqdm';
import type { EpochRecord } from './history';

// A description of the loss takes longer than a small step: it is made as often as the bar is drawn.
const interval = 100;

export class FitBar {
  readonly #bar: Progress | null;
  readonly #epochs: number;
  #drawnAt = 0;
  #validation: Record<string, number> = {};

  /**
   * @param batches in an epoch, where that is known
   * @throws TypeError, RangeError for what is no option of a bar.
   */
  constructor(options: boolean | TqdmOptions, epochs: number, batches: number | undefined) {
    this.#epochs = epochs;
    const given = typeof options === 'boolean' ? { disable: options ? undefined : true } : options;
    tqdmOptions.read(given, 'train.fit');
    const bar = new Progress({
      unit: 'batch',
      ...(batches === undefined ? {} : { total: batches * epochs }),
      ...given,
    });
    const isQuiet = given.disable ?? (given.stream ?? process.stderr).isTTY !== true;
    if (isQuiet) bar.close();
    this.#bar = isQuiet ? null : bar;
  }

  /** Begins an epoch, `done` batches into the training. */
  begin(epoch: number, done: number): void {
    if (this.#bar === null) return;
    this.#bar.setDescription(`epoch ${epoch}/${this.#epochs}`);
    this.#bar.n = done;
  }

  update(loss: number): void {
    const bar = this.#bar;
    if (bar === null) return;
    const now = performance.now();
    if (now - this.#drawnAt < interval) {
      bar.n++;
      return;
    }
    this.#drawnAt = now;
    bar.setPostfix({ loss, ...this.#validation });
    bar.update();
  }

  end({ validation }: EpochRecord): void {
    if (validation === null) return;
    this.#validation = Object.fromEntries(
      Object.entries(validation).map(([name, value]) => [`validation ${name}`, value]),
    );
  }

  close(): void {
    this.#bar?.close();
  }
}
