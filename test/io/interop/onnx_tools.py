"""The other side of onnx.ts.

    python3 -P onnx_tools.py FOLDER COUNT   checks and runs the networks of list.json, and writes COUNT of PyTorch's
"""

import json
import os
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

warnings.filterwarnings("ignore")
folder, count = sys.argv[1], int(sys.argv[2])
options = onnxruntime.SessionOptions()
options.log_severity_level = 3
options.intra_op_num_threads = 1


def close(a, b):
    return a.shape == b.shape and np.allclose(a.astype(np.float64), b.astype(np.float64), rtol=1e-5, atol=1e-5)


def session_of(path):
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


# ---- theirs
wrong = 0
with open(os.path.join(folder, "list.json")) as file:
    entries = json.load(file)
for entry in entries:
    path = os.path.join(folder, entry["file"])
    try:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        arrays = np.load(os.path.join(folder, entry["arrays"]))
        session = session_of(path)
        inputs = {key[3:]: arrays[key] for key in arrays.files if key.startswith("in.")}
        for i, output in enumerate(session.run(None, inputs)):
            expected = arrays[f"out.{i}"]
            if not close(output, expected):
                far = np.abs(output.astype(float) - expected).max() if output.shape == expected.shape else output.shape
                raise ValueError(f"output {i} {expected.shape}: {far}")
    except Exception as error:  # noqa: BLE001
        wrong += 1
        print(f"{entry['name']}: {type(error).__name__}: {str(error)[:400]}")
print(f"onnx: {len(entries)} runs of exported networks, {wrong} wrong")


# ---- PyTorch's
class Net(nn.Module):
    def __init__(self, rng):
        super().__init__()
        kind = [nn.LSTM, nn.GRU, nn.RNN][rng.integers(3)]
        layers, both = int(rng.integers(1, 4)), bool(rng.integers(2))
        size = int(rng.integers(1, 9))
        more = {"nonlinearity": ["tanh", "relu"][rng.integers(2)]} if kind is nn.RNN else {}
        self.ids = bool(rng.integers(2))
        self.embedding = nn.Embedding(13, 3) if self.ids else nn.Conv1d(3, 3, 3, padding=1)
        self.rnn = kind(3, size, layers, bidirectional=both, batch_first=True, bias=bool(rng.integers(4)), **more)
        self.norm = nn.LayerNorm(size * (2 if both else 1))
        self.fc = nn.Linear(size * (2 if both else 1), 2)
        self.last = bool(rng.integers(2))

    def forward(self, x):
        x = self.embedding(x) if self.ids else self.embedding(x.transpose(1, 2)).transpose(1, 2)
        y, state = self.rnn(x)
        y = self.norm(y)
        return torch.log_softmax(self.fc(y[:, -1] if self.last else y), -1), *(state if isinstance(state, tuple) else (state,))


names = []
rng = np.random.default_rng(1)
torch.manual_seed(1)
for i in range(count):
    model = Net(rng).eval()
    n, t = int(rng.integers(1, 4)), int(rng.integers(2, 9))
    x = torch.tensor(rng.integers(0, 13, (n, t))) if model.ids else torch.randn(n, t, 3)
    name = f"theirs-{i}"
    path = os.path.join(folder, f"{name}.onnx")
    # The other exporter takes a second each: a few of them.
    dynamo = i % 10 == 0
    more = {"external_data": False, "verbose": False} if dynamo else {"opset_version": [11, 13, 15, 17][i % 4]}
    torch.onnx.export(model, (x,), path, input_names=["x"], dynamo=dynamo, **more)
    session = session_of(path)
    outputs = session.run(None, {"x": x.numpy()})
    arrays = {f"out.{o.name}": value for o, value in zip(session.get_outputs(), outputs)}
    np.savez(os.path.join(folder, f"{name}.npz"), **{"in.x": x.numpy(), **arrays})
    names.append(name)
with open(os.path.join(folder, "theirs.json"), "w") as file:
    json.dump(names, file)
sys.exit(1 if wrong else 0)
