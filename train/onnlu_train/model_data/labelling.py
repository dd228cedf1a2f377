"""The labels of one model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onnlu.message import Message


@dataclass(frozen=True)
class Labelling:
    """The labels that are learnt, and where they stand on messages.

    Attributes:
        name: what a label is, "intent" or "response": it names the model's output and the metrics.
        attribute: of a message, whose features describe its label.
        labels: in the order of their ids; empty where none are learnt.
        right: returns the label of a training message, or None.
        found: returns the label that a decoder has set on a message, or None.
    """

    name: str
    attribute: str
    labels: tuple[str, ...]
    right: Callable[[Message], str | None]
    found: Callable[[Message], str | None]
