/** The parameters of a recurrent layer and direction: what they are called, and their shapes. */
import { cells, stateSize, type CellKind, type CellSizes } from '../../ops/sequence/cells';

const kinds = [
  'weight_ih',
  'weight_hh',
  'bias_ih',
  'bias_hh',
  'weight_hr',
  'weight_ch',
  'norm_ih',
  'norm_hh',
  'norm_ch',
  'bias_ch',
] as const;
type Kind = (typeof kinds)[number];

/** What the parameters of a layer and direction are called: PyTorch's names, and those of what it does not have. */
export type ParameterName = `${Kind}_l${number}` | `${Kind}_l${number}_reverse`;

/** The fields of one direction of a layer, or of a cell, by what they are. */
export type FieldNames = Readonly<Record<Kind, string>>;

/** The fields of a cell. */
export const cellNames = Object.fromEntries(kinds.map((kind) => [kind, kind])) as FieldNames;

export const namesOf = (layer: number, direction: number): FieldNames =>
  Object.fromEntries(
    kinds.map((kind) => [kind, `${kind}_l${layer}${direction === 1 ? '_reverse' : ''}`]),
  ) as FieldNames;

/** Which parameters a layer has besides its weights. */
export interface Parts {
  readonly bias: boolean;
  readonly peephole: boolean;
  readonly layerNorm: boolean;
}

/** The parameters of a direction in the order in which they are registered and drawn. */
export function shapesOf(
  kind: CellKind,
  sizes: CellSizes,
  { bias, peephole, layerNorm }: Parts,
): [kind: Kind, shape: number[]][] {
  const { inputSize, hiddenSize: H, projSize } = sizes;
  const { gates, hasCellState } = cells[kind];
  const rows = gates * H;
  const all: [Kind, number[], boolean][] = [
    ['weight_ih', [rows, inputSize], true],
    ['weight_hh', [rows, stateSize(sizes)], true],
    ['bias_ih', [rows], bias],
    ['bias_hh', [rows], bias],
    ['weight_hr', [projSize, H], projSize > 0],
    ['weight_ch', [3 * H], peephole],
    ['norm_ih', [rows], layerNorm],
    ['norm_hh', [rows], layerNorm],
    ['norm_ch', [H], layerNorm && hasCellState],
    ['bias_ch', [H], layerNorm && hasCellState && bias],
  ];
  return all.filter(([, , has]) => has).map(([name, shape]) => [name, shape]);
}
