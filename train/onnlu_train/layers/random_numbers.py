"""Random numbers of a train step: a function of the model's seed and the number of the step.

TensorFlow's own random operations count in the kernel, out of reach: a training that goes on from a
checkpoint would draw other numbers than one that was never interrupted. Layers draw from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import tensorflow as tf

_LARGEST_NUMBER_OF_DRAWS = 2**16


class _Step:
    """Hands every draw of one step a seed of its own."""

    def __init__(self, seed: int, step: tf.Tensor) -> None:
        self._next = seed * _LARGEST_NUMBER_OF_DRAWS
        self._step = tf.cast(step, tf.int64)

    def seed(self) -> tf.Tensor:
        self._next += 1
        return tf.stack([tf.constant(self._next, tf.int64), self._step])


_current: ContextVar[_Step | None] = ContextVar("current step", default=None)


@contextmanager
def random_numbers_of_step(seed: int, step: Any) -> Iterator[None]:
    """Draw what is drawn inside from a seed and a step; for eager code and for traced one.

    Args:
        seed: the model's, below 2 to the 32.
        step: number of the step, a whole scalar; a variable that counts, for a traced step.
    """
    token = _current.set(_Step(seed, step))
    try:
        yield
    finally:
        _current.reset(token)


def uniform(shape: Any, maxval: Any = 1, dtype: Any = tf.float32) -> tf.Tensor:
    """Return numbers from 0 up to, and without, `maxval`.

    Outside of a step they are those of `tf.random.uniform`.
    """
    step = _current.get()
    if step is None:
        return tf.random.uniform(shape, maxval=maxval, dtype=dtype)
    return tf.random.stateless_uniform(shape, step.seed(), 0, maxval, dtype=dtype)
