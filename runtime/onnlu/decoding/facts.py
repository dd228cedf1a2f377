"""What a decoder has to know about a model: plain JSON, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from onnlu.decoding.tags import ENTITY, KINDS, TagSpec
from onnlu_engine.errors import CorruptModelException


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
        problems = _problems(document)
        if problems:
            raise CorruptModelException(
                f"the model's facts cannot be used: {'; '.join(problems)}; export the model again"
            )
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
    if not isinstance(document, Mapping):
        return [f"they must be a mapping, not {_short(document)}"]
    problems = []
    for key, (is_right, expected) in _RULES.items():
        if key not in document:
            problems.append(f"{key!r} is missing")
        elif not is_right(document[key]):
            problems.append(f"{key!r} must be {expected}, not {_short(document[key])}")
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


def _are_labels(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(label, str) for label in value)
        and len(set(value)) == len(value)
    )


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_split(value: Any) -> bool:
    return _is_flag(value) or (
        isinstance(value, Mapping)
        and all(isinstance(key, str) and _is_flag(flag) for key, flag in value.items())
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_RULES = {
    "labels": (_are_labels, "a list of distinct strings"),
    "tag_specs": (_is_list, "a list"),
    "bilou": (_is_flag, "true or false"),
    "ranking_length": (_is_length, "a whole number from 0"),
    "renormalize_confidences": (_is_flag, "true or false"),
    "split_entities_by_comma": (_is_split, "true, false, or one of them by entity type"),
    "extractor": (_is_name, "a name"),
}
