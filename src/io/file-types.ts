/** What writers of files take as options. */

/** The types in which a file holds tensors, where that is another than their own. */
export interface FileTypes {
  /** Of float32 tensors. Default: float32. */
  float32?: 'float32' | 'float16' | 'bfloat16';
  /** Of float64 tensors. Default: float64. */
  float64?: 'float64' | 'float32' | 'float16' | 'bfloat16';
  /** Of int32 tensors, as long as the values fit. Default: int32. */
  int32?: 'int32' | 'int64' | 'int16' | 'int8';
}
