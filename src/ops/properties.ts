/** What is read of a tensor without a call: `data`, `T`, `mT`. */
import { guardMethods, readOnly } from '../check';
import { sameShape, showShape } from '../tensor/shape';
import { viewOriginOf, sizesOf, replaceData, Tensor } from '../tensor/tensor';
import { checkTensor } from './arguments/check';
import { detach } from './copying/clone';
import { permute, transpose } from './view/permute';

declare module '../tensor/tensor' {
  interface Tensor {
    /**
     * The same memory without history, as `detach()` (torch.Tensor.data). Assigned, this tensor has the memory of another
     * of its shape and element type from then on; what the graph has saved of it is invalid.
     * @throws TypeError for no tensor or another element type; RangeError for another shape.
     */
    get data(): Tensor;
    set data(source: Tensor);
    /** The dimensions in reverse order: of a matrix its transpose (torch.Tensor.T). A view. */
    readonly T: Tensor;
    /**
     * The transposes of the matrices in the last two dimensions (torch.Tensor.mT). A view.
     * @throws RangeError for a vector.
     */
    readonly mT: Tensor;
  }
}

const properties: Readonly<Record<string, PropertyDescriptor & ThisType<Tensor>>> = {
  data: {
    get() {
      return detach(this);
    },
    set(source: unknown) {
      checkTensor('data', 'what is assigned', source);
      if (viewOriginOf(this) !== null) {
        throw new Error(
          "data: cannot be assigned to a view, whose memory is its base's; use copy_()",
        );
      }
      if (source.dtype !== this.dtype) {
        throw new TypeError(`data: must be ${this.dtype} as the tensor is, got ${source.dtype}`);
      }
      if (!sameShape(sizesOf(source), sizesOf(this))) {
        throw new RangeError(
          `data: must have the tensor's shape ${showShape(sizesOf(this))}, got ${showShape(sizesOf(source))}`,
        );
      }
      replaceData(this, source);
    },
  },
  T: {
    get() {
      return permute(
        this,
        sizesOf(this).map((_, d) => this.ndim - 1 - d),
      );
    },
  },
  mT: {
    get() {
      if (this.ndim === 1) {
        throw new RangeError(
          `mT: takes matrices (at least 2 dimensions), got shape ${showShape(sizesOf(this))}`,
        );
      }
      return this.ndim === 0 ? this : transpose(this, -2, -1);
    },
  },
};
for (const [name, property] of Object.entries(properties)) {
  Object.defineProperty(Tensor.prototype, name, { ...property, configurable: true });
}
guardMethods(Tensor.prototype, ['get'], (key) => key in properties);
readOnly('Tensor', Tensor.prototype);
