"""Writes PyTorch's own test inputs, and its results for them, for every name that Ostinato has.

    python3 -P samples.py FOLDER NAMES LIMIT PART/PARTS

NAMES is a JSON file with the names that exist, in lower case without underscores. One pair of files
(encoding.py) is written for each entry of op_db, module_db and optim_db; left-out.txt has the names of the other entries.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("PYTORCH_TEST_WITH_SLOW", "0")

import torch  # noqa: E402

import modules  # noqa: E402
import operations  # noqa: E402
import optimizers  # noqa: E402


def main():
    folder, names, limit = sys.argv[1], json.load(open(sys.argv[2])), int(sys.argv[3])
    part, parts = map(int, sys.argv[4].split("/"))
    torch.set_num_threads(1)
    known = set(names)

    def accepts(name):
        plain = name if name.startswith("__") else name.replace("_", "").lower()
        return plain in known or "tensor." + plain in known

    counts = {"samples": 0, "untranslatable": 0}
    if part == 0:
        entries = [[op.name, *(alias.name for alias in op.aliases)] for op in operations.op_db]
        entries += [[info.name] for info in modules.module_db]
        entries += [["optim." + info.optim_cls.__name__] for info in optimizers.optim_db]
        with open(os.path.join(folder, "left-out.txt"), "w") as file:
            json.dump([names for names in entries if not any(map(accepts, names))], file)
    for source in (operations, modules, optimizers):
        source.write_all(folder, accepts, limit, part, parts, counts)
    with open(os.path.join(folder, f"counts-{part}.txt"), "w") as file:
        json.dump(counts, file)


main()
