/** What the layers share whose state is h alone: how they are called. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase } from './base';
import {
  thirdResult,
  type GateStates,
  type HiddenStates,
  type ReturnStates,
  type ThirdResult,
} from './variants';

type Either = Tensor | PackedSequence;
type All<R extends ReturnStates, S extends Either> = ThirdResult<R, HiddenStates<S>, GateStates<S>>;

/** A recurrent layer without a cell state. */
export abstract class HiddenStateLayer<R extends ReturnStates = 'last'> extends RecurrentBase {
  declare readonly returnStates: R;

  /**
   * Runs all layers over the sequence.
   * @param h0 the state before the first step; zeros when absent
   * @returns [out, hN], hN being the state after the last step; with `returnStates: 'all'` also the states of every step, `{ h }`,
   * with `'gates'` `{ h, gates }`
   * @throws RangeError, TypeError when the input or the state does not fit the layer.
   */
  // Those without a state come first: they are the same in all layers, so that a union of layers can be called.
  forward(input: Tensor): [out: Tensor, hN: Tensor, ...All<R, Tensor>];
  forward(input: PackedSequence): [out: PackedSequence, hN: Tensor, ...All<R, PackedSequence>];
  forward(input: Either): [out: Either, hN: Tensor, ...All<R, Either>];
  forward(input: Tensor, h0?: Tensor | null): [out: Tensor, hN: Tensor, ...All<R, Tensor>];
  forward(
    input: PackedSequence,
    h0?: Tensor | null,
  ): [out: PackedSequence, hN: Tensor, ...All<R, PackedSequence>];
  forward(input: Either, h0?: Tensor | null): [out: Either, hN: Tensor, ...All<R, Either>];
  // Once more: the last one is what Parameters and ReturnType see, and so `Session.push`.
  forward(input: Tensor): [out: Tensor, hN: Tensor, ...All<R, Tensor>];
  forward(input: Either, h0?: Tensor | null): unknown {
    if (arguments.length > 2) surplus(`${this.constructor.name}.forward`, arguments, 2, 'h0');
    const state = h0 === undefined || h0 === null ? null : { h: h0, c: null };
    const [out, hN, , all] = this.run(input, state);
    return all === null ? [out, hN] : [out, hN, thirdResult(all, false, this.returnStates)];
  }
}
