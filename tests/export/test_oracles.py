"""With Rasa's weights in it, the exported graph gives Rasa's outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnlu.session import OnnxSession, Tensors
from onnlu.sparse import SparseMatrix
from onnlu_export.conversion import convert
from onnlu_export.parity import exported_batch
from onnlu_export.passes import DEFAULT_PASSES
from onnlu_train.model_data.feature_array import DenseArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData

from ..train.models.oracle import oracle_batches, oracle_diet


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["default", "roles_and_groups", "relative_attention", "no_transformer"]
)
def test_the_exported_graph_gives_the_outputs_of_the_original(
    shared: Path, tmp_path: Path, name: str
) -> None:
    session = _exported(shared / "oracles" / name, tmp_path / "model.onnx")
    for batch, theirs in oracle_batches(shared / "oracles" / name):
        lengths = batch[0]
        outputs = session.run(exported_batch(_model_data(batch)))
        ours = session.cut(outputs, len(lengths), int(lengths.max()))
        expected = _by_our_names(theirs)
        assert ours.keys() == expected.keys()
        for output, array in expected.items():
            np.testing.assert_allclose(ours[output], array, rtol=0, atol=1e-5, err_msg=output)


def _exported(oracle: Path, path: Path) -> OnnxSession:
    conversion = convert(oracle_diet(oracle, rasa_compat=True), diagnostics=True)
    for graph_pass in DEFAULT_PASSES:
        graph_pass(conversion)
    onnx.save(conversion.graph, path)
    return OnnxSession(path)


def _model_data(batch: tuple[Any, ...]) -> RasaModelData:
    """Return a flat batch, in our order, as what it was made of."""
    lengths, sentence, sequence = batch[0], batch[1:4], batch[4:7]
    data = RasaModelData()
    data.add_features("text", "lengths", [DenseArray(lengths)])
    data.add_features("text", "sentence", [_sparse(*sentence, np.ones_like(lengths))])
    data.add_features("text", "sequence", [_sparse(*sequence, lengths)])
    return data


def _sparse(indices: Any, values: Any, shape: Any, row_counts: Any) -> SparseArray:
    matrices = []
    for example, count in enumerate(row_counts):
        of_example = np.flatnonzero(indices[:, 0] == example)
        chosen = of_example[np.argsort(indices[of_example, 1], kind="stable")]
        rows, columns = indices[chosen, 1:].astype(np.int32).T
        matrices.append(SparseMatrix(rows, columns, values[chosen], (int(count), int(shape[2]))))
    return SparseArray.from_matrices(matrices)


def _by_our_names(outputs: Tensors) -> Tensors:
    """Return the original's outputs; its tags and their scores without the step of the sentence."""
    named = {}
    for name, array in outputs.items():
        if name == "i_scores":
            named["intent.confidences"] = array
        elif name.startswith("e_"):
            _, kind, what = name.split("_")
            named[f"{kind}.{'tags' if what == 'ids' else what}"] = array[:, :-1]
        else:
            named[name] = array
    return named
