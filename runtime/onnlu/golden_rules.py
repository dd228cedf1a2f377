"""What the golden vectors of a model have to look like, before they are compared with anything.

Whoever makes a model's digests anew can write anything into them; what is compared has to have the
shape of what this runtime computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt

from onnlu.decoding.json_rules import LIST, NAME, NUMBER, TEXT, Rule, problems_of
from onnlu.decoding.response import ALL_RETRIEVAL_INTENTS
from onnlu.manifest_rules import TOLERANCE
from onnlu.message import INTENT_RESPONSE_KEY, RESPONSE_SELECTOR
from onnlu.nlu import NLU

_NUMERIC = "fiu"  # kinds of numpy's dtypes


def cases_problems(document: Any) -> list[str]:
    """Return what is wrong with the JSON document of golden vectors.

    Args:
        document: what `cases.json` holds.
    """
    problems = problems_of(document, _DOCUMENT)
    if problems:
        return problems
    return [
        f"case {number}: {problem}"
        for number, case in enumerate(document["cases"])
        for problem in problems_of(case, _CASE)
    ]


def node_problems(nodes: list[str], nlu: NLU) -> list[str]:
    """Return which of the nodes are none of a model's that run an exported graph."""
    known = nlu.schema.nodes
    return [
        f"there is no node {name!r} that infers"
        for name in nodes
        if name not in known
        or "messages" not in known[name].needs
        or not hasattr(known[name].uses, "infer")
    ]


def tensor_problems(tensors: Mapping[str, npt.NDArray[Any]]) -> list[str]:
    """Return which of the recorded tensors hold no numbers."""
    return [
        f"tensor {name!r} is of the type {tensor.dtype}"
        for name, tensor in tensors.items()
        if tensor.dtype.kind not in _NUMERIC
    ]


def _fulfils(rules: Mapping[str, Rule], expected: str) -> Rule:
    return Rule(lambda value: not problems_of(value, rules), expected)


def _list_of(rule: Rule, expected: str) -> Rule:
    return Rule(
        lambda value: isinstance(value, list) and all(map(rule.is_right, value)),
        f"a list of {expected}",
    )


def _is_entity(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        rule.is_right(value[key]) for key, rule in _ENTITY.items() if key in value
    )


def _are_selectors(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        _SELECTOR.is_right(selector)
        for name, selector in value.items()
        if name != ALL_RETRIEVAL_INTENTS
    )


def _is_result(value: Any) -> bool:
    return not problems_of(value, _RESULT) and _are_selectors(value.get(RESPONSE_SELECTOR, {}))


_NAME_OR_NULL = Rule(lambda value: value is None or TEXT.is_right(value), "a text or null")
_LABEL = _fulfils({"name": _NAME_OR_NULL, "confidence": NUMBER}, "a name and a confidence")
_RESPONSE = _fulfils(
    {INTENT_RESPONSE_KEY: _NAME_OR_NULL, "confidence": NUMBER}, "a key and a confidence"
)
_SELECTOR = _fulfils(
    {"response": _RESPONSE, "ranking": _list_of(_RESPONSE, "responses")}, "a response and a ranking"
)
_ENTITY = {
    "extractor": TEXT,
    **dict.fromkeys(("confidence_entity", "confidence_role", "confidence_group"), NUMBER),
}
_RESULT = {
    "text": TEXT,
    "text_tokens": LIST,
    "intent": _LABEL,
    "intent_ranking": _list_of(_LABEL, "names and confidences"),
    "entities": _list_of(Rule(_is_entity, "an entity"), "entities"),
}
_ANY = Rule(lambda value: True, "anything")
_CASE = {
    "text": TEXT,
    "tokens": _ANY,
    "features": _ANY,
    "result": Rule(_is_result, "the result of a parse"),
}
_DOCUMENT = {
    "tolerance": TOLERANCE,
    "nodes": _list_of(NAME, "names"),
    "cases": LIST,
}
