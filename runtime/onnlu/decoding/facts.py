"""What a decoder has to know about a model: plain JSON, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from onnlu.decoding.json_rules import (
    COUNT,
    FLAG,
    LABELS,
    LIST,
    NAME,
    Rule,
    is_flag,
    problems_of,
    refuse,
)
from onnlu.decoding.tags import ENTITY, KINDS, TagSpec


@dataclass(frozen=True, slots=True)
class PredictionFacts:
    """The facts between a model's outputs and intents and entities.

    Attributes:
        labels: intent names in the order of the model's confidences; empty without intents.
        tag_specs: the tagging heads in the order entity, role, group; empty without entities.
        bilou: whether their tags are BILOU tags.
        ranking_length: length of the intent ranking; 0 for all intents.
        renormalize_confidences: whether a ranking that is cut off sums to 1.
        split_entities_by_comma: for all entity types, or by type (True for those not named).
        extractor: the name that entities carry as their extractor.
    """

    labels: tuple[str, ...]
    tag_specs: tuple[TagSpec, ...]
    bilou: bool
    ranking_length: int
    renormalize_confidences: bool
    split_entities_by_comma: bool | Mapping[str, bool]
    extractor: str

    def to_json(self) -> dict[str, Any]:
        """Return the facts as plain JSON values under the names of the attributes."""
        split = self.split_entities_by_comma
        return {
            "labels": list(self.labels),
            "tag_specs": [spec.to_json() for spec in self.tag_specs],
            "bilou": self.bilou,
            "ranking_length": self.ranking_length,
            "renormalize_confidences": self.renormalize_confidences,
            "split_entities_by_comma": split if isinstance(split, bool) else dict(split),
            "extractor": self.extractor,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned; other keys are none of our business.

        Raises:
            CorruptModelException: keys are missing or have a wrong shape; it names all of them.
        """
        refuse(_problems(document))
        bilou = document["bilou"]
        return cls(
            labels=tuple(document["labels"]),
            tag_specs=tuple(TagSpec.from_json(spec, bilou) for spec in document["tag_specs"]),
            bilou=bilou,
            ranking_length=document["ranking_length"],
            renormalize_confidences=document["renormalize_confidences"],
            split_entities_by_comma=document["split_entities_by_comma"],
            extractor=document["extractor"],
        )


def _problems(document: Any) -> list[str]:
    problems = problems_of(document, _RULES)
    if problems:
        return problems
    if not document["labels"] and not document["tag_specs"]:
        return ["'labels' and 'tag_specs' are both empty"]
    return _tag_spec_problems(document["tag_specs"], document["bilou"])


def _tag_spec_problems(specs: list[Any], bilou: bool) -> list[str]:
    try:
        names = [TagSpec.from_json(spec, bilou).name for spec in specs]
    except ValueError as error:
        return [f"'tag_specs': {error}"]
    if names and names != [kind for kind in KINDS if kind in (ENTITY, *names)]:
        return [f"'tag_specs' must be entity, then perhaps role, then perhaps group, not {names}"]
    return []


def _is_split(value: Any) -> bool:
    return is_flag(value) or (
        isinstance(value, Mapping)
        and all(isinstance(key, str) and is_flag(flag) for key, flag in value.items())
    )


_RULES = {
    "labels": LABELS,
    "tag_specs": LIST,
    "bilou": FLAG,
    "ranking_length": COUNT,
    "renormalize_confidences": FLAG,
    "split_entities_by_comma": Rule(_is_split, "true, false, or one of them by entity type"),
    "extractor": NAME,
}
