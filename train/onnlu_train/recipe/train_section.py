"""The `train:` of a config, and what goes before it."""

from __future__ import annotations

from typing import Any

from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Scalar, plain
from onnlu_train.training.keys import problems_of


def read_train(tree: Mapping, report: Report) -> dict[str, Any]:
    """Read the keys under `train:`.

    Args:
        tree: the whole config.
        report: takes unknown keys and wrong values, with their lines.

    Returns:
        The keys that are there.
    """
    node = tree.values.get("train")
    match node:
        case None | Scalar(value=None):
            return {}
        case Mapping():
            settings: dict[str, Any] = plain(node)
            for key, problem in problems_of(settings):
                report(node.lines[key], problem)
            return settings
        case _:
            report(tree.lines["train"], "'train' is no mapping; write `key: value` lines below it")
            return {}


def merged_train(settings: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a config with others that go before them.

    Validation data on one side replace a validation split on the other.

    >>> merged_train({"epochs": 3, "validation_split": 0.1}, {"validation_data": "dev.yml"})
    {'epochs': 3, 'validation_data': 'dev.yml'}
    """
    sources = ("validation_split", "validation_data")
    replaced = sources if any(overrides.get(source) for source in sources) else ()
    kept = {key: value for key, value in settings.items() if key not in replaced}
    return {**kept, **overrides}
