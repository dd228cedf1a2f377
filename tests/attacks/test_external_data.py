"""An ONNX file that keeps its weights elsewhere reads nothing outside of its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu.session import OnnxSession
from onnlu_engine.errors import CorruptModelException

WEIGHTS = np.arange(4, dtype=np.float32)


def written(folder: Path, location: str) -> Path:
    """Write a model that adds weights which lie at `location`."""
    weights = numpy_helper.from_array(np.zeros_like(WEIGHTS), "weights")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", location
    shape = [len(WEIGHTS)]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "weights"], ["y"])],
        "leak",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [weights],
    )
    opset = helper.make_opsetid("", 20)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize("location", ["../secret", "{folder}/secret", "link"])
def test_weights_outside_of_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "resource"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    (folder / "link").symlink_to(tmp_path / "secret")
    path = written(folder, location.format(folder=tmp_path))

    with pytest.raises(CorruptModelException, match=r"model\.onnx: ONNX Runtime"):
        OnnxSession(path)


def test_the_attack_would_work_without_that_refusal(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(WEIGHTS.tobytes())
    session = OnnxSession(written(tmp_path, "secret"))

    assert np.array_equal(session.run({"x": np.zeros_like(WEIGHTS)})["y"], WEIGHTS)
