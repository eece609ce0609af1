/** What `loadOnnx` returns, as users see it. */
import type { Module } from '../../nn';
import type { DType } from '../../tensor/dtype';
import type { Tensor } from '../../tensor/tensor';

/** An input or output of an `OnnxModel`. */
export interface OnnxValue {
  /** Its name. */
  readonly name: string;
  /** Its element type here; null where the file does not say it. */
  readonly dtype: DType | null;
  /** Its sizes: numbers, names of sizes that may be any, null for other ones; null where the file says none. */
  readonly shape: readonly (number | string | null)[] | null;
}

/**
 * A network of ONNX as a module. Its weights are parameters under the names that they have in the file, running statistics buffers.
 * It keeps the element types of the file: `to`, `float` and `double` refuse another than that of its weights.
 * @example
 * const probability = (model: io.OnnxModel, x: Tensor): Tensor => model.forward({ x }).probability;
 */
export interface OnnxModel extends Module {
  /** What `forward` takes, in the order of the file. */
  readonly inputs: readonly OnnxValue[];
  /** What `forward` returns, in the order of the file. */
  readonly outputs: readonly OnnxValue[];
  /**
   * The outputs of the graph, by name.
   * @param inputs a tensor for each input of the graph, by name
   * @throws TypeError for what is no object of tensors, names that are missing or unknown, and other element types; RangeError for
   * shapes that do not go together, naming the node.
   */
  forward(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor>;
}

/** Names of dynamic sizes by dimension. */
export type DynamicAxes = Readonly<Record<string, Readonly<Record<number, string>>>>;

/** Options of `exportOnnx`. */
export interface ExportOnnxOptions {
  /** What forward takes: a tensor, or an array of all arguments, in which arrays of tensors (as of states) may be. */
  example: Tensor | readonly unknown[];
  /** Names of the tensors that forward takes, in their order. Default: input, or input_0 and so on. */
  inputNames?: readonly string[];
  /** Names of those that it returns. Default: output, or output_0 and so on. */
  outputNames?: readonly string[];
  /** Which sizes of inputs may be any: `{ x: { 0: 'batch', 1: 'time' } }`. Sizes of one name are equal. Default: none. */
  dynamicAxes?: DynamicAxes;
  /** Version of ONNX's operators, 17 to 21. Default: 17. */
  opset?: number;
}
