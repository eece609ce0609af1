/**
 * What recurrent layers and cells pass to the sequence kernels, which read weights by the sizes alone: parameters and
 * sizes are public fields, so each call looks whether they still fit what the layer was built with.
 */
import { describe } from '../../check';
import { contiguous } from '../../ops/copying/clone';
import type { DirectionWeights } from '../../ops/sequence/call';
import type { NormalizedWeights } from '../../ops/sequence/normalized';
import type { NormalizedKind } from '../../ops/sequence/normalized-twin';
import { cells, stateSize, type CellKind, type CellSizes } from '../../ops/sequence/cells';
import type { FieldNames } from './parameters';
import type { DType } from '../../tensor/dtype';
import { isTensor } from '../../tensor/rules';
import { showShape } from '../../tensor/shape';
import { sizesOf, type Tensor } from '../../tensor/tensor';

type Fields = Readonly<Record<string, Tensor | null | undefined>>;

/** @throws TypeError for what is no tensor or of another element type; RangeError for another shape. */
function refuseWeight(
  name: string,
  field: string,
  weight: unknown,
  expected: readonly number[],
  dtype: DType,
): never {
  const must = `${name}: ${field} must be ${dtype} ${showShape(expected)}`;
  if (!isTensor(weight)) throw new TypeError(`${must}, got ${describe(weight)}`);
  const got = `${must}, got ${weight.dtype} ${showShape(sizesOf(weight))}`;
  throw weight.dtype === dtype ? new RangeError(got) : new TypeError(got);
}

function matrix(
  name: string,
  field: string,
  weight: Tensor | null | undefined,
  rows: number,
  columns: number,
  dtype: DType,
): Tensor {
  if (
    !isTensor(weight) ||
    weight.dtype !== dtype ||
    weight.ndim !== 2 ||
    sizesOf(weight)[0] !== rows ||
    sizesOf(weight)[1] !== columns
  ) {
    refuseWeight(name, field, weight, [rows, columns], dtype);
  }
  return contiguous(weight);
}

function vector(
  name: string,
  field: string,
  bias: Tensor | null | undefined,
  rows: number,
  dtype: DType,
): Tensor {
  if (!isTensor(bias) || bias.dtype !== dtype || bias.ndim !== 1 || sizesOf(bias)[0] !== rows) {
    refuseWeight(name, field, bias, [rows], dtype);
  }
  return contiguous(bias);
}

/**
 * The weights of a direction, each of the shape that the sizes require, of element type `dtype` and contiguous.
 * @param fields the module
 * @param names of its fields
 * @throws TypeError for what is no tensor or of another element type; RangeError for another shape.
 */
export function directionWeights(
  name: string,
  kind: CellKind,
  sizes: CellSizes,
  fields: object,
  names: FieldNames,
  dtype: DType,
  peephole = false,
): DirectionWeights {
  const given = fields as Fields;
  const { weight_ih: ih, weight_hh: hh, bias_ih: bih, bias_hh: bhh } = names;
  const { weight_hr: hr, weight_ch: ch } = names;
  const { inputSize, hiddenSize, projSize } = sizes;
  const rows = cells[kind].gates * hiddenSize;
  const biasIh = given[bih] ?? null;
  const biasHh = given[bhh] ?? null;
  const biased = biasIh !== null || biasHh !== null;
  return [
    matrix(name, ih, given[ih], rows, inputSize, dtype),
    matrix(name, hh, given[hh], rows, stateSize(sizes), dtype),
    biased ? vector(name, bih, biasIh, rows, dtype) : null,
    biased ? vector(name, bhh, biasHh, rows, dtype) : null,
    projSize > 0 ? matrix(name, hr, given[hr], projSize, hiddenSize, dtype) : null,
    peephole ? vector(name, ch, given[ch], 3 * hiddenSize, dtype) : null,
  ];
}

/** The same of a layer-normalized direction. */
export function normalizedWeights(
  name: string,
  kind: NormalizedKind,
  sizes: CellSizes,
  fields: object,
  names: FieldNames,
  dtype: DType,
): NormalizedWeights {
  const given = fields as Fields;
  const plain = directionWeights(name, kind, sizes, fields, names, dtype);
  const [weightIh, weightHh, biasIh, biasHh] = plain;
  const { gates, hasCellState } = cells[kind];
  const H = sizes.hiddenSize;
  const own = (field: string, length: number): Tensor =>
    vector(name, field, given[field], length, dtype);
  return {
    ...{ weightIh, weightHh, biasIh, biasHh },
    gainIh: own(names.norm_ih, gates * H),
    gainHh: own(names.norm_hh, gates * H),
    gainC: hasCellState ? own(names.norm_ch, H) : null,
    biasC: hasCellState && biasIh !== null ? own(names.bias_ch, H) : null,
  };
}

/** @throws RangeError when a size of a module is no longer the one that it was built with. */
export function checkBuilt(name: string, field: string, value: unknown, built: unknown): void {
  if (value === built) return;
  throw new RangeError(
    `${name}: ${field} is ${describe(value)}, but this layer was built with ${String(built)}; make a new layer for other sizes`,
  );
}
