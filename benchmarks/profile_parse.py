"""Find where the time of one `parse` goes; runs in an environment with `onnlu[cpu]` only.

Job: model, texts (a JSON file), see child.py. Every text goes through `NLU.parse` as a whole,
and through each node by itself, the classifier in its parts.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onnlu.components.diet_classifier_onnx import DIETClassifierOnnx
from onnlu.components.onnx_component import FACTS_FILE
from onnlu.decoding.prediction import PredictionDecoder
from onnlu.features import has_text_features
from onnlu.loading import load
from onnlu.message import TEXT, Message
from onnlu.model_inputs import text_inputs
from onnlu.nlu import NLU
from onnlu.result import ParseResult
from onnlu.session import MODEL_FILE, Tensors
from onnlu_engine.plan import topological_order
from onnlu_engine.schema import SchemaNode

WARM_UP_TEXTS = 50
PASSES = 3
OPERATORS_SHOWN = 8


def main() -> None:
    job = json.loads(sys.argv[1])
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    profiled = ProfiledParse(load(job["model"], device="cpu", threads=1))
    for text in texts[:WARM_UP_TEXTS]:
        profiled.whole(text)
        profiled.in_parts(text)
    profiled.seconds.clear()
    profiled.inputs.clear()
    for index, text in enumerate(texts * PASSES):
        # In turns, since whichever is second with a text finds its weights in the caches.
        for run in (profiled.whole, profiled.in_parts)[:: 1 if index % 2 else -1]:
            run(text)
    count = PASSES * len(texts)
    parts = {name: 1e6 * value / count for name, value in profiled.seconds.items()}
    whole = parts.pop("whole")
    parts["graph runner, limits, and all else"] = whole - sum(parts.values())
    operators = operator_times(profiled.model_file, profiled.inputs, Path(job["result"]))
    found = {"whole_us": whole, "parts_us": parts, "operators_us": operators}
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


class ProfiledParse:
    """Does what `NLU.parse` does, with a clock around each part.

    Attributes:
        seconds: part to the sum over all texts; "whole" is `NLU.parse` itself.
        inputs: of the exported graph, one for each time a text had features.
        model_file: the exported graph.
    """

    def __init__(self, nlu: NLU) -> None:
        self._nlu = nlu
        self._target = nlu.model.manifest["nlu_target"]
        schema = nlu.schema.minimal_graph_schema([self._target])
        self._nodes = {name: schema.nodes[name] for name in topological_order(schema)}
        self._components = {name: nlu.component(name) for name in self._nodes}
        folder = nlu.model.components / self._classifier_resource()
        facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
        self._decoder = PredictionDecoder(facts)
        self._featurizers = tuple(facts["featurizers"])
        self.model_file = folder / MODEL_FILE
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.inputs: list[Tensors] = []

    def whole(self, text: str) -> None:
        """Parse a text as a service would."""
        with self._clock("whole"):
            self._nlu.parse(text)

    def in_parts(self, text: str) -> None:
        """Parse a text part by part."""
        with self._clock("message"):
            outputs: dict[str, Any] = {"__message__": [Message({TEXT: text})]}
        for name, node in self._nodes.items():
            given = {parameter: outputs[parent] for parameter, parent in node.needs.items()}
            outputs[name] = self._output(name, node, given)
        with self._clock("result"):
            ParseResult.from_message(outputs[self._target][0])

    def _output(self, name: str, node: SchemaNode, given: dict[str, Any]) -> Any:
        component = self._components[name]
        if isinstance(component, DIETClassifierOnnx):
            messages: list[Message] = given["messages"]
            if has_text_features(messages[0], self._featurizers):
                return self._classified(component, messages)
        with self._clock(name):
            return getattr(component, node.fn)(**given)

    def _classified(self, component: DIETClassifierOnnx, messages: list[Message]) -> list[Message]:
        with self._clock("DIET: bags"):
            inputs = text_inputs(messages, self._featurizers)
        with self._clock("DIET: graph"):
            outputs = component.session.run(inputs)
        with self._clock("DIET: decoding"):
            self._decoder.annotate_batch(messages, outputs)
        self.inputs.append(inputs)
        return messages

    def _classifier_resource(self) -> str:
        for name, component in self._components.items():
            if isinstance(component, DIETClassifierOnnx):
                resource = self._nodes[name].resource
                return resource.name if resource else name
        raise SystemExit("The model has no DIET classifier to profile.")

    @contextmanager
    def _clock(self, part: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.seconds[part] += time.perf_counter() - begin


def operator_times(model: Path, inputs: list[Tensors], result: Path) -> dict[str, float]:
    """Return the longest running operators of the graph, in microseconds a text.

    ONNX Runtime's own profiler measures them, which makes the graph slower: shares count here.
    """
    import onnxruntime  # after the model was loaded, which turns telemetry off

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_profiling = True
    options.profile_file_prefix = str(result.with_suffix(""))
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    for tensors in inputs:
        session.run(None, tensors)
    trace = Path(session.end_profiling())
    times: Counter[str] = Counter()
    for event in json.loads(trace.read_text(encoding="utf-8")):
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["args"]["op_name"]] += event["dur"]
    trace.unlink()
    return {name: time / len(inputs) for name, time in times.most_common(OPERATORS_SHOWN)}


if __name__ == "__main__":
    main()
