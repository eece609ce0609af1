/** Writes a training to one file, from which it goes on bit for bit, and the best weights to another. */
import { existsSync } from 'node:fs';
import { isInstance, isPlain } from '../../check';
import { loadCheckpoint, saveCheckpoint, saveSafetensors } from '../../io';
import type { Stateful, StatefulGenerator } from '../../io';
import { tryToWrite } from '../../io/files';
import type { Tensor } from '../../tensor/tensor';
import { carriedStates, passingBuffers, setBuffers, setCarried } from './carried';
import type { FitPlan } from './options';
import type { GeneratorStates } from './passes';
import { refuseFile } from './refuse-file';
import { readState, type RunState } from './run-state';

/** The weights of the best epoch. */
export type BestWeights = ReadonlyMap<string, Tensor> | null;

const bestPath = (path: string): string => path.replace(/(\.safetensors)?$/, '.best$1');

export class FitCheckpoint {
  readonly #plan: FitPlan;
  readonly #generators: GeneratorStates;
  readonly #path: string;
  readonly #targets: Readonly<Record<string, Stateful | StatefulGenerator>>;

  /** @throws Error where the file cannot be written, before anything is trained. */
  constructor(plan: FitPlan, generators: GeneratorStates) {
    this.#plan = plan;
    this.#generators = generators;
    const { model, optimizer, stepScheduler, epochScheduler } = plan;
    const { path, state } = plan.checkpoint!;
    this.#path = path;
    const scheduler = stepScheduler ?? epochScheduler;
    this.#targets = {
      model,
      optimizer,
      ...(scheduler === null ? {} : { scheduler: scheduler }),
      ...Object.fromEntries(Object.entries(state).map(([name, one]) => [`state: ${name}`, one])),
    };
    tryToWrite('train.fit', path, 0);
  }

  /**
   * Writes everything.
   * @param now the generators, where they are not as they were when the step was made
   */
  save(run: RunState, best: BestWeights, now: Uint8Array[] | null): void {
    const { model } = this.#plan;
    saveCheckpoint(this.#path, {
      ...this.#targets,
      buffers: passingBuffers(model),
      carried: carriedStates(model),
      best,
      run: { ...run, now: now ?? this.#generators.take() },
    });
  }

  /** Writes the weights of the best epoch beside it. */
  saveBest(): void {
    saveSafetensors(bestPath(this.#path), this.#plan.model.stateDict());
  }

  /**
   * Goes on from the file: null where there is none.
   * @throws RangeError for what is no checkpoint of such a training; nothing is changed then.
   */
  load(): {
    readonly run: RunState;
    readonly best: BestWeights;
    readonly now: Uint8Array[];
  } | null {
    if (!existsSync(this.#path)) return null;
    const values = loadCheckpoint(this.#path);
    const { run, now } = readState(values['run'], this.#generators.count);
    const { buffers, carried, best } = values;
    if (!isInstance(buffers, Map) || !isPlain(carried)) refuseFile('there is no run in it');
    if (best !== null && !isInstance(best, Map)) refuseFile('its best weights are none');
    const known = new Set([...Object.keys(this.#targets), 'buffers', 'carried', 'best', 'run']);
    const surplus = Object.keys(values).find((name) => !known.has(name));
    if (surplus !== undefined) refuseFile(`it has a ${surplus}, which this one has not`);
    loadCheckpoint(this.#path, this.#targets);
    setBuffers(this.#plan.model, buffers as Map<string, unknown>);
    setCarried(this.#plan.model, carried);
    return { run, best: best as BestWeights, now };
  }
}
