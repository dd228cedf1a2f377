"""Graphs to draw."""

from __future__ import annotations

from typing import Any


def node(uses: str = "Part", fn: str = "run", **more: Any) -> dict[str, Any]:
    needs = {parameter: more.pop(parameter) for parameter in list(more) if parameter in NEEDS}
    return {"needs": needs, "uses": uses, "fn": fn, **more}


NEEDS = ("importer", "training_data", "resource_of", "messages")

TRAIN = {
    "nodes": {
        "data": node("Provider", "provide", importer="__importer__", is_input=True),
        "learn": node("Words", "train", training_data="data", is_target=True),
        "apply": {
            "needs": {"training_data": "data", "resource": "learn"},
            "uses": "Words",
            "fn": "process_training_data",
        },
        "decide": node("Decider", "train", training_data="apply", is_target=True),
    }
}
PREDICT = {
    "nodes": {
        "convert": node("Converter", "convert", messages="__message__"),
        "apply": node("Words", "process", messages="convert", resource={"name": "learn"}),
        "decide": node("Decider", "process", messages="apply", resource={"name": "decide"}),
    }
}
BOTH = {"train graph": TRAIN, "predict graph": PREDICT}
