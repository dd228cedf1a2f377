"""The exported model against the trained one, on random features."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onnlu.bags import Blocks, padded_bags
from onnlu.limits import MAX_TOKENS
from onnlu.model_inputs import ONE_ROW, bag_tensors, one_row
from onnlu.session import OnnxSession, Tensors
from onnlu.sparse import SparseMatrix
from onnlu.tolerance import Tolerance
from onnlu_export.errors import ParityException
from onnlu_export.exported_inputs import named_features
from onnlu_export.near_ties import NearTies
from onnlu_export.parity_report import ParityReport
from onnlu_train.model_data.feature_array import (
    DenseArray,
    FeatureArray,
    RaggedArray,
    SparseArray,
)
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import FeatureSignature, features_of
from onnlu_train.models.outputs import flattened
from onnlu_train.models.rasa_model import RasaModel

GRID_BATCHES = (1, 2, 17)
GRID_TIMES = (1, 2, 8, 33, 64, 129, MAX_TOKENS)  # blocks of 33 and of 129 are padded
# At the limit of the length a large batch would only cost memory: attention is quadratic.
GRID_CELLS = 4 * MAX_TOKENS


def check_grid(
    model: RasaModel,
    session: OnnxSession,
    report: ParityReport,
    tolerance: Tolerance,
    near_ties: NearTies,
    *,
    random_seed: int = 0,
    diagnostics: bool = False,
) -> None:
    """Compare on random features, over a grid of batch sizes and lengths.

    Each batch has rows of full length; larger ones also a row with no known feature and one of
    length 0. With `diagnostics`, what is there for diagnosis is compared as well.

    Raises:
        ParityException: the first output that diverges, or a batch that ONNX Runtime cannot run.
    """
    rng = np.random.default_rng(random_seed)
    for batch in GRID_BATCHES:
        for time in GRID_TIMES:
            size = min(batch, GRID_CELLS // time)
            data = random_data(model, size, time, rng)
            reference = flattened(model.run_inference(data, size), diagnostics=diagnostics)
            inputs = exported_batch(data)
            shape = f"{size} x {time}"
            what = f"Random features, {shape}"
            try:
                ours = session.cut(_run(session, inputs, what), size, time)
                report.compare(ours, reference, tolerance, what, near_ties.in_batch(inputs))
            except ParityException as error:
                alone = exported_batch(data.take(np.array([error.row])))
                raise ParityException(str(error), batches=(alone, inputs)) from error
            report.grid.append(shape)


def _run(session: OnnxSession, inputs: Tensors, what: str) -> Tensors:
    try:
        return session.run(inputs)
    except Exception as error:  # ONNX Runtime's exceptions have no public base
        raise ParityException(f"{what}: ONNX Runtime cannot run the graph: {error}") from error


def random_data(model: RasaModel, batch: int, time: int, rng: np.random.Generator) -> RasaModelData:
    """Return random features for a model's predict signature."""
    lengths = np.full(batch, time, np.int64)
    if batch > 2:
        lengths[2:] = rng.integers(0, time + 1, batch - 2)
        lengths[-1] = 0
    data = RasaModelData()
    for key, sub_key, _, feature in features_of(model.predict_data_signature):
        counts = np.ones(batch, np.int64) if sub_key == "sentence" else lengths
        data.add_features(key, sub_key, [_random_feature(feature, counts, rng)])
    return data


def _random_feature(
    feature: FeatureSignature, row_counts: npt.NDArray[np.int64], rng: np.random.Generator
) -> FeatureArray:
    if feature.number_of_dimensions == 1:
        return DenseArray(row_counts.astype(feature.dtype))
    if not feature.is_sparse and feature.number_of_dimensions == 2:
        vectors = rng.standard_normal((len(row_counts), feature.units))
        return DenseArray(vectors.astype(feature.dtype))
    if not feature.is_sparse:
        rows = rng.standard_normal((int(row_counts.sum()), feature.units))
        return RaggedArray(rows.astype(feature.dtype), row_counts)
    matrices = []
    for example, count in enumerate(row_counts):
        # The second text of a batch has no feature that the model knows.
        sizes = [0 if example == 1 else int(rng.integers(0, 41)) for _ in range(count)]
        columns = [
            np.sort(rng.choice(feature.units, min(size, feature.units), replace=False)).tolist()
            for size in sizes
        ]
        matrices.append(SparseMatrix.from_row_columns(columns, feature.units))
    return SparseArray.from_matrices(matrices)


def exported_batch(data: RasaModelData) -> Tensors:
    """Return the inputs of the exported graph for all examples of model data."""
    examples = np.arange(data.number_of_examples)
    arrays = [array for subs in data.data.values() for found in subs.values() for array in found]
    named = list(zip(named_features(data.signature()), arrays, strict=True))
    # Only bags come in blocks; dense features beside them have as many steps.
    in_blocks = any(
        isinstance(array, SparseArray) and sub_key != "sentence" for (_, sub_key, _), array in named
    )
    inputs: Tensors = {}
    for (name, sub_key, _), array in named:
        inputs |= _exported_inputs(name, sub_key, array, examples, in_blocks)
    return inputs


def _exported_inputs(
    name: str,
    sub_key: str,
    array: FeatureArray,
    examples: npt.NDArray[np.int64],
    in_blocks: bool,
) -> Tensors:
    if isinstance(array, SparseArray):
        matrices = [[array.example(int(index))] for index in examples]
        if sub_key == "sentence":
            return bag_tensors(name, one_row(padded_bags(matrices, ONE_ROW)))
        blocks = Blocks.of(max(1, int(array.row_counts.max(initial=1))))
        return bag_tensors(name, padded_bags(matrices, blocks))
    (tensor,) = array.batch(examples)
    if array.number_of_dimensions < 3:
        return {name if array.number_of_dimensions == 1 else f"{name}.dense": tensor}
    if sub_key == "sentence":
        return {f"{name}.dense": tensor[:, 0]}
    time = max(1, tensor.shape[1])
    missing = (Blocks.of(time).time if in_blocks else time) - tensor.shape[1]
    return {f"{name}.dense": np.pad(tensor, [(0, 0), (0, missing), (0, 0)])}
