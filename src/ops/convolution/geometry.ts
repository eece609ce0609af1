/** What a convolution is besides its operands: x [N, C, length], y [N, O, outLength], w [O, C / groups, taps]. */
export interface Geometry {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly length: number;
  readonly outLength: number;
  readonly taps: number;
}
