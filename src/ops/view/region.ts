/**
 * Regions: the part of a contiguous tensor that a view of it covers, as operations with gradients. `asStrided`
 * reads a region, `putRegion` replaces it. They are each other's gradient, and what in-place changes of
 * views are made of.
 */
import { withGradMode } from '../../autograd/mode';
import { record } from '../../autograd/node';
import { empty, Tensor } from '../../tensor/tensor';
import type { Shape } from '../../tensor/shape';
import { copyInto, contiguous } from '../clone';
import { zeros } from '../factories';

export interface Region {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

const regionOf = (base: Tensor, region: Region): Region => ({
  shape: region.shape,
  strides: region.strides,
  offset: region.offset - base.offset,
});

// The region of another contiguous tensor of the base's shape; offset counts from its first element.
const place = (x: Tensor, region: Region): Tensor =>
  new Tensor(x.storage, x.dtype, region.shape, region.strides, x.offset + region.offset);

/** Reads a region: out = x[region]. dx = zeros with g put in the region. The region must not overlap itself. */
function readRegion(x: Tensor, region: Region): Tensor {
  const source = contiguous(x);
  const out = place(source, region);
  const { shape, dtype } = x;
  return record('AsStridedBackward0', [x], out, (g) => [
    putRegion(zeros(shape, { dtype }), g, region),
  ]);
}

/** A copy of `x` with `value` in the region. dx = g with zeros in the region, dvalue = g[region]. */
function putRegion(x: Tensor, value: Tensor, region: Region): Tensor {
  const out = empty(x.shape, x.dtype);
  copyInto(x, out);
  copyInto(value, place(out, region));
  return record('CopySlices', [x, value], out, (g, node) => [
    node.needs(0) ? putRegion(g, zeros(region.shape, { dtype: g.dtype }), region) : null,
    node.needs(1) ? readRegion(contiguous(g), region) : null,
  ]);
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
  const marker = new Tensor(base.storage, base.dtype, base.shape, base.strides, base.offset);
  record('CopySlices', [before, value], marker, (g, node) => [
    node.needs(0) ? putRegion(g, zeros(region.shape, { dtype: g.dtype }), region) : null,
    node.needs(1) ? readRegion(contiguous(g), region) : null,
  ]);
  base.node = marker.node;
  base.outputIndex = 0;
  base.wantsGrad = marker.wantsGrad;
  base.rebased++;
}
