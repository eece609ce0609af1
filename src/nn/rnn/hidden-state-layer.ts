/** What the layers share whose state is h alone: how they are called. */
import { surplus } from '../../check';
import type { Tensor } from '../../tensor/tensor';
import type { PackedSequence } from '../utils/rnn/packed-sequence';
import { RecurrentBase } from './base';

/** A recurrent layer without a cell state. */
export abstract class HiddenStateLayer extends RecurrentBase {
  /**
   * Runs all layers over the sequence.
   * @param h0 the state before the first step; zeros when absent
   * @returns [out, hN], hN being the state after the last step
   * @throws RangeError, TypeError when the input or the state does not fit the layer.
   */
  // Those without a state come first: they are the same in all layers, so that a union of layers can be called.
  forward(input: Tensor): [out: Tensor, hN: Tensor];
  forward(input: PackedSequence): [out: PackedSequence, hN: Tensor];
  forward(input: Tensor | PackedSequence): [out: Tensor | PackedSequence, hN: Tensor];
  forward(input: Tensor, h0?: Tensor | null): [out: Tensor, hN: Tensor];
  forward(input: PackedSequence, h0?: Tensor | null): [out: PackedSequence, hN: Tensor];
  forward(
    input: Tensor | PackedSequence,
    h0?: Tensor | null,
  ): [out: Tensor | PackedSequence, hN: Tensor];
  forward(input: Tensor | PackedSequence, h0?: Tensor | null): [Tensor | PackedSequence, Tensor] {
    if (arguments.length > 2) surplus(`${this.constructor.name}.forward`, arguments, 2, 'h0');
    const state = h0 === undefined || h0 === null ? null : { h: h0, c: null };
    const [out, hN] = this.run(input as Tensor, state);
    return [out, hN];
  }
}
