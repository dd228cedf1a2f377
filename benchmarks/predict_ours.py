"""Predict with a model that onnlu trained, and with it as it was after each epoch (see child.py).

Job: model, snapshots (a folder, see train_ours.py), texts (a JSON file). Finds `final` and
`epochs`: records of the texts as scores.py has them, by the model and by each epoch in turn.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scores import Record, record

from onnlu_train.tensorflow_setup import prepare_process


def main() -> None:
    job = json.loads(sys.argv[1])
    prepare_process()

    from onnlu_train.loading import load

    nlu = load(job["model"])
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    found: dict[str, Any] = {"final": predicted(nlu, texts), "epochs": []}
    model = tensorflow_model(nlu)
    for weights in sorted(Path(job["snapshots"]).iterdir()):
        model.load_named_weights(weights)
        found["epochs"].append(predicted(nlu, texts))
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def predicted(nlu: Any, texts: list[str]) -> list[Record]:
    """Return what a model says of texts."""
    results = [result.to_dict() for result in nlu.parse_batch(texts)]
    return [record(one["text"], one["intent"]["name"], one["entities"]) for one in results]


def tensorflow_model(nlu: Any) -> Any:
    """Return the model inside a pipeline that has one.

    Raises:
        SystemExit: there is none, or there are several, whose snapshots would be mixed up.
    """
    components = [nlu.component(name) for name in nlu.schema.nodes]
    models = [one.export_spec().model for one in components if hasattr(one, "export_spec")]
    if len(models) != 1:
        raise SystemExit(f"The pipeline trains {len(models)} models with TensorFlow, not 1.")
    return models[0]


if __name__ == "__main__":
    main()
