"""Shape buckets: on a GPU each new shape is planned anew, so that there should be few of them.

Inputs are padded to the next power of two in each open dimension. That changes no result: a text
more is one of no tokens, a step more is beyond its text's length, an entry more of a bag has the
weight 0. The gate of an export proves each of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Tensors = dict[str, npt.NDArray[Any]]
Dims = Sequence[str | int]
Sizes = dict[str, int]

_SMALLEST = {"batch": 1, "time": 8}
_SMALLEST_OTHER = 32  # of bags, and of their overflow rows where there are any
_OVERFLOW_ROWS = ".overflow.rows"
_SLOTS = "slots"  # of diagnostics: a step for each token, and one for the sentence


def open_sizes(tensors: Tensors, dims: Mapping[str, Dims]) -> Sizes:
    """Return the size of each open dimension, by the dimension's name.

    Args:
        tensors: name -> array.
        dims: name -> dimensions, a name for each open one.
    """
    return {
        dim: size
        for name, array in tensors.items()
        for dim, size in zip(dims[name], array.shape, strict=True)
        if isinstance(dim, str)
    }


def bucket_sizes(sizes: Sizes) -> Sizes:
    """Return what each open dimension is padded to.

    >>> bucket_sizes({"batch": 3, "time": 5, "text.sequence.bag": 40, "overflow": 0})
    {'batch': 4, 'time': 8, 'text.sequence.bag': 64, 'overflow': 0}
    """
    return {dim: _bucket(size, _SMALLEST.get(dim, _SMALLEST_OTHER)) for dim, size in sizes.items()}


def padded(inputs: Tensors, dims: Mapping[str, Dims], sizes: Sizes) -> Tensors:
    """Return the inputs of a model padded to some sizes, which the next run then has.

    Args:
        inputs: as `onnlu.model_inputs.text_inputs` returns them.
        dims: name -> dimensions of the input.
        sizes: what `bucket_sizes` returned for them.
    """
    result: Tensors = {}
    for name, array in inputs.items():
        shape = [sizes[dim] if isinstance(dim, str) else dim for dim in dims[name]]
        if name.endswith(_OVERFLOW_ROWS):
            ids = inputs[name.removesuffix(_OVERFLOW_ROWS) + ".ids"]
            result[name] = _overflow_rows(array, ids.shape, shape[0], sizes)
            continue
        result[name] = np.zeros(shape, array.dtype)
        result[name][tuple(map(slice, array.shape))] = array
    return result


def cut(outputs: Tensors, dims: Mapping[str, Dims], before: Sizes, after: Sizes) -> Tensors:
    """Return the outputs of a padded run without what the padding gave.

    Args:
        outputs: name -> array.
        dims: name -> dimensions of the output.
        before: sizes of the open dimensions, as they were.
        after: what they were padded to.
    """
    before, after = ({**sizes, _SLOTS: sizes.get("time", 0)} for sizes in (before, after))
    return {
        name: array[
            tuple(
                # Where an output has a step more than its input, it keeps that.
                slice(size - (after.get(str(dim), 0) - before.get(str(dim), 0)))
                for dim, size in zip(dims[name], array.shape, strict=True)
            )
        ]
        for name, array in outputs.items()
    }


def _bucket(size: int, smallest: int) -> int:
    return max(smallest, 1 << (size - 1).bit_length()) if size else 0


def _overflow_rows(
    rows: npt.NDArray[np.int64], bags: tuple[int, ...], count: int, sizes: Sizes
) -> npt.NDArray[np.int64]:
    """Return the rows that overflow rows add to, where each text has more steps.

    Args:
        rows: int64 [overflow], `example * time + step`.
        bags: shape of the bags, [batch, time, bag], or [batch, bag] of sentences.
        count: how many overflow rows there are to be; more of them add nothing to the last row.
        sizes: what the batch and its steps are padded to.
    """
    last = sizes["batch"] - 1
    if len(bags) == 3:
        rows = rows // bags[1] * sizes["time"] + rows % bags[1]
        last = sizes["batch"] * sizes["time"] - 1
    result = np.full(count, last, np.int64)
    result[: len(rows)] = rows
    return result
