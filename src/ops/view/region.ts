/**
 * Regions: the part of a tensor that a view of it covers, as operations with gradients. Reading a region and
 * replacing it are each other's gradient, and what in-place changes of views are made of. A region's strides only
 * mean something in the memory layout of its base, so every tensor is brought into that layout first.
 */
import { takeHistory } from '../../autograd/hooks';
import { withGradMode } from '../../autograd/mode';
import { itemSize } from '../../tensor/dtype';
import { numelOf, overlaps, sameShape, type Shape } from '../../tensor/shape';
import { allocate } from '../../tensor/storage';
import {
  sizesOf,
  elementStridesOf,
  elementsOf,
  empty,
  noteRebased,
  Tensor,
} from '../../tensor/tensor';
import { copyInto } from '../kernels/copy';
import { constant } from '../creation/factories';
import { gradient } from '../declare/gradient';

interface Region {
  readonly shape: Shape;
  readonly strides: readonly number[];
  /** First element, counted from the base's. */
  readonly offset: number;
  /** The layout of the base. */
  readonly baseStrides: readonly number[];
  readonly baseReach: number;
}

const regionOf = (base: Tensor, view: Tensor): Region => ({
  shape: sizesOf(view),
  strides: elementStridesOf(view),
  offset: view.offset - base.offset,
  baseStrides: elementStridesOf(base),
  baseReach: base.reach(),
});

// Uninitialised, in the base's layout. Elements between the base's own are never read.
const framed = (x: Tensor, region: Region): Tensor =>
  new Tensor(
    allocate(region.baseReach * itemSize(x.dtype)),
    x.dtype,
    sizesOf(x),
    region.baseStrides,
  );

const inFrame = (x: Tensor, region: Region): Tensor =>
  sameShape(elementStridesOf(x), region.baseStrides) ? x : copyInto(x, framed(x, region));

const within = (x: Tensor, region: Region): Tensor =>
  new Tensor(x.storage, x.dtype, region.shape, region.strides, x.offset + region.offset);

const recordedRead = gradient<[Tensor], [], Region>('asStrided', {
  rule: (g, _, region, { next }) => {
    const zeros = constant(next[0]!.shape, 0, g.dtype);
    return [
      overlaps(region.shape, region.strides)
        ? addRegion(zeros, g, region)
        : putRegion(zeros, g, region),
    ];
  },
});
const recordedPut = gradient<[x: Tensor, value: Tensor], [], Region>('setAt', {
  node: 'CopySlices',
  rule: (g, _, region, node) => [
    node.needs(0) ? putRegion(g, constant(region.shape, 0, g.dtype), region) : null,
    node.needs(1) ? readRegion(g, region) : null,
  ],
});

/** out = x[region]. dx = zeros with g put in the region. */
function readRegion(x: Tensor, region: Region): Tensor {
  return recordedRead(within(inFrame(x, region), region), region, x);
}

/** A copy of `x` with `value` in the region. dx = g with zeros in the region, dvalue = g[region]. */
function putRegion(x: Tensor, value: Tensor, region: Region): Tensor {
  const out = copyInto(x, framed(x, region));
  copyInto(value, within(out, region));
  return recordedPut(out, region, x, value);
}

/** x with `value` added in a region whose elements may share places: each place gets the sum. */
function addRegion(x: Tensor, value: Tensor, region: Region): Tensor {
  const sums = x.reshape([-1]).indexAdd(0, placesOf(sizesOf(x), region), value.reshape([-1]));
  return sums.view(sizesOf(x));
}

/** Which of the base's elements each one of the region is, in row-major order. */
function placesOf(baseShape: Shape, region: Region): Tensor {
  const numbers = new Int32Array(region.baseReach);
  walk(baseShape, region.baseStrides, (at, i) => (numbers[at] = i));
  const places = empty([numelOf(region.shape)], 'int32');
  const memory = elementsOf(places, places.numel);
  walk(region.shape, region.strides, (at, i) => (memory[i] = numbers[region.offset + at]));
  return places;
}

/** Calls `visit` with the place and the number of each element, in row-major order. */
function walk(
  shape: Shape,
  strides: readonly number[],
  visit: (at: number, i: number) => void,
): void {
  let next = 0;
  const along = (dim: number, at: number): void => {
    if (dim === shape.length) {
      visit(at, next++);
      return;
    }
    for (let i = 0; i < shape[dim]; i++) along(dim + 1, at + i * strides[dim]);
  };
  along(0, 0);
}

/** @internal The view of `base` that covers what `view` covers, with a history that starts at `base`. */
export function fromRegion(base: Tensor, view: Tensor): Tensor {
  return withGradMode(true, () => readRegion(base, regionOf(base, view)));
}

/**
 * @internal Records that the region of `base` which `view` covers now holds `value`; the memory has been
 * written already. `before` is the base's history up to now.
 */
export function rebaseRegion(base: Tensor, before: Tensor, view: Tensor, value: Tensor): void {
  const region = regionOf(base, view);
  const marker = new Tensor(
    base.storage,
    base.dtype,
    sizesOf(base),
    elementStridesOf(base),
    base.offset,
  );
  recordedPut(marker, region, before, value);
  takeHistory(base, marker);
  noteRebased(base);
}
