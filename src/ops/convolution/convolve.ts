/**
 * Convolution of signals in one dimension and its gradients, three functions that are linear in both operands:
 *
 *     convolve            y[n, o, t]  = Σ_c,j w[o, c, j] x[n, c, t·stride + j·dilation − padding]
 *     convolveTransposed  dx[n, c, l] = Σ_o,j w[o, c, j] g[n, o, t],   l = t·stride + j·dilation − padding
 *     convolveWeight      dw[o, c, j] = Σ_n,t g[n, o, t] x[n, c, t·stride + j·dilation − padding]
 *
 * All are derivatives of Σ g·y, so the gradients of each one are the other two, to any order. Shapes have been checked.
 */
import { family } from '../../native/families';
import { runConv1d, runConv1dTransposed, runConv1dWeight } from '../../native/calls';
import { itemSize } from '../../tensor/dtype';
import { acquire, release, type Storage } from '../../tensor/storage';
import { sizesOf, empty, type Tensor } from '../../tensor/tensor';
import { gradient, type ContextOf } from '../declare/gradient';
import { dense } from '../kernels/copy';
import { pick } from '../kernels/launch';
import { channelSums } from './channel-sums';
import { convolveFew } from './few-positions';
import type { Geometry } from './geometry';

const kernels = {
  forward: family('conv1d'),
  transposed: family('conv1d_transposed'),
  weight: family('conv1d_weight'),
};

// Positions of a signal that has at most so many are the rows of a product, all samples together; of longer ones the columns.
const shortLength = 24;
// Elements that such rows may take at once.
const mostSpace = 1 << 20;

interface Space {
  readonly memory: Storage;
  readonly rows: number;
}

/** Memory for the rows of short outputs: [rows, width], null for long ones. To be released. */
function spaceFor(x: Tensor, positions: number, width: number): Space | null {
  if (positions > shortLength || positions === 0) return null;
  const samples = Math.min(sizesOf(x)[0], Math.max(1, Math.floor(mostSpace / (positions * width))));
  const rows = samples * positions;
  return { memory: acquire(rows * width * itemSize(x.dtype)), rows };
}

const saved = (a: Tensor | null, b: Tensor | null): [Tensor | null, Tensor | null] => [
  b?.requiresGrad === true ? a : null,
  a?.requiresGrad === true ? b : null,
];

type Pair = readonly [a: Tensor, b: Tensor];
type Triple = readonly [a: Tensor, b: Tensor, bias: Tensor | null];
type SavedPair = [Tensor | null, Tensor | null];

const recordedForward = gradient<Triple, SavedPair, Geometry>('convolution', {
  saves: ([x, weight]) => saved(x, weight),
  rule: (g, [x, weight], geometry, self) => [
    weight && convolveTransposed(g, weight, null, geometry),
    x && convolveWeight(g, x, geometry),
    self.needs(2) ? channelSums(g) : null,
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type ConvolutionContext = ContextOf<typeof recordedForward>;

const recordedTransposed = gradient<Triple, SavedPair, Geometry>('convTranspose1d', {
  node: 'ConvolutionBackward0',
  saves: ([x, weight]) => saved(x, weight),
  rule: (g, [x, weight], geometry, self) => [
    weight && convolve(g, weight, null, geometry),
    x && convolveWeight(x, g, geometry),
    self.needs(2) ? channelSums(g) : null,
  ],
});
/** @internal The context of a call, as the observer gets it (declare/watch.ts). */
export type ConvTransposeContext = ContextOf<typeof recordedTransposed>;

const recordedWeight = gradient<Pair, SavedPair, Geometry>('convolution', {
  node: 'ConvolutionBackwardBackward0',
  saves: ([g, x]) => saved(g, x),
  rule: (gw, [g, x], geometry) => [
    x && convolve(x, gw, null, geometry),
    g && convolveTransposed(g, gw, null, geometry),
  ],
});

/** y of x [N, C, length] and w [O, C / groups, taps]; bias [O] is what the sums start from. */
export function convolve(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  geometry: Geometry,
): Tensor {
  const few = convolveFew(x, weight, bias, geometry);
  if (few !== null) return few;
  const { groups, length, outLength, taps, stride, padding, dilation } = geometry;
  const batch = sizesOf(x)[0];
  const [allOutputs, channels] = sizesOf(weight);
  const outChannels = allOutputs / groups;
  const out = empty([batch, allOutputs, outLength], x.dtype);
  const space = spaceFor(x, outLength, channels * taps + 2 * outChannels);
  runConv1d(pick('conv1d', kernels.forward, x.dtype), {
    x: dense(x),
    weight: dense(weight),
    bias: bias && dense(bias),
    out,
    space: space && space.memory,
    spaceRows: space === null ? 0 : space.rows,
    batch,
    groups,
    channels,
    outChannels,
    length,
    outLength,
    taps,
    stride,
    padding,
    dilation,
  });
  if (space !== null) release(space.memory);
  return recordedForward(out, geometry, x, weight, bias);
}

/** dx of g [N, O, outLength] and w [O, C / groups, taps]; bias [C] is what the sums start from. */
export function convolveTransposed(
  g: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  geometry: Geometry,
): Tensor {
  const { groups, length, outLength, taps, stride, padding, dilation } = geometry;
  const batch = sizesOf(g)[0];
  const [allOutputs, channels] = sizesOf(weight);
  const outChannels = allOutputs / groups;
  const dx = empty([batch, groups * channels, length], g.dtype);
  const positions = Math.ceil(length / stride);
  const space = spaceFor(g, positions, outChannels * taps + 2 * channels);
  const rearranged = acquire(weight.numel * itemSize(g.dtype));
  runConv1dTransposed(pick('convTranspose1d', kernels.transposed, g.dtype), {
    g: dense(g),
    weight: dense(weight),
    bias: bias && dense(bias),
    dx,
    rearranged,
    space: space && space.memory,
    spaceRows: space === null ? 0 : space.rows,
    batch,
    groups,
    channels,
    outChannels,
    length,
    outLength,
    taps,
    stride,
    padding,
    dilation,
  });
  release(rearranged);
  if (space !== null) release(space.memory);
  return recordedTransposed(dx, geometry, g, weight, bias);
}

/** dw of g [N, O, outLength] and x [N, C, length]. */
function convolveWeight(g: Tensor, x: Tensor, geometry: Geometry): Tensor {
  const { groups, length, outLength, taps, stride, padding, dilation } = geometry;
  const [batch, allOutputs] = sizesOf(g);
  const channels = sizesOf(x)[1] / groups;
  const dw = empty([allOutputs, channels, taps], g.dtype);
  runConv1dWeight(pick('conv1d', kernels.weight, g.dtype), {
    g: dense(g),
    x: dense(x),
    dw,
    batch,
    groups,
    channels,
    outChannels: allOutputs / groups,
    length,
    outLength,
    taps,
    stride,
    padding,
    dilation,
  });
  return recordedWeight(dw, geometry, g, x);
}
