"""Texts at the top of a config file."""

from __future__ import annotations

from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Scalar


def text_of(tree: Mapping, key: str, report: Report) -> str | None:
    """Return the text under a key, or None where there is none, or no text; that is reported."""
    node = tree.values.get(key)
    match node:
        case None | Scalar(value=None):
            return None
        case Scalar():
            return node.text.strip()
        case _:
            report(tree.lines[key], f"'{key}' is no text; write one word")
            return None
