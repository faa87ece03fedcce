"""Average adapters into one: python -m training.averaged_adapter --out FILE ADAPTER ADAPTER...

Adapters that were trained from the same base on overlapping parts of the questions are averaged as
the changes that they make to the base's weights ("model soups", Wortsman et al. 2022), which are
then written again as factors of the same rank. What the rank cannot hold of them is printed.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.float16]]


def averaged(
    adapters: Sequence[Tensors], rank: int
) -> tuple[dict[str, NDArray[np.float16]], float]:
    """Return the mean of adapters of one scale and rank, and the largest share that is lost.

    Lost is of the squared change of a matrix what lies beyond its `rank` first singular values.
    """
    found: dict[str, NDArray[np.float16]] = {}
    lost = 0.0
    for name in adapters[0]:
        if name.endswith("lora_B"):
            continue
        if not name.endswith("lora_A"):
            mean = np.mean([each[name].astype(np.float64) for each in adapters], axis=0)
            found[name] = mean.astype(np.float16)
            continue
        other = f"{name.removesuffix('A')}B"
        changes = [each[other].astype(np.float64) @ each[name] for each in adapters]
        left, values, right = np.linalg.svd(np.mean(changes, axis=0), full_matrices=False)
        root = np.sqrt(values[:rank])
        found[name] = (root[:, None] * right[:rank]).astype(np.float16)
        found[other] = (left[:, :rank] * root).astype(np.float16)
        whole = float(np.square(values).sum())
        lost = max(lost, float(np.square(values[rank:]).sum()) / whole if whole else 0.0)
    return found, lost


def main() -> None:
    """Write the average."""
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("adapters", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    with safe_open(given.adapters[0], "numpy") as first:
        metadata = dict(first.metadata())
    tensors, lost = averaged([load_file(path) for path in given.adapters], int(metadata["rank"]))
    save_file(tensors, given.out, metadata=metadata)
    print(f"{len(given.adapters)} adapters, at most {lost:.3f} of a change lost")


if __name__ == "__main__":
    main()
