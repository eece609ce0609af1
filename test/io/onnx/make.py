"""Writes the networks of files/ with the tools that export them, and in files/NAME.npz inputs and what onnxruntime makes of them.

    python3 -P test/io/onnx/make.py      torch 2.13.0, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0, skl2onnx 1.20.0
"""

import os
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

warnings.filterwarnings("ignore")
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "files"))
torch.manual_seed(0)
rng = np.random.default_rng(0)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def record(name, inputs):
    """Inputs, and onnxruntime's outputs."""
    session = onnxruntime.InferenceSession(f"{name}.onnx")
    outputs = session.run(None, inputs)
    names = [output.name for output in session.get_outputs()]
    arrays = {f"in.{key}": value for key, value in inputs.items()}
    np.savez(f"{name}.npz", **arrays, **{f"out.{key}": value for key, value in zip(names, outputs)})


# ---- PyTorch's exporters
class Layer(nn.Module):
    """A recurrent layer whose states are inputs and outputs."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x, h, c=None):
        y, state = self.rnn(x, h if c is None else (h, c))
        return (y, *state) if c is not None else (y, state)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.rnn = nn.LSTM(4, 5, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(10, 3)

    def forward(self, ids):
        y, _ = self.rnn(self.embedding(ids))
        return torch.softmax(self.fc(y[:, -1, :]), -1), y.mean(1)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 8, 3, padding=1, stride=2)
        self.norm = nn.BatchNorm1d(8)
        self.group = nn.GroupNorm(2, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
        self.out = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 4), nn.LeakyReLU(0.1), nn.Dropout(), nn.Linear(4, 2))

    def forward(self, x):
        y = self.group(torch.relu(self.norm(self.conv(x)))).transpose(1, 2)
        return self.out(self.layer(y)).amax(1)


def export(name, model, args, inputs, outputs, dynamo, dynamic, opset=None):
    model.eval()
    options = {"opset_version": opset} if opset else {}
    if dynamo:
        dynamic = tuple(dynamic.get(key) for key in inputs)
        options |= {"dynamic_shapes": dynamic, "verbose": False}
    else:
        options |= {"dynamic_axes": dynamic}
    torch.onnx.export(
        model, args, f"{name}.onnx", input_names=inputs, output_names=outputs, dynamo=dynamo, external_data=False, **options
    )
    # Positions in the sources, which name folders of this machine.
    proto = onnx.load(f"{name}.onnx")
    for graph in [proto.graph]:
        for node in graph.node:
            del node.metadata_props[:]
            node.ClearField("doc_string")
        for value in [*graph.input, *graph.output, *graph.value_info]:
            del value.metadata_props[:]
        del graph.value_info[:]
        del graph.metadata_props[:]
    onnx.save(proto, f"{name}.onnx")
    record(name, {key: x.numpy() for key, x in zip(inputs, args)})


for kind, layer in {
    "lstm": nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True),
    "gru": nn.GRU(3, 4, num_layers=2, bidirectional=True),
    "rnn": nn.RNN(3, 4, nonlinearity="relu"),
}.items():
    batch_first = layer.batch_first
    layers = layer.num_layers * (2 if layer.bidirectional else 1)
    x = torch.tensor(normal(2, 5, 3) if batch_first else normal(5, 2, 3))
    states = [torch.tensor(normal(layers, 2, 4)) for _ in range(2 if kind == "lstm" else 1)]
    names = ["x", "h", "c"][: 1 + len(states)]
    outs = ["y", "hn", "cn"][: 1 + len(states)]
    axes = {0: "batch", 1: "time"} if batch_first else {0: "time", 1: "batch"}
    dynamic = {"x": axes, "h": {1: "batch"}, "c": {1: "batch"}}
    for dynamo in [False, True]:
        shapes = {key: value for key, value in dynamic.items() if key in names}
        export(f"{kind}-{'dynamo' if dynamo else 'script'}", Layer(layer), (x, *states), names, outs, dynamo, {} if dynamo else shapes)

ids = torch.tensor(rng.integers(0, 11, (2, 6)))
export("classifier-script", Classifier(), (ids,), ["ids"], ["p", "mean"], False, {"ids": {0: "batch", 1: "time"}}, 13)
export("classifier-dynamo", Classifier(), (ids,), ["ids"], ["p", "mean"], True, {"ids": {0: "batch", 1: "time"}})
signal = torch.tensor(normal(2, 3, 12))
export("encoder-script", Encoder(), (signal,), ["x"], ["y"], False, {"x": {0: "batch", 2: "time"}}, 17)
export("encoder-dynamo", Encoder(), (signal,), ["x"], ["y"], True, {})


# ---- scikit-learn
def sklearn_network():
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    points = normal(60, 3)
    labels = (points.sum(1) > 0).astype(int) + (points[:, 0] > 1)
    network = MLPClassifier((6, 5), max_iter=60, random_state=0, activation="tanh").fit(points, labels)
    pipeline = make_pipeline(StandardScaler().fit(points * 2 + 1), network)
    proto = to_onnx(pipeline, points[:1], options={"zipmap": False}, target_opset=17)
    onnx.save(proto, "sklearn.onnx")
    record("sklearn", {"X": normal(4, 3)})


sklearn_network()


# ---- By hand: what the exporters of Keras write, and what the others do not
def write(name, nodes, inputs, outputs, initializers, opset=17, ir=8):
    value = lambda spec: helper.make_tensor_value_info(*spec)
    tensors = [numpy_helper.from_array(array, key) for key, array in initializers.items()]
    graph = helper.make_graph(nodes, name, [value(x) for x in inputs], [value(x) for x in outputs], tensors)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, f"{name}.onnx")


F, L = TensorProto.FLOAT, TensorProto.INT64
T, N, I, H = 5, 3, 2, 4


def recurrent(name, op, direction, lengths, states, **attributes):
    D = 2 if direction == "bidirectional" else 1
    G = {"RNN": 1, "LSTM": 4, "GRU": 3}[op]
    tensors = {"W": normal(D, G * H, I), "R": normal(D, G * H, H), "B": normal(D, 2 * G * H)}
    inputs = ["x", "W", "R", "B", "lengths" if lengths else ""]
    feeds = {"x": normal(T, N, I)}
    specs = [("x", F, ["T", "N", I])]
    if lengths:
        feeds["lengths"] = np.array([3, 5, 1], np.int32)
        specs.append(("lengths", TensorProto.INT32, ["N"]))
    for key in ["h0", "c0"][: (2 if op == "LSTM" else 1) if states else 0]:
        feeds[key] = normal(D, N, H)
        specs.append((key, F, [D, "N", H]))
        inputs.append(key)
    if op == "LSTM" and attributes.pop("peepholes", False):
        inputs += [""] * (7 - len(inputs)) + ["P"]
        tensors["P"] = normal(D, 3 * H)
    outputs = ["Y", "Yh", "Yc"][: 3 if op == "LSTM" else 2]
    node = helper.make_node(op, inputs, outputs, hidden_size=H, direction=direction, **attributes)
    shapes = [("Y", F, ["T", D, "N", H]), ("Yh", F, [D, "N", H]), ("Yc", F, [D, "N", H])]
    write(name, [node], specs, shapes[: len(outputs)], tensors)
    record(name, feeds)


recurrent("lstm-lengths", "LSTM", "bidirectional", True, True, peepholes=True)
recurrent("lstm-reverse", "LSTM", "reverse", True, False)
recurrent("gru-lengths", "GRU", "bidirectional", True, True, linear_before_reset=1)
recurrent("gru-reset-before", "GRU", "bidirectional", True, True)
recurrent("gru-reset-before-plain", "GRU", "reverse", False, False)
recurrent("rnn-lengths", "RNN", "bidirectional", True, True, activations=["Tanh", "Tanh"])

# As tf2onnx writes a Conv1D: over pictures of one row, with pads of its own.
write(
    "conv-rows",
    [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Unsqueeze", ["t", "two"], ["u"]),
        helper.make_node("Conv", ["u", "w", "b"], ["c"], kernel_shape=[1, 3], strides=[1, 2], auto_pad="SAME_UPPER"),
        helper.make_node("Squeeze", ["c", "two"], ["s"]),
        helper.make_node("MaxPool", ["s"], ["p"], kernel_shape=[2], pads=[0, 1]),
        helper.make_node("AveragePool", ["s"], ["q"], kernel_shape=[3], strides=[1], pads=[1, 1]),
        helper.make_node("GlobalAveragePool", ["q"], ["g"]),
        helper.make_node("Concat", ["p", "g"], ["y"], axis=2),
    ],
    [("x", F, ["N", 9, 2])],
    [("y", F, ["N", 4, None])],
    {"w": normal(4, 2, 1, 3), "b": normal(4), "two": np.array([2])},
)
record("conv-rows", {"x": normal(2, 9, 2)})

# Operators in their forms before version 13, where axes and sizes are attributes.
write(
    "old",
    [
        helper.make_node("Unsqueeze", ["x"], ["a"], axes=[0, 3]),
        helper.make_node("Squeeze", ["a"], ["b"], axes=[3]),
        helper.make_node("Slice", ["b"], ["c"], axes=[2, 1], starts=[-3, 0], ends=[2**31 - 1, -1]),
        helper.make_node("Pad", ["c"], ["d"], pads=[0, 0, 1, 0, 0, 2], value=0.5),
        helper.make_node("ReduceSum", ["d"], ["e"], axes=[0], keepdims=0),
        helper.make_node("Clip", ["e"], ["f"], min=-1.0, max=1.0),
        helper.make_node("Gemm", ["f", "w", "v"], ["g"], alpha=0.5, beta=2.0, transB=1),
        helper.make_node("Softmax", ["g"], ["h"]),
        helper.make_node("Split", ["h"], ["i", "j"], axis=1, split=[1, 2]),
        helper.make_node("Dropout", ["j"], ["k"], ratio=0.5),
        helper.make_node("Max", ["i", "k"], ["y"]),
    ],
    [("x", F, [4, 3])],
    [("y", F, [3, 2])],
    {"w": normal(3, 6), "v": normal(1, 3)},
    opset=9,
    ir=4,
)
record("old", {"x": normal(4, 3)})

# Shapes computed from shapes, branches, and values of every kind of Constant.
i64 = lambda *values: np.array(values, np.int64)
then = helper.make_graph(
    [helper.make_node("Mul", ["x", "w"], ["yes"])], "then", [], [helper.make_tensor_value_info("yes", F, [2, "n"])]
)
otherwise = helper.make_graph(
    [
        helper.make_node("Constant", [], ["add"], value_float=3.0),
        helper.make_node("Add", ["x", "add"], ["no"]),
    ],
    "else",
    [],
    [helper.make_tensor_value_info("no", F, [2, "n"])],
)
write(
    "shapes",
    [
        helper.make_node("Shape", ["x"], ["shape"], start=1),
        helper.make_node("Gather", ["shape", "zero"], ["size"], axis=0),
        helper.make_node("Greater", ["size", "three"], ["long"]),
        helper.make_node("If", ["long"], ["branch"], then_branch=then, else_branch=otherwise),
        helper.make_node("Constant", [], ["half"], value_ints=[-1, 2]),
        helper.make_node("Reshape", ["branch", "half"], ["pairs"]),
        helper.make_node("Slice", ["pairs", "last", "first", "zeros", "back"], ["backwards"]),
        helper.make_node("ConstantOfShape", ["size1"], ["fill"], value=numpy_helper.from_array(np.array([2.5], np.float32))),
        helper.make_node("Expand", ["fill", "wide"], ["filled"]),
        helper.make_node("Concat", ["backwards", "filled"], ["joined"], axis=0),
        helper.make_node("Range", ["zero", "size", "one0"], ["range"]),
        helper.make_node("OneHot", ["range", "depth", "values"], ["hot"], axis=-1),
        helper.make_node("ArgMax", ["joined"], ["place"], axis=1, keepdims=0),
        helper.make_node("TopK", ["joined", "one"], ["best", "where"], axis=0),
        helper.make_node("Where", ["mask", "best", "minus"], ["chosen"]),
        helper.make_node("CumSum", ["joined", "zero"], ["sums"]),
        helper.make_node("Einsum", ["joined", "joined"], ["gram"], equation="ij,kj->ik"),
        helper.make_node("Trilu", ["gram"], ["lower"], upper=0),
        helper.make_node("Mod", ["range", "two0"], ["odd"]),
        helper.make_node("Div", ["range", "two0"], ["halves"]),
        helper.make_node("GatherElements", ["joined", "index"], ["picked"], axis=0),
    ],
    [("x", F, [2, "n"])],
    [
        ("joined", F, ["a", 2]), ("hot", F, ["n", 4]), ("place", L, ["a"]), ("chosen", F, [1, 2]), ("sums", F, ["a", 2]),
        ("lower", F, ["a", "a"]), ("odd", L, ["n"]), ("halves", L, ["n"]), ("picked", F, [1, 2]),
    ],
    {
        "w": normal(1), "zero": np.int64(0), "one0": np.int64(1), "two0": np.int64(2), "three": np.int64(3), "zeros": i64(0),
        "one": i64(1), "last": i64(-1), "first": i64(-(2**63)), "back": i64(-1), "size1": i64(1, 1), "wide": i64(3, 2),
        "depth": np.int64(4), "values": np.array([-1, 1], np.float32), "mask": np.array([True, False]),
        "minus": np.float32(-1), "index": i64(0, -1).reshape(1, 2),
    },
)  # fmt: skip
record("shapes", {"x": normal(2, 4)})

# Weights in another file.
weights = numpy_helper.from_array(normal(3, 2), "w")
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "external",
    [helper.make_tensor_value_info("x", F, ["N", 3])],
    [helper.make_tensor_value_info("y", F, ["N", 2])],
    [weights],
)
proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
if os.path.exists("external.data"):
    os.remove("external.data")
onnx.save(proto, "external.onnx", save_as_external_data=True, location="external.data", size_threshold=0)
record("external", {"x": normal(2, 3)})
