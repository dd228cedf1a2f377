"""What the benchmark of the engine measures; no times."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from onnlu_engine.plan import topological_order

from .scripts import BENCHMARKS, module

engine_graphs = module("engine_graphs")


def test_diamonds_have_twice_the_paths_after_each_join() -> None:
    schema = engine_graphs.diamonds(1_000)
    assert len(schema.nodes) == 1_000
    assert len(engine_graphs.diamonds(10_000).nodes) == 10_000
    paths: dict[str, int] = {}
    for name in topological_order(schema):
        paths[name] = sum(paths[parent] for parent in schema.nodes[name].needs.values()) or 1
    assert paths[schema.target_names[0]] == 2**333


def test_a_quick_run_keeps_its_figures(tmp_path: Path) -> None:
    line = [sys.executable, BENCHMARKS / "engine.py", "graphs", "--quick", "--out", tmp_path]
    printed = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    (file,) = tmp_path.iterdir()
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert json.loads(printed) == kept
    assert file.name == f"engine-graphs-{kept['date']}-{kept['commit']}.json"
    assert [size["nodes"] for size in kept["graphs"]["sizes"]] == [1_000, 10_000]
    assert kept["graphs"]["growth"] > 0


def test_the_graphs_that_runners_are_timed_with_run() -> None:
    runners = module("engine_runners")
    for graph, parents, eager in (
        (runners.serving_graph(), 1, True),
        (runners.training_graph(), 2, False),
    ):
        assert len(graph.nodes) == runners.NODES
        assert {len(node.needs) for node in graph.nodes.values()} == {parents}
        assert {node.eager for node in graph.nodes.values()} == {eager}
    found = runners.measure(1)
    assert found["microseconds_a_node"].keys() == {"serving", "training", "training with hooks"}
