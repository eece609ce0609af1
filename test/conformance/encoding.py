"""How calls and results are written: JSON with the elements of tensors in a binary file beside it.

A tensor is {"t": [dtype, shape, offset, requires gradient]}; the same tensor twice in a call has the same offset.
Floats that JSON cannot hold, or not tell from integers, are {"n": "inf"}, {"n": "2.0"}, element types {"d": "float32"}, slices {"s": [start, stop, step]},
`...` {"s": "..."}; arguments that were left out before one that was given are {"gap": true}.
"""

import json
import math
import os

import torch

DTYPES = {
    torch.float64: "float64",
    torch.float32: "float32",
    torch.int32: "int32",
    torch.int64: "int32",
    torch.uint8: "uint8",
    torch.bool: "bool",
}
STORED = {"int32": torch.int32, "bool": torch.uint8}
LARGEST = 40_000


class Untranslatable(Exception):
    """A value that has no counterpart in Ostinato: complex numbers, half precision, other devices, huge tensors."""


class Writer:
    """Writes NAME.json (a list of records) and NAME.bin."""

    def __init__(self, folder, name):
        self.path = os.path.join(folder, name)
        self.binary = open(self.path + ".bin", "wb")
        self.records = []
        self.known = {}

    def begin(self):
        """Tensors of a new call: none is known."""
        self.known = {}

    def add(self, record):
        self.records.append(record)

    def close(self):
        self.binary.close()
        with open(self.path + ".json", "w") as file:
            json.dump(self.records, file)

    def tensor(self, x):
        if x.layout != torch.strided or x.device.type != "cpu" or x.dtype not in DTYPES:
            raise Untranslatable(f"{x.layout} {x.device} {x.dtype}")
        if x.numel() > LARGEST:
            raise Untranslatable(f"{x.numel()} elements")
        # Two views of one storage may share an address: layout and shape belong to a tensor's identity.
        key = id(x)
        if key in self.known:
            return self.known[key][1]
        dtype = DTYPES[x.dtype]
        flat = x.detach().contiguous().flatten()
        if x.dtype == torch.int64 and x.numel() and (flat.abs() > 2**31 - 1).any():
            raise Untranslatable("an int64 beyond int32")
        flat = flat.to(STORED.get(dtype, x.dtype))
        # An offset names a tensor, so that those without elements take a place too.
        self.binary.write(b"\0" * (-self.binary.tell() % 8 + 8))
        code = {"t": [dtype, list(x.shape), self.binary.tell(), x.requires_grad and x.is_leaf]}
        self.binary.write(flat.numpy(force=True).tobytes())
        self.known[key] = (x, code)
        return code

    def value(self, x):
        if isinstance(x, torch.Tensor):
            return self.tensor(x)
        if x is None or isinstance(x, (bool, str)):
            return x
        if isinstance(x, torch.dtype):
            if x not in DTYPES or x == torch.int64:
                raise Untranslatable(str(x))
            return {"d": DTYPES[x]}
        if isinstance(x, slice):
            return {"s": [x.start, x.stop, x.step]}
        if x is Ellipsis:
            return {"s": "..."}
        if isinstance(x, int):
            if abs(x) > 2**53:
                raise Untranslatable("an integer beyond 2^53")
            return x
        if isinstance(x, float):
            return {"n": str(x)} if x.is_integer() or not math.isfinite(x) else x
        if isinstance(x, (list, tuple, torch.Size)):
            return [self.value(one) for one in x]
        if hasattr(x, "item") and hasattr(x, "dtype"):  # a number of NumPy's
            return self.value(x.item())
        raise Untranslatable(type(x).__name__)

    def arguments(self, named):
        """[[name, value], ...] of what `signatures.bind` returns."""
        return [[name, {"gap": True} if gap else self.value(x)] for name, x, gap in named]
