"""Predict with a model that Rasa 3.6 trained, as predict_ours.py does; runs in Rasa's environment.

Job: model, snapshots, texts (see there).
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from scores import Record, record

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RASA_TELEMETRY_ENABLED"] = "false"


def main() -> None:
    job = json.loads(sys.argv[1])

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # else it prints a line for each message
    agent = Agent.load(job["model"])
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    found: dict[str, Any] = {"final": predicted(agent, texts), "epochs": []}
    model = tensorflow_model(agent)
    for folder in sorted(Path(job["snapshots"]).iterdir()):
        model.load_weights(str(folder / "weights")).expect_partial()
        # What it made of the weights before: embeddings of the labels, and the graph they are in.
        model.prepared_for_prediction, model._tf_predict_step = False, None
        found["epochs"].append(predicted(agent, texts))
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def predicted(agent: Any, texts: list[str]) -> list[Record]:
    """Return what a model says of texts."""
    results = [asyncio.run(agent.parse_message(text)) for text in texts]
    return [record(one["text"], one["intent"]["name"], one["entities"]) for one in results]


def tensorflow_model(agent: Any) -> Any:
    """Return the model of the pipeline's DIETClassifier."""
    nodes = agent.processor.graph_runner._instantiated_nodes
    (node,) = (node for name, node in nodes.items() if "DIETClassifier" in name)
    return node._component.model


if __name__ == "__main__":
    main()
