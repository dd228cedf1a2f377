"""What a decoder has to know about a response selector: plain JSON, checked when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from onnlu.decoding.json_rules import COUNT, FLAG, LABELS, Rule, is_name, problems_of, refuse


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """The facts between a model's outputs and responses.

    Attributes:
        labels: intent response keys, such as `faq/ask_name`, in the order of the model's
            confidences; empty where there was nothing to learn, and so no model.
        responses: the variants of each label's response.
        retrieval_intent: the one that the selector is for; None for all.
        all_retrieval_intents: those of the training data, sorted.
        ranking_length: length of the ranking; 0 for all labels.
        renormalize_confidences: whether a ranking that is cut off sums to 1.
    """

    labels: tuple[str, ...]
    responses: Mapping[str, list[dict[str, Any]]]
    retrieval_intent: str | None
    all_retrieval_intents: tuple[str, ...]
    ranking_length: int
    renormalize_confidences: bool

    def to_json(self) -> dict[str, Any]:
        """Return the facts as plain JSON values under the names of the attributes."""
        return asdict(self) | {
            "labels": list(self.labels),
            "all_retrieval_intents": list(self.all_retrieval_intents),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned; other keys are none of our business.

        Raises:
            CorruptModelException: keys are missing or have a wrong shape; it names all of them.
        """
        problems = problems_of(document, _RULES)
        if not problems:
            problems = [
                f"'responses' has none for {label!r}"
                for label in document["labels"]
                if label not in document["responses"]
            ]
        refuse(problems)
        return cls(
            labels=tuple(document["labels"]),
            responses=document["responses"],
            retrieval_intent=document["retrieval_intent"],
            all_retrieval_intents=tuple(document["all_retrieval_intents"]),
            ranking_length=document["ranking_length"],
            renormalize_confidences=document["renormalize_confidences"],
        )


def _are_responses(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(variants, list) and all(isinstance(variant, Mapping) for variant in variants)
        for variants in value.values()
    )


_RULES = {
    "labels": LABELS,
    "responses": Rule(_are_responses, "a list of mappings for each label"),
    "retrieval_intent": Rule(lambda value: value is None or is_name(value), "a name, or null"),
    "all_retrieval_intents": LABELS,
    "ranking_length": COUNT,
    "renormalize_confidences": FLAG,
}
