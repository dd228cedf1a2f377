"""Decoding put off: the exporter traces a model without its Viterbi loops and adds its own later.

A loop that TensorFlow traced converts to a slow ONNX `Loop`. So the exporter traces inside
`decodings_deferred()`, where `CRF.decode` only notes what there is to decode and hands out
placeholders in place of tags and scores.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

import tensorflow as tf

if TYPE_CHECKING:
    from onnlu_train.layers.crf import CRF

_noted: ContextVar[list[DeferredDecoding] | None] = ContextVar("deferred_decodings", default=None)


@dataclass(frozen=True, eq=False)
class DeferredDecoding:
    """One call of `CRF.decode` that is still to be done.

    Attributes:
        crf: The layer that was called.
        logits: float32 `[batch, time, tags]`, without what the parent's tags add.
        lengths: `[batch]`.
        transitions: float32 `[tags, tags]`.
        parent: The decoding whose tags choose rows of `parent_table`, if there is one.
        parent_table: What each tag of the parent adds to the logits, `[parent tags, tags]`.
        rasa_compat: Give the scores that Rasa 3.6 gives.
    """

    crf: CRF
    logits: tf.Tensor
    lengths: tf.Tensor
    transitions: tf.Tensor
    parent: DeferredDecoding | None = None
    parent_table: tf.Tensor | None = None
    rasa_compat: bool = False


@dataclass(frozen=True, eq=False)
class DeferredOutput:
    """Stands for the tags or scores of a deferred decoding; it is no tensor and has no value."""

    decoding: DeferredDecoding
    kind: Literal["tags", "scores"]

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(
            f"the {self.kind} of CRF '{self.decoding.crf.name}' are not computed while decodings "
            "are deferred: return them from predict_step as they are, or pass the tags to another "
            "CRF.decode as parent_tags"
        )

    # The ways in which TensorFlow, numpy and slices would make a tensor of it.
    __tf_tensor__ = __array__ = __getitem__ = _refuse


@contextmanager
def decodings_deferred() -> Iterator[list[DeferredDecoding]]:
    """Within this block, `CRF.decode` of this thread computes nothing.

    Yields:
        The decodings that were asked for so far, in the order of the calls.
    """
    decodings: list[DeferredDecoding] = []
    token = _noted.set(decodings)
    try:
        yield decodings
    finally:
        _noted.reset(token)


def noted_decodings() -> list[DeferredDecoding] | None:
    """Return the list of the innermost `decodings_deferred()` block, None outside of any."""
    return _noted.get()
