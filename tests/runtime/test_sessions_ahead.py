"""Sessions that are created while the components that will run them are loaded."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from onnlu.session import MODEL_FILE
from onnlu.sessions_ahead import SessionsAhead
from onnlu_engine import Model, open_model, write_model
from onnlu_engine.errors import CorruptModelException

NAMES = ("train_A", "train_B", "train_C")


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """Three graphs: each adds its input to itself, under a name of its own."""
    for name in NAMES:
        path = tmp_path / "source" / name / MODEL_FILE
        path.parent.mkdir(parents=True)
        path.write_bytes(doubling(name))
    write_model(tmp_path / "model", {"kind": "onnx"}, {"components": tmp_path / "source"})
    return open_model(tmp_path / "model")


def doubling(name: str) -> bytes:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
    result = helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])
    node = helper.make_node("Add", ["x", "x"], [name])
    opset = helper.make_opsetid("", 20)
    graph = helper.make_graph([node], name, [value], [result])
    content: bytes = helper.make_model(
        graph, opset_imports=[opset], ir_version=9
    ).SerializeToString()
    return content


def path(model: Model, name: str) -> Path:
    return model.components / name / MODEL_FILE


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1], ("train_B", "train_A", "train_B")])
def test_whoever_asks_gets_the_session_of_that_graph(model: Model, order: tuple[str, ...]) -> None:
    with SessionsAhead(model, {"threads": 1}) as sessions:
        taken = [sessions.take(path(model, name)) for name in order]

    assert [session.output_names for session in taken] == [[name] for name in order]
    for name, session in zip(order, taken, strict=True):
        assert session.run({"x": np.float32([1, 2])})[name].tolist() == [2, 4]
    assert len(set(map(id, taken))) == len(taken)  # nobody shares one


def test_sessions_that_nobody_asks_for_are_waited_for(model: Model) -> None:
    threads = threading.active_count()

    with SessionsAhead(model, {}) as sessions:
        pass

    assert threading.active_count() == threads
    assert sessions.take(path(model, "train_C")).output_names == ["train_C"]
    assert threading.active_count() == threads


def test_an_error_is_that_of_whoever_asks(model: Model) -> None:
    path(model, "train_A").write_bytes(b"no graph")

    with SessionsAhead(model, {}) as sessions:
        assert sessions.take(path(model, "train_B")).output_names == ["train_B"]
        with pytest.raises(CorruptModelException, match="cannot run this model"):
            sessions.take(path(model, "train_A"))


def test_a_model_without_graphs_needs_no_session(tmp_path: Path) -> None:
    write_model(tmp_path / "model", {"kind": "onnx"}, {})

    with SessionsAhead(open_model(tmp_path / "model"), {}):
        assert threading.main_thread() is threading.current_thread()
