/** Element types of files that tensors do not have, converted on reading. */

/** IEEE half precision to a number. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// bfloat16 is the upper half of a float32.
const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);
function fromBfloat(bits: number): number {
  singleBits[0] = bits << 16;
  return single[0];
}

/** How one element of a file's type is read from its bytes. */
export const readers: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  F16: (view, at) => fromHalf(view.getUint16(at, true)),
  BF16: (view, at) => fromBfloat(view.getUint16(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
};
