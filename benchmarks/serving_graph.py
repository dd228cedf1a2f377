"""The exported graph alone against its floor, and what each pass makes of it."""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import onnx
from figures import spread_us
from serving_clock import in_turns
from serving_floor import floor_inputs, floor_model, products
from serving_texts import texts_of
from systems import say

from onnlu.message import Message
from onnlu.model_inputs import text_inputs
from onnlu.nlu import NLU
from onnlu.session import MODEL_FILE, OnnxSession, Tensors
from onnlu_engine.model_directory import open_model
from onnlu_export.conversion import Conversion, convert
from onnlu_export.gate import check_graph
from onnlu_export.graph import graphs
from onnlu_export.passes import DEFAULT_PASSES, REQUIRED_PASSES, GraphPass
from onnlu_export.passes.decodings import append_decodings
from onnlu_export.viterbi import MANY_TAGS
from onnlu_train.export_spec import Exportable, ExportSpec
from onnlu_train.loading import load

CALLS = 10
BATCHES = 8
"""Different inputs of each shape, in turns."""


class Shape(NamedTuple):
    """A batch of texts of the same length."""

    batch: int
    time: int

    @property
    def rows(self) -> int:
        """Tokens and sentences."""
        return self.batch * (self.time + 1)


SHAPES = (Shape(1, 5), Shape(1, 10), Shape(1, 20), Shape(8, 10))


def measure(trained: Path, texts: Sequence[str], rounds: int, int8: Path | None) -> dict[str, Any]:
    """Return times of the graphs of each node, in turns with their floor; one thread.

    Args:
        trained: the model to export.
        texts: what its inputs are made of.
        rounds: turns of each graph at each shape.
        int8: its export as int8, to be measured too.
    """
    nlu = load(trained)
    found = {}
    for node, spec in _specs(nlu):
        with TemporaryDirectory(prefix="onnlu-graphs-") as folder:
            say(f"converting {node}")
            variants = _exported(convert(spec.model), Path(folder))
            if int8 is not None:
                resource = nlu.schema.nodes[node].resource
                name = resource.name if resource else node
                variants["int8"] = open_model(int8).components / name / MODEL_FILE
            found[node] = _measured(nlu, node, spec, variants, texts, rounds)
    if not found:
        raise ValueError(f"{trained} has no model to export")
    return found


def variants_of(conversion: Conversion) -> dict[str, tuple[GraphPass, ...]]:
    """Return the passes of an export, of one without each optional pass, and without pruning."""
    found = {"export": DEFAULT_PASSES}
    for left_out in DEFAULT_PASSES:
        if left_out not in REQUIRED_PASSES:
            passes = tuple(p for p in DEFAULT_PASSES if p is not left_out)
            found[f"without {left_out.__name__}"] = passes
    if any(len(decoding.transitions) >= MANY_TAGS for decoding in conversion.decodings):
        unpruned: GraphPass = partial(append_decodings, prune_from=sys.maxsize)
        found["without pruned Viterbi"] = tuple(
            unpruned if p is append_decodings else p for p in DEFAULT_PASSES
        )
    return found


def _specs(nlu: NLU) -> Iterator[tuple[str, ExportSpec]]:
    """Yield the nodes that have a model to export."""
    for name, node in nlu.schema.nodes.items():
        if issubclass(node.uses, Exportable):
            spec = nlu.component(name).export_spec()
            if spec.model is not None:
                yield name, spec


def _exported(conversion: Conversion, folder: Path) -> dict[str, Path]:
    """Write each variant of a graph, and return the files."""
    paths = {}
    for number, (name, passes) in enumerate(variants_of(conversion).items()):
        variant = replace(conversion, graph=copy.deepcopy(conversion.graph))
        for graph_pass in passes:
            graph_pass(variant)
        check_graph(variant)
        paths[name] = folder / f"{number}.onnx"
        onnx.save(variant.graph, paths[name])
    return paths


def _measured(
    nlu: NLU,
    node: str,
    spec: ExportSpec,
    variants: Mapping[str, Path],
    texts: Sequence[str],
    rounds: int,
) -> dict[str, Any]:
    """Return what the graphs of one node are and take."""
    models = {name: onnx.load(path) for name, path in variants.items()}
    found = products(models["export"])
    if not found:
        raise ValueError(f"{node} has no matrix product large enough to be its floor")
    floor = variants["export"].with_name("floor.onnx")
    onnx.save(floor_model(found, models["export"]), floor)
    sessions = {name: OnnxSession(path) for name, path in {"floor": floor, **variants}.items()}
    times = {}
    for shape in SHAPES:
        say(f"{node}: {shape.batch} x {shape.time} tokens")
        messages = nlu.features(texts_of(texts, shape.time, BATCHES * shape.batch), node)
        batches = [list(batch) for batch in _batched(messages, shape.batch)]
        runs = {
            name: _run(session, [_inputs(spec, session, batch) for batch in batches])
            for name, session in sessions.items()
            if name != "floor"
        }
        runs = {"floor": _run(sessions["floor"], [floor_inputs(found, shape.rows)]), **runs}
        times[f"{shape.batch} x {shape.time}"] = _compared(in_turns(runs, rounds, CALLS))
    return {
        "products": found,
        "nodes": {name: _node_count(model) for name, model in models.items()},
        "times": times,
    }


def _compared(seconds: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """Return the times of each graph, and how many times the floor they are."""
    times = {name: spread_us(values) for name, values in seconds.items()}
    floor = times["floor"]
    return {
        name: {
            **found,
            "ratio": round(found["p50_us"] / floor["p50_us"], 3),
            "ratio_of_p10": round(found["p10_us"] / floor["p10_us"], 3),
        }
        for name, found in times.items()
    }


def _inputs(spec: ExportSpec, session: OnnxSession, messages: Sequence[Message]) -> Tensors:
    return text_inputs(messages, spec.facts.get("featurizers", ()), session.input_names)


def _run(session: OnnxSession, inputs: Sequence[Tensors]) -> Callable[[], object]:
    in_turn = itertools.cycle(inputs)
    return lambda: session.run(next(in_turn))


def _batched(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    for begin in range(0, len(messages), size):
        yield messages[begin : begin + size]


def _node_count(model: onnx.ModelProto) -> int:
    return sum(len(graph.node) for graph in graphs(model.graph))
