/** Writes a training to one file, from which it goes on bit for bit, and the best weights to another. */
import { existsSync } from 'node:fs';
import { isInstance, isPlain } from '../../check';
import type { Stateful, StatefulGenerator } from '../../io';
import { loadStates, readCheckpoint, writeCheckpoint } from '../../io/checkpoint';
import { tryToWrite } from '../../io/files';
import { writeTensors } from '../../io/safetensors';
import { deepcopy } from '../../tensor/deepcopy';
import type { Tensor } from '../../tensor/tensor';
import { carriedStates, checkBuffers, checkCarried, passingBuffers, setBuffers, setCarried } from './carried'; // prettier-ignore
import type { FitPlan } from './options';
import type { GeneratorStates } from './passes';
import { refuseFile } from './refuse-file';
import { readState, type RunState } from './run-state';

/** The weights of the best epoch. */
export type BestWeights = ReadonlyMap<string, Tensor> | null;

const bestPath = (path: string): string => path.replace(/(\.safetensors)?$/, '.best$1');

const ownNames = ['buffers', 'carried', 'best', 'classes', 'run'];

export class FitCheckpoint {
  readonly #plan: FitPlan;
  readonly #generators: GeneratorStates;
  readonly #path: string;
  readonly #targets: Readonly<Record<string, Stateful | StatefulGenerator>>;

  /** Of the optimizer and its schedule. */
  readonly #classes: Readonly<Record<string, string>>;

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
    this.#classes = {
      optimizer: optimizer.constructor.name,
      ...(scheduler === null ? {} : { scheduler: scheduler.constructor.name }),
    };
    tryToWrite('train.fit', path, 0);
  }

  /**
   * Writes everything.
   * @param now the generators, where they are not as they were when the step was made
   */
  save(run: RunState, best: BestWeights, now: Uint8Array[] | null): void {
    const { model } = this.#plan;
    writeCheckpoint('train.fit', this.#path, {
      ...this.#targets,
      buffers: passingBuffers(model),
      carried: carriedStates(model),
      best,
      classes: this.#classes,
      run: { ...run, now: now ?? this.#generators.take() },
    });
  }

  /** Writes the weights of the best epoch beside it. */
  saveBest(): void {
    writeTensors('train.fit', bestPath(this.#path), this.#plan.model.stateDict());
  }

  /**
   * Goes on from the file: null where there is none.
   * @returns what it holds, and what puts all back as it was
   * @throws RangeError for what is no checkpoint of such a training; nothing is changed then.
   */
  load(): {
    readonly run: RunState;
    readonly best: BestWeights;
    readonly now: Uint8Array[];
    readonly undo: () => void;
  } | null {
    if (!existsSync(this.#path)) return null;
    const { model } = this.#plan;
    const values = readCheckpoint('train.fit', this.#path);
    const { run, now } = readState(values['run'], this.#generators.count);
    const { buffers, carried, best, classes } = values;
    if (!isInstance(buffers, Map) || !isPlain(carried)) refuseFile('there is no run in it');
    if (best !== null && !isInstance(best, Map)) refuseFile('its best weights are none');
    const known = new Set([...Object.keys(this.#targets), ...ownNames]);
    const surplus = Object.keys(values).find((name) => !known.has(name));
    if (surplus !== undefined) refuseFile(`it has a ${surplus}, which this one has not`);
    const missing = Object.keys(this.#targets).filter((name) => !Object.hasOwn(values, name));
    if (missing.length > 0) refuseFile(`it has no ${missing.join(', ')}`);
    this.#checkClasses(classes);
    const passing = buffers as Map<string, unknown>;
    checkBuffers(model, passing);
    checkCarried(model, carried);
    const [hadBuffers, hadCarried] = [deepcopy(passingBuffers(model)), carriedStates(model)];
    const hadGenerators = this.#generators.take();
    const goBack = loadStates('train.fit', this.#targets, values, true);
    setBuffers(model, passing);
    setCarried(model, carried);
    const undo = (): void => {
      goBack();
      setBuffers(model, hadBuffers);
      setCarried(model, hadCarried);
      this.#generators.set(hadGenerators);
    };
    return { run, best: best as BestWeights, now, undo };
  }

  // A state of one optimizer's may fit another's, which would do something else with it.
  #checkClasses(saved: unknown): void {
    for (const [name, own] of Object.entries(this.#classes)) {
      const other = isPlain(saved) ? saved[name] : undefined;
      if (typeof other !== 'string') refuseFile(`it does not say the class of its ${name}`);
      if (other !== own) refuseFile(`its ${name} is of class ${other}, this one's of ${own}`);
    }
  }
}
