/** An ONNX model of one LSTM step, written as protobuf: what onnxruntime is given to run. */

// The few message fields that such a model needs, by their numbers in onnx.proto.
const varint = (n: number): number[] => {
  const out: number[] = [];
  for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) | 128);
  return [...out, n];
};
const number = (field: number, n: number): Buffer =>
  Buffer.from([...varint(field * 8), ...varint(n)]);
const bytes = (field: number, content: Buffer | string): Buffer => {
  const data = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(data.length)]), data]);
};
const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

const floatType = 1;
const tensorProto = (name: string, dims: readonly number[], data: Float32Array): Buffer =>
  Buffer.concat([
    ...dims.map((d) => number(1, d)),
    number(2, floatType),
    bytes(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
const valueInfo = (field: number, name: string, dims: readonly number[]): Buffer =>
  message(
    field,
    bytes(1, name),
    message(
      2,
      message(1, number(1, floatType), message(2, ...dims.map((d) => message(1, number(1, d))))),
    ),
  );

/** Rows of the gates in ONNX's order i, o, f, c out of PyTorch's i, f, g, o. */
function reorder(weight: Float32Array, hidden: number): Float32Array {
  const row = weight.length / (4 * hidden);
  const out = new Float32Array(weight.length);
  [0, 3, 1, 2].forEach((from, to) =>
    out.set(weight.subarray(from * hidden * row, (from + 1) * hidden * row), to * hidden * row),
  );
  return out;
}

/**
 * One LSTM over [T, N, I] with states h0, c0 [1, N, H] as inputs, Y, Y_h, Y_c as outputs.
 * @param weights weight_ih, weight_hh, bias_ih, bias_hh in PyTorch's layout
 */
export function lstmModel(
  [T, N, I, H]: readonly [number, number, number, number],
  weights: readonly Float32Array[],
): Buffer {
  const [wIh, wHh, bIh, bHh] = weights.map((w) => reorder(w, H));
  const bias = new Float32Array(8 * H);
  bias.set(bIh);
  bias.set(bHh, 4 * H);
  const node = message(
    1,
    ...['X', 'W', 'R', 'B', '', 'h0', 'c0'].map((name) => bytes(1, name)),
    ...['Y', 'Y_h', 'Y_c'].map((name) => bytes(2, name)),
    bytes(4, 'LSTM'),
    message(5, bytes(1, 'hidden_size'), number(3, H), number(20, 2)),
  );
  const graph = message(
    7,
    node,
    bytes(2, 'lstm'),
    bytes(5, tensorProto('W', [1, 4 * H, I], wIh)),
    bytes(5, tensorProto('R', [1, 4 * H, H], wHh)),
    bytes(5, tensorProto('B', [1, 8 * H], bias)),
    valueInfo(11, 'X', [T, N, I]),
    valueInfo(11, 'h0', [1, N, H]),
    valueInfo(11, 'c0', [1, N, H]),
    valueInfo(12, 'Y', [T, 1, N, H]),
    valueInfo(12, 'Y_h', [1, N, H]),
    valueInfo(12, 'Y_c', [1, N, H]),
  );
  return Buffer.concat([number(1, 8), graph, message(8, bytes(1, ''), number(2, 14))]);
}
