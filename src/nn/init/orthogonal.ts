/** Orthogonal initialization. */
import { surplus } from '../../check';
import { cast } from '../../ops/copying/cast';
import { copyInto } from '../../ops/kernels/copy';
import { mul } from '../../ops/elementwise/arithmetic';
import { t } from '../../ops/view/permute';
import { reshape } from '../../ops/view/reshape';
import { normal_ } from '../../random/inplace';
import { showShape } from '../../tensor/shape';
import { sizesOf, bumpVersion, empty, type Tensor } from '../../tensor/tensor';
import { unrecorded } from './fill';
import { orthonormalRows } from './qr';
import { gainOptions, type GainOptions } from './random';

/**
 * A (semi-)orthogonal matrix, times `gain`: the orthogonal factor of a matrix of normal numbers, its signs such that
 * R's diagonal is positive: Saxe et al. 2013 (torch.nn.init.orthogonal_). Dimensions after the first count as one.
 * @throws TypeError for what is no tensor or no option; RangeError for fewer than two dimensions.
 * @example nn.init.orthogonal_(zeros([4, 4]))
 */
export function orthogonal_(tensor: Tensor, options?: GainOptions): Tensor {
  if (arguments.length > 2) surplus('orthogonal_', arguments, 2, 'options');
  const { gain, generator } = gainOptions.read(options, 'orthogonal_');
  return unrecorded('orthogonal_', tensor, (x) => {
    if (x.ndim < 2) {
      throw new RangeError(
        `orthogonal_: takes a tensor of at least 2 dimensions, got shape ${showShape(sizesOf(x))}`,
      );
    }
    if (x.numel === 0) return;
    const rows = sizesOf(x)[0];
    const columns = x.numel / rows;
    const drawn = normal_(empty([rows, columns], x.dtype), 0, 1, { generator });
    const wide = cast(rows < columns ? drawn : t(drawn), 'float64');
    const q = orthonormalRows(wide);
    const oriented = cast(rows < columns ? q : t(q), x.dtype);
    copyInto(reshape(mul(oriented, gain), sizesOf(x)), x);
    bumpVersion(x);
  });
}
