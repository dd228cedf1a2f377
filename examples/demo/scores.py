"""How well a model does on texts that it was not trained on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnlu_train.data import read_training_data

Record = dict[str, Any]
Span = tuple[int, int, str]


@dataclass(frozen=True)
class Scores:
    """What a model got right.

    Attributes:
        texts: number of texts.
        intent_accuracy: share of texts with the right intent.
        entity_f1: harmonic mean of precision and recall of entities, over all texts; an entity is
            right if its start, end and type are.
    """

    texts: int
    intent_accuracy: float
    entity_f1: float


def score(gold: list[Record], parsed: list[Record]) -> Scores:
    """Compare what was parsed with what is right, text by text."""
    pairs = list(zip(gold, parsed, strict=True))
    right = sum(g["intent"] == p["intent"]["name"] for g, p in pairs)
    hits = sum(len(spans(g) & spans(p)) for g, p in pairs)
    wanted_and_found = sum(len(spans(g)) + len(spans(p)) for g, p in pairs)
    return Scores(len(gold), right / len(gold), 2 * hits / wanted_and_found)


def spans(record: Record) -> set[Span]:
    """Return start, end and type of each entity."""
    return {(e["start"], e["end"], e["entity"]) for e in record["entities"]}


def write_gold(data: Path, path: Path) -> None:
    """Write annotated texts as JSON lines, the form that `onnlu parse` reads."""
    examples = read_training_data([data]).training_data.examples
    records = (
        {"text": e.get("text"), "intent": e.get("intent"), "entities": e.get("entities", [])}
        for e in examples
    )
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text("".join(lines), encoding="utf-8")


def read_lines(path: Path) -> list[Record]:
    """Read JSON lines."""
    # Not splitlines(): a text may hold characters that it takes for the end of a line.
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
