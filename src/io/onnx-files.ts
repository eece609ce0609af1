/**
 * Reading and writing ONNX. What does it is loaded by the first call: it is a twelfth of the package's code, and importing the package would take that
 * much longer. `require` is literal, so that bundlers follow it; the path is that of a module here and of a file in the package (scripts/bundle.cjs).
 */
import { surplus } from '../check';
import type { Module } from '../nn';
import type * as Onnx from './onnx';
import type { ExportOnnxOptions, OnnxModel } from './onnx/types';
import type { FilePath } from './path';

// eslint-disable-next-line @typescript-eslint/no-require-imports -- at the first call, and not asynchronously
const onnx = (): typeof Onnx => require('./onnx') as typeof Onnx;

/**
 * Reads a network of ONNX (`.onnx`) into a module that runs and can be trained: operators of the default set of versions 7 to 25 as far as they
 * are what exporters of PyTorch, Keras and scikit-learn make of recurrent networks, with `If`; convolutions and pooling over one dimension. Floats
 * of the file with a dimension or more are parameters, under their names (`rnn.weight_ih_l0` where a name has dots), but for running
 * statistics, which are buffers; weights of 16 bits become float32, integers int32. 64-bit numbers from 2^62 on, as ends of slices have them, are the largest
 * int32. Weights in other files are read from the folder of the model and below it.
 * @returns a module whose `forward({ name: tensor, … })` returns `{ name: tensor, … }`; `inputs` and `outputs` say names, types and shapes
 * @throws TypeError for what is no path; RangeError saying what is wrong with a malformed file (cut short, a cycle, names that nothing computes,
 * tensors of another size than their bytes), or naming all operators at once that are not computed here, with their nodes; Error when it cannot be read.
 * @example
 * const detect = (chunk: Tensor, state: Tensor) => {
 *   const model = io.loadOnnx('silero_vad.onnx');
 *   const { output, stateN } = model.forward({ input: chunk, state, sr: tensor(16000, { dtype: 'int32' }) });
 *   return [output, stateN];
 * };
 */
export function loadOnnx(path: FilePath): OnnxModel {
  if (arguments.length > 1) surplus('loadOnnx', arguments, 1, 'path');
  return onnx().loadOnnx(path);
}

/**
 * Writes what a model's `forward` computes as a network of ONNX (torch.onnx.export), for onnxruntime and whatever else reads the format. Weights have the names
 * and values of the state dict; recurrent layers are ONNX's own (all layers and directions, initial states as inputs where forward takes them). The model runs in
 * evaluation mode, on the example and on other inputs; what it computes is recorded at the level of operations, so that a forward of your own is
 * exported like a layer; compiled functions and a `Recurrent` run their JavaScript. The model is as it was afterwards, what forward writes into public
 * fields included. Sizes that `dynamicAxes` names stay open.
 * @param path a string or a file: URL
 * @throws TypeError for what is no module, no path, no example of tensors and no option; RangeError naming all operations at once that have no ONNX form, with the modules that
 * make them, and for what depends on values or on open sizes in JavaScript, is changed in place or kept for the next call (`Stateful`); Error when the file cannot be written.
 * @example
 * io.exportOnnx(new nn.Linear(4, 2), 'linear.onnx', { example: zeros([1, 4]), inputNames: ['x'], dynamicAxes: { x: { 0: 'batch' } } });
 * io.loadOnnx('linear.onnx').forward({ x: ones([3, 4]) }).output.shape; // [3, 2]
 */
export function exportOnnx(model: Module, path: FilePath, options: ExportOnnxOptions): void {
  if (arguments.length > 3) surplus('exportOnnx', arguments, 3, 'options');
  onnx().exportOnnx(model, path, options);
}
