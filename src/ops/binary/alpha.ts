/** The factor that add and sub multiply their second operand by. */
import { isFloat, type DType } from '../../tensor/dtype';

export interface AlphaOptions {
  /** Factor of the second operand. */
  alpha?: number;
}

/** @throws TypeError unless alpha is a number, and an integer where integers are computed. */
export function checkAlpha(operation: string, alpha: number, dtype: DType): number {
  if (typeof alpha !== 'number') {
    throw new TypeError(`${operation}: alpha must be a number, got ${typeof alpha}`);
  }
  if (!isFloat(dtype) && !Number.isInteger(alpha)) {
    throw new TypeError(
      `${operation}: alpha must be an integer for ${dtype} tensors, got ${alpha}; convert them with to('float32')`,
    );
  }
  return alpha;
}
