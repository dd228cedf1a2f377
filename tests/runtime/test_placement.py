"""Where each node of a graph runs is told by ONNX Runtime's own record of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import onnlu
from onnlu.golden import verify_golden
from onnlu.placement import Placement, placed, placement
from onnlu_engine.errors import CorruptModelException

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def ran(name: str, provider: str) -> dict[str, Any]:
    return {"cat": "Node", "name": f"{name}_kernel_time", "args": {"provider": provider}}


EVENTS = [
    {"cat": "Session", "name": "model_run", "args": {}},
    {"cat": "Node", "name": "embed_fence_before", "args": {}},
    ran("embed", CUDA),
    ran("encode", CUDA),
    ran("shape", CPU),
    ran("decoding.0.Scan_3", CPU),
    ran("decoding.0.Scan_3/Add_1", CPU),
    ran("decoding.0.Scan_3/Add_1", CPU),
]


def test_nodes_that_fell_back_from_a_gpu_are_counted_and_named():
    assert placed(EVENTS, "cuda:0") == Placement({CPU: 3, CUDA: 2}, ["shape"])


def test_on_the_cpu_nothing_falls_back():
    assert placed(EVENTS, "cpu") == Placement({CPU: 3, CUDA: 2}, [])


def test_placements_of_several_graphs_add_up():
    both = Placement({CUDA: 2}, ["a"]) + Placement({CPU: 1, CUDA: 3}, ["b"])
    assert both == Placement({CPU: 1, CUDA: 5}, ["a", "b"])


def test_every_node_of_an_exported_graph_runs_on_the_cpu(exported_model: Path):
    nlu = onnlu.load(exported_model, device="cpu")
    (node,) = nlu.model.manifest["exported_nodes"]
    component = nlu.component(node)
    (path,) = exported_model.glob("components/*/model.onnx")
    inputs = component.inputs(nlu.features(["fly to rome"], node))
    before = set(_files(exported_model))
    found = placement(path, inputs, "cpu")
    assert found.nodes.keys() == {CPU}
    assert found.nodes[CPU] > 20
    assert found.fell_back == []
    assert set(_files(exported_model)) == before
    assert verify_golden(nlu).placement == found


def test_a_file_that_is_no_model_has_no_placement(tmp_path: Path):
    (tmp_path / "m.onnx").write_bytes(b"nothing")
    with pytest.raises(CorruptModelException):
        placement(tmp_path / "m.onnx", {}, "cpu")


def _files(folder: Path) -> Iterator[Path]:
    return folder.rglob("*")
