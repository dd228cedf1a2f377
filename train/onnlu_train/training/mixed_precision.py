"""Products in float16 on a GPU; weights and what is saved stay float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import tensorflow as tf

_OPTION = "auto_mixed_precision"


@contextmanager
def mixed_precision(enabled: bool) -> Iterator[None]:
    """Have TensorFlow choose what to compute in float16, in all that is traced inside."""
    before = tf.config.optimizer.get_experimental_options().get(_OPTION, False)
    tf.config.optimizer.set_experimental_options({_OPTION: enabled})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_OPTION: before})
