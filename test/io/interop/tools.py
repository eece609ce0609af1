"""The other side of run.ts: files written and read by torch, numpy and safetensors themselves.

    python3 -P tools.py write FOLDER COUNT   random files, and in manifest.json what they hold
    python3 -P tools.py read FOLDER          whether they read the files of manifest.json and find the same in them
"""

import base64
import json
import os
import sys
import warnings

import numpy as np
import torch
from safetensors.torch import load_file, save_file

warnings.filterwarnings("ignore")
float_types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]
integer_types = [
    torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.uint64, torch.uint32, torch.uint16,
]  # fmt: skip
numpy_codes = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "b1"]


def entry(x):
    """What run.ts compares: a shape and values as float64."""
    if isinstance(x, torch.Tensor):
        x = x.detach().to(torch.float64).numpy()
    x = np.asarray(x, dtype="<f8")
    return {"shape": list(x.shape), "values": base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()}


def flat(value, name=""):
    """Tensors by dotted names."""
    if isinstance(value, torch.Tensor):
        return {name: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else []
    found = {}
    for key, item in items:
        found.update(flat(item, f"{name}.{key}" if name else str(key)))
    return found


# ---- writing
def shape_of(rng):
    return [int(size) for size in rng.integers(0, 5, rng.integers(0, 5))]


def torch_tensor(rng, is_legacy=False):
    shape = shape_of(rng)
    kind = rng.integers(0, 3)
    if kind == 0:
        x = torch.tensor(rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 7)).to(float_types[rng.integers(4 if is_legacy else 6)])
    elif kind == 1:
        dtype = integer_types[rng.integers(5 if is_legacy else 8)]
        info = torch.iinfo(dtype)
        low, high = max(info.min, -(2**31)), min(info.max, 2**31 - 1)
        x = torch.tensor(rng.integers(low, high + 1, shape)).to(dtype)
    else:
        x = torch.tensor(rng.integers(0, 2, shape)).to(torch.bool)
    return x


def view_of(rng, x):
    if x.ndim > 1 and rng.random() < 0.5:
        x = x.transpose(0, -1)
    if x.ndim > 0 and x.shape[0] > 1 and rng.random() < 0.5:
        x = x[1:] if rng.random() < 0.5 else x[::2]
    return x


def nested(rng, is_legacy, depth=0):
    kind = rng.integers(0, 5) if depth < 3 else 0
    if kind == 1:
        return [nested(rng, is_legacy, depth + 1) for _ in range(rng.integers(0, 3))]
    if kind == 2:
        return {f"key{i}" if rng.random() < 0.8 else i: nested(rng, is_legacy, depth + 1) for i in range(rng.integers(0, 4))}
    if kind == 3:
        return [None, True, 3, 2**70, 0.5, "ü", b"x", (1, 2), {1, 2}, torch.Size([2]), torch.float16][rng.integers(11)]
    x = view_of(rng, torch_tensor(rng, is_legacy))
    floats = torch.is_floating_point(x) and x.element_size() > 1
    return torch.nn.Parameter(x.clone()) if floats and rng.random() < 0.2 else x


def array(rng):
    code = numpy_codes[rng.integers(len(numpy_codes))]
    order = ">" if rng.random() < 0.3 and code[1] != "1" else "<"
    shape = shape_of(rng)
    if code[0] == "f":
        x = (rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 5)).astype(order + code)
    elif code == "b1":
        x = rng.integers(0, 2, shape).astype(bool)
    else:
        info = np.iinfo(code)
        x = rng.integers(max(info.min, -(2**31)), min(info.max, 2**31 - 1) + 1, shape).astype(order + code)
    return np.asarray(np.asfortranarray(x) if rng.random() < 0.3 else x)


class Script(torch.nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.rnn = torch.nn.LSTM(size, 2, bidirectional=True)
        self.norm = torch.nn.BatchNorm1d(3)
        self.tied = self.norm

    def forward(self, x):
        return self.rnn(x)[0]


def write(folder, count):
    os.chdir(folder)
    manifest = {}
    for i in range(count):
        rng = np.random.default_rng(i)
        tensors = {f"t{n}.x": torch_tensor(rng) for n in range(rng.integers(0, 5))}
        save_file(tensors, f"{i}.safetensors")
        manifest[f"{i}.safetensors"] = {name: entry(x) for name, x in tensors.items()}

        # Before 1.6: PyTorch writes unsigned and 8-bit floats, and does not read them again.
        base = torch_tensor(rng, not i % 2)
        values = {"base": base, "view": view_of(rng, base), "nested": nested(rng, not i % 2)}
        options = {} if i % 2 else {"_use_new_zipfile_serialization": False}
        torch.save(values, f"{i}.pt", pickle_protocol=2 + i % 4, **options)
        manifest[f"{i}.pt"] = {name: entry(x) for name, x in flat(values).items()}

        x = array(rng)
        with open(f"{i}.npy", "wb") as file:
            np.lib.format.write_array(file, x, version=[(1, 0), (2, 0), (3, 0)][i % 3])
        manifest[f"{i}.npy"] = {"": entry(x)}

        arrays = {f"a{n}/ü": array(rng) for n in range(rng.integers(0, 4))}
        (np.savez_compressed if i % 2 else np.savez)(f"{i}.npz", **arrays)
        manifest[f"{i}.npz"] = {name: entry(x) for name, x in arrays.items()}
    for i in range(3):
        net = Script(i + 1)
        torch.jit.script(net).save(f"script{i}.pt")
        manifest[f"script{i}.pt"] = {name: entry(x) for name, x in net.state_dict().items()}
    with open("manifest.json", "w") as file:
        json.dump(manifest, file)


# ---- reading
def loaded(name):
    if name.endswith(".safetensors"):
        return load_file(name)
    if name.endswith(".npy"):
        return {"": np.load(name, allow_pickle=False)}
    if name.endswith(".npz"):
        with np.load(name, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
    return flat(torch.load(name, map_location="cpu", weights_only=False))


def read(folder):
    os.chdir(folder)
    with open("manifest.json") as file:
        manifest = json.load(file)
    wrong = 0
    for name, expected in manifest.items():
        try:
            found = loaded(name)
            if sorted(found) != sorted(expected):
                raise ValueError(f"holds {sorted(found)}, not {sorted(expected)}")
            for key, x in found.items():
                mine, theirs = entry(x), expected[key]
                if mine["shape"] != theirs["shape"]:
                    raise ValueError(f"{key!r} has shape {mine['shape']}, not {theirs['shape']}")
                a, b = (np.frombuffer(base64.b64decode(each["values"])) for each in (mine, theirs))
                if not np.array_equal(a, b, equal_nan=True):
                    raise ValueError(f"{key!r} has other values")
        except Exception as error:
            wrong += 1
            print(f"{name}: {type(error).__name__}: {str(error)[:300]}")
    print(f"{len(manifest)} files, {wrong} that the tool refuses or reads differently")
    sys.exit(wrong > 0)


if sys.argv[1] == "write":
    write(sys.argv[2], int(sys.argv[3]))
else:
    read(sys.argv[2])
