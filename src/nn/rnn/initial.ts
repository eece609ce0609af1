/** First values of recurrent layers other than PyTorch's: orthogonal recurrent weights, a forget gate that starts open. */
import { boolean, type Fields } from '../../check';
import { noGrad } from '../../autograd/mode';
import type { Tensor } from '../../tensor/tensor';
import type { CellKind } from '../../ops/sequence/cells';
import { orthogonal_ } from '../init';

/** Options for the first values of a recurrent layer. */
export interface InitialOptions {
  /**
   * Whether the block of each gate in a `weight_hh` starts as a random orthogonal matrix (Saxe, McClelland and Ganguli 2013,
   * arXiv:1312.6120), drawn after all other parameters. Default: false, uniform as they are.
   */
  orthogonal?: boolean;
}

/** Options for the first values of a layer with a forget gate. */
export interface ForgetOptions {
  /**
   * Whether the forget gate's bias starts as 1 (Jozefowicz, Zaremba and Sutskever 2015): 1 in `bias_ih` and 0 in `bias_hh`, which are
   * added. Default: false, uniform as the others.
   */
  unitForgetBias?: boolean;
}

export const initialFields: Fields<InitialOptions> = { orthogonal: boolean.or(false) };
export const forgetFields: Fields<ForgetOptions> = { unitForgetBias: boolean.or(false) };

/** Which block of rows is the forget gate's. */
export const forgetGate: Partial<Record<CellKind, number>> = { lstm: 1, janet: 0 };

type Named = readonly (readonly [name: string, parameter: Tensor])[];

/** Makes each [H, S] block of every W_hh, [gates · H, S], orthogonal. */
export function makeOrthogonal(parameters: Named, gates: number): void {
  for (const [name, weight] of parameters) {
    if (!name.startsWith('weight_hh')) continue;
    for (const block of weight.detach().chunk(gates, 0)) orthogonal_(block);
  }
}

/** Sets the gains of layer normalization to 1 and the bias of the normalized cell state to 0. */
export function resetNormalization(parameters: Named): void {
  noGrad(() => {
    for (const [name, parameter] of parameters)
      if (isOfNormalization(name)) parameter.fill_(name.startsWith('norm_') ? 1 : 0);
  });
}
export const isOfNormalization = (name: string): boolean => /^(norm_|bias_ch_)/.test(name);

/** Sets the biases of gate `gate`, of the blocks of H rows, to 1 and 0. */
export function openForgetGate(parameters: Named, gates: number, gate: number): void {
  noGrad(() => {
    for (const [name, bias] of parameters) {
      if (!/^bias_[ih]h_/.test(name)) continue;
      const rows = bias.detach().chunk(gates, 0)[gate];
      rows.fill_(name.startsWith('bias_ih') ? 1 : 0);
    }
  });
}
