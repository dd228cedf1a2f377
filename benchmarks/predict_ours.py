"""Predict with a model that onnlu trained, and with it as it was after each epoch (see child.py).

Job: model, snapshots (a folder, see train_ours.py), texts (a JSON file). Finds `final` and
`epochs`: records of the texts as scores.py has them, by the model and by each epoch in turn. The
model is the whole pipeline; of an epoch it is the pipeline up to what TensorFlow trains, for what
comes after that has learnt nothing from it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scores import Record, record

from onnlu.message import ENTITIES, INTENT, TEXT
from onnlu_train.tensorflow_setup import prepare_process


def main() -> None:
    job = json.loads(sys.argv[1])
    prepare_process()

    from onnlu_train.loading import load

    nlu = load(job["model"])
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    weights = sorted(Path(job["snapshots"]).iterdir())
    found = {"final": whole(nlu, texts), "epochs": list(by_epoch(nlu, texts, weights))}
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def whole(nlu: Any, texts: list[str]) -> list[Record]:
    """Return what the model says of texts."""
    results = [result.to_dict() for result in nlu.parse_batch(texts)]
    return [record(one["text"], one["intent"]["name"], one["entities"]) for one in results]


def by_epoch(nlu: Any, texts: list[str], weights: list[Path]) -> Iterator[list[Record]]:
    """Yield what it says with other weights, one file of them after the other."""
    node, component = trained_component(nlu)
    for file in weights:
        component.export_spec().model.load_named_weights(file)
        messages = component.process(nlu.features(texts, node))
        yield [
            record(one.get(TEXT), one.get(INTENT)["name"], one.get(ENTITIES, ()))
            for one in messages
        ]


def trained_component(nlu: Any) -> tuple[str, Any]:
    """Return what TensorFlow has trained of a pipeline, and the name of its node.

    Raises:
        SystemExit: there is none, or there are several, whose snapshots would be mixed up.
    """
    components = {name: nlu.component(name) for name in nlu.schema.nodes}
    trained = [item for item in components.items() if hasattr(item[1], "export_spec")]
    if len(trained) != 1:
        raise SystemExit(f"TensorFlow trains {len(trained)} components of the pipeline, not 1.")
    return trained[0]


if __name__ == "__main__":
    main()
