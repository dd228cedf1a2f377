"""The seeds of initial weights, whatever else goes on in the process.

Keras draws the seed of an initialiser that is given none from Python's global generator. Other
threads draw from that as well: those of a Dask worker, or of a service that trains.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from keras.src.random import seed_generator

_own: ContextVar[random.Random | None] = ContextVar("generator of a model", default=None)


@contextmanager
def initial_weights_of(seed: int) -> Iterator[None]:
    """Have layers that are made inside take their weights from a seed alone.

    The weights are those that `keras.utils.set_random_seed` gives where nobody else draws.

    Args:
        seed: the model's.
    """
    token = _own.set(random.Random(seed))
    try:
        yield
    finally:
        _own.reset(token)


class _Generators:
    """Stands in Keras where the module `random` does: the part of it that is used there."""

    def randint(self, smallest: int, largest: int) -> int:
        """Return a number from the generator of this thread's model, else from the global one."""
        return (_own.get() or random).randint(smallest, largest)


seed_generator.python_random = _Generators()
