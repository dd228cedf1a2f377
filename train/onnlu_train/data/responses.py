"""The section `responses:`, of which the responses of retrieval intents are training data."""

from __future__ import annotations

from typing import Final

from onnlu_train.data.builder import TrainingDataBuilder
from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Node, Scalar, Sequence, plain

_PREFIX: Final = "utter_"
_SEPARATOR: Final = "/"


def read_responses(section: Node, builder: TrainingDataBuilder, report: Report) -> bool:
    """Read the responses of retrieval intents, `utter_<intent>/<key>`, and pass over others.

    Args:
        section: what stands below `responses:`, in a domain or in a file of training data.
        builder: takes what is read.
        report: takes the problems.

    Returns:
        Whether nothing was passed over.
    """
    match section:
        case Mapping():
            pass
        case Scalar(value=None):
            return True
        case _:
            report(section.line, "'responses' is no mapping; write `utter_<intent>/<key>:`")
            return True
    is_whole = True
    for name, node in section.values.items():
        if _SEPARATOR not in name:
            is_whole = False
        elif not name.startswith(_PREFIX):
            report(
                section.lines[name],
                f"the response '{name}' of a retrieval intent does not begin with 'utter_'; "
                "rename it",
            )
        elif _is_response(node):
            builder.add_response(name.removeprefix(_PREFIX), plain(node))
        else:
            report(
                section.lines[name],
                f"the response '{name}' is no list of variants; write `- text: ...` below it",
            )
    return is_whole


def _is_response(node: Node) -> bool:
    return (
        isinstance(node, Sequence)
        and bool(node.items)
        and all(isinstance(item, Mapping) and item.values for item in node.items)
    )
