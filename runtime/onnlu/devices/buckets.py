"""Shape buckets: on a GPU each new shape is planned anew, so that there should be few of them.

There, sizes are rounded up. That changes no result: a text more is one of no tokens, a step more
is beyond its text's length, an entry more of a bag has the weight 0. The gate of an export proves
each of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

Tensors = dict[str, npt.NDArray[Any]]
Dims = Sequence[str | int]

Rounding = Callable[[int, int], int]
"""What a size becomes: of the size, and the smallest bucket for sizes of its kind."""


def unrounded(size: int, smallest: int) -> int:
    """Keep the size as it is."""
    return size


def bucketed(size: int, smallest: int) -> int:
    """Round a size up to a power of two.

    >>> bucketed(3, 1), bucketed(3, 8), bucketed(40, 32)
    (4, 8, 64)
    """
    return max(smallest, 1 << (size - 1).bit_length())


def cut(outputs: Tensors, dims: Mapping[str, Dims], sizes: Mapping[str, int]) -> Tensors:
    """Return outputs without what rounding gave.

    Args:
        outputs: name -> array.
        dims: name -> dimensions of the output, a name for each open one.
        sizes: what to keep of each open dimension.
    """
    return {
        name: array[tuple(slice(sizes.get(str(dim))) for dim in dims[name])]
        for name, array in outputs.items()
    }
