"""How often two models decide alike on the same texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onnlu.message import INTENT_RESPONSE_KEY, RESPONSE_SELECTOR, TEXT
from onnlu.model_inputs import batches
from onnlu.nlu import NLU
from onnlu.session import Tensors

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Agreement:
    """Shares of what two models decide, from 0 to 1; 1 where there is nothing to decide.

    Attributes:
        texts: that were compared.
        intents: texts with the same intent and the same responses.
        tags: tokens with the same tag, by each head.
        entities: entities that both find, with all that they say of them: F1.
        worst_confidence: largest difference in the confidence of an intent both chose.
    """

    texts: int
    intents: float
    tags: float
    entities: float
    worst_confidence: float

    @property
    def shares(self) -> dict[str, float]:
        """The shares by name."""
        return {"intents": self.intents, "tags": self.tags, "entities": self.entities}


def agreement(
    exported: NLU, reference: NLU, nodes: Collection[str], texts: Sequence[str]
) -> Agreement:
    """Compare what two models make of texts, from raw text on.

    Args:
        exported: the model to judge.
        reference: the trained one, or another export of it.
        nodes: names of the nodes that were exported.
        texts: what to parse; what is beyond the limits of serving is cut off.
    """
    ours = exported.parse_batch(texts, on_too_long="truncate")
    texts = [result.text for result in ours]
    theirs = reference.parse_batch(texts)
    pairs = [(mine.to_dict(), other.to_dict()) for mine, other in zip(ours, theirs, strict=True)]
    tags = [same for node in nodes for same in _same_tags(exported, reference, node, texts)]
    entities = [tuple(map(_entities, pair)) for pair in pairs]
    shared = sum(len(mine & other) for mine, other in entities)
    found = sum(len(mine) + len(other) for mine, other in entities)
    return Agreement(
        texts=len(pairs),
        intents=_share([_chosen(mine) == _chosen(other) for mine, other in pairs]),
        tags=_share(tags),
        entities=2 * shared / found if found else 1.0,
        worst_confidence=max((_confidence_apart(*pair) for pair in pairs), default=0.0),
    )


def _share(same: Sequence[bool]) -> float:
    return sum(same) / len(same) if same else 1.0


def _chosen(result: Result) -> list[Any]:
    selectors = result.get(RESPONSE_SELECTOR, {})
    responses = [
        (name, selector["response"][INTENT_RESPONSE_KEY])
        for name, selector in sorted(selectors.items())
        if isinstance(selector, Mapping)
    ]
    return [result["intent"]["name"], *responses]


def _confidence_apart(ours: Result, reference: Result) -> float:
    mine, theirs = ours["intent"], reference["intent"]
    if mine["name"] != theirs["name"]:
        return 0.0
    return abs(float(mine["confidence"]) - float(theirs["confidence"]))


def _entities(result: Result) -> frozenset[tuple[Any, ...]]:
    keys = ("start", "end", "entity", "role", "group", "extractor")
    return frozenset(tuple(entity.get(key) for key in keys) for entity in result["entities"])


def _same_tags(exported: NLU, reference: NLU, node: str, texts: Sequence[str]) -> list[bool]:
    """Return for each token, and each head of a node, whether its tag is the same."""
    ours, theirs = exported.component(node), reference.component(node)
    known = [
        message.data[TEXT] for message in exported.features(texts, node) if ours.can_infer(message)
    ]
    messages = exported.features(known, node)
    others = dict(zip(map(id, messages), reference.features(known, node), strict=True))
    same: list[bool] = []
    for batch in batches(messages):
        outputs = ours.infer(batch), theirs.infer([others[id(message)] for message in batch])
        same += _same_whole_numbers(*outputs, [len(message.tokens[TEXT]) for message in batch])
    return same


def _same_whole_numbers(ours: Tensors, reference: Tensors, lengths: Sequence[int]) -> list[bool]:
    within = np.arange(max(1, *lengths)) < np.array(lengths)[:, np.newaxis]
    return [
        same
        for name, tags in ours.items()
        if tags.dtype.kind == "i" and tags.shape == within.shape
        for same in (tags == reference[name])[within].tolist()
    ]
