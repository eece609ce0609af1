"""Writes the files of this folder with the tools whose formats they are: numpy 2.4.6, safetensors 0.8.0, torch 2.13.0.

    python3 -P test/io/files/make.py
"""

import os
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file

os.chdir(os.path.dirname(os.path.abspath(__file__)))

# ---- .npy: named by what they hold
matrix = np.arange(12).reshape(3, 4) - 5
np.save("float32.npy", (matrix / 4).astype("<f4"))
np.save("big-endian.npy", (matrix / 4).astype(">f8"))
np.save("fortran.npy", np.asfortranarray(matrix.astype("<f8")))
np.save("fortran-cube.npy", np.asfortranarray(np.arange(24, dtype=">i2").reshape(2, 3, 4)))
np.save("half.npy", np.array([1, -2, 2**-24, 65504, np.inf, -0.0], "<f2"))
np.save("bool.npy", matrix > 0)
np.save("scalar.npy", np.float32(7.5))
np.save("empty.npy", np.zeros((0, 3), "<f4"))
np.save("objects.npy", np.array([{}, None], dtype=object), allow_pickle=True)
for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
    np.save(f"{code}.npy", np.array([0, 1, 127], f"<{code}"))
for version in [(2, 0), (3, 0)]:
    with open(f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, matrix.astype("<f4"), version=version)

# ---- .npz
arrays = {
    "weights": (matrix / 4).astype("<f4"),
    "fortran": np.asfortranarray(matrix.astype("<f8")),
    "größe": np.array([1, 2], "<i8"),
    "layer/0/flags": matrix > 0,
    "scalar": np.float64(0.1),
    "empty": np.zeros((2, 0), "<i4"),
}
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
# Every size, place and number of entries by zip64.
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 16, 2
np.savez("zip64.npz", **arrays)

# ---- safetensors: every type that its torch writer has
floats = torch.tensor([[1.0, -2.5, 0.1], [float("inf"), 1e-7, 0.0]])
save_file(
    {
        "f64": floats.double(),
        "f32": floats,
        "f16": floats.half(),
        "bf16": floats.bfloat16(),
        "f8_e4m3": floats.clamp(-448, 448).to(torch.float8_e4m3fn),
        "f8_e5m2": floats.to(torch.float8_e5m2),
        "i64": torch.tensor([2**31 - 1, -(2**31)]),
        "i32": torch.tensor([1, -2], dtype=torch.int32),
        "i16": torch.tensor([1, -300], dtype=torch.int16),
        "i8": torch.tensor([1, -128], dtype=torch.int8),
        "u16": torch.tensor([65535], dtype=torch.uint16),
        "u32": torch.tensor([7], dtype=torch.uint32),
        "u64": torch.tensor([9], dtype=torch.uint64),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "scalar": torch.tensor(7.0),
        "empty": torch.zeros(0, 3),
    },
    "all-types.safetensors",
    metadata={"note": "ü"},
)
save_file({"x": torch.zeros(2).to(torch.float8_e8m0fnu)}, "f8-e8m0.safetensors")
save_file({"x": torch.zeros(2, dtype=torch.complex64)}, "complex.safetensors")
save_file({"x": torch.tensor([2**40])}, "large-integer.safetensors")

# ---- .pt

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.GRU(2, 3)
        self.fc = torch.nn.Linear(3, 1)
        self.register_buffer("steps", torch.tensor(5))
        self.extra = [torch.ones(2)]
        self.table = {"a": torch.zeros(1)}

    def forward(self, x):
        return self.fc(self.rnn(x)[0]) + self.steps


torch.manual_seed(0)
net = Net()
torch.save(net.state_dict(), "state.pt")
for protocol in [3, 4, 5]:
    torch.save(net.state_dict(), f"protocol{protocol}.pt", pickle_protocol=protocol)
torch.save(net.state_dict(), "legacy.pt", _use_new_zipfile_serialization=False)
torch.jit.script(net).save("script.pt")
save_file(net.state_dict(), "state.safetensors")

base = torch.arange(12.0)
types = {
    str(dtype).removeprefix("torch."): torch.tensor([0, 1, 2]).to(dtype)
    for dtype in [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2,
        torch.int64, torch.int32, torch.int16, torch.int8, torch.uint64, torch.uint32, torch.uint16, torch.uint8, torch.bool,
    ]
}
optimizer = torch.optim.Adam(net.parameters())
net(torch.ones(1, 1, 2)).sum().backward()
optimizer.step()
everything = {
    "base": base,
    "transposed": base.view(3, 4).t(),
    "every other": base[1::2],
    "expanded": base[3].expand(2, 2),
    "empty": base[12:],
    "scalar": torch.tensor(7.5),
    "types": types,
    "list": [torch.ones(1), (torch.zeros(1), {"x": torch.ones(2)})],
    "parameter": torch.nn.Parameter(torch.ones(2)),
    "epoch": 3, "lr": 1e-3, "none": None, "big": 2**80, "text": "ü", "bytes": b"x", "set": {1}, "size": torch.Size([1]),
    "device": torch.device("cpu"), "dtype": torch.float32,
    "optimizer": optimizer.state_dict(),
}
torch.save(everything, "everything.pt")
# PyTorch writes unsigned and 8-bit floats in this form too, but does not read them again.
for name in ["float8_e4m3fn", "float8_e5m2", "uint64", "uint32", "uint16"]:
    del types[name]
torch.save(everything, "everything-legacy.pt", _use_new_zipfile_serialization=False)
torch.save(torch.tensor([1]).to(torch.uint16), "untyped-legacy.pt", _use_new_zipfile_serialization=False)
torch.save(torch.arange(3.0), "tensor.pt")

# Big endian: what a machine of that kind writes.
with zipfile.ZipFile("tensor.pt") as archive:
    files = {info.filename: archive.read(info) for info in archive.infolist()}
with zipfile.ZipFile("big-endian.pt", "w") as archive:
    for name, content in files.items():
        if name.endswith("byteorder"):
            content = b"big"
        elif "/data/" in name:
            content = np.frombuffer(content, "<f4").astype(">f4").tobytes()
        archive.writestr(name, content)
with zipfile.ZipFile("deflated.pt", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, content in files.items():
        archive.writestr(name, content)


class Evil:
    def __reduce__(self):
        return os.system, ("echo this must not run",)


torch.save({"x": torch.ones(1), "evil": Evil()}, "evil.pt")
torch.save({"x": torch.ones(1), "evil": Evil()}, "evil-legacy.pt", _use_new_zipfile_serialization=False)
torch.save(net, "whole-module.pt")
torch.save(torch.zeros(2, dtype=torch.complex64), "complex.pt")
torch.save(torch.eye(2).to_sparse(), "sparse.pt")
torch.save(torch.tensor([2**40]), "large-integer.pt")
