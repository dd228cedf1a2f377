"""The exported model against the trained one, tensor by tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.bags import padded_bags
from onnlu.model_inputs import MAX_TOKENS, bag_tensors, one_row
from onnlu.session import OnnxSession, Tensors
from onnlu.sparse import SparseMatrix
from onnlu.tolerance import Tolerance
from onnlu_export.conversion import named_features
from onnlu_export.errors import ParityException
from onnlu_export.near_ties import NearTie, NearTies, never_tied
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
GRID_TIMES = (1, 2, 8, 64, MAX_TOKENS)
# At the limit of the length a large batch would only cost memory: attention is quadratic.
GRID_CELLS = 4 * MAX_TOKENS


@dataclass
class ParityReport:
    """What was compared, and how far apart it was.

    Attributes:
        texts: distinct texts that were compared from raw text on.
        grid: shapes that were compared, "batch x time".
        worst: largest absolute difference of each float output.
        near_ties: decisions that differ where the reference hardly prefers its own.
    """

    texts: int = 0
    grid: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    near_ties: int = 0

    def include(self, other: ParityReport) -> None:
        """Take up what another report says."""
        self.texts += other.texts
        self.grid += [shape for shape in other.grid if shape not in self.grid]
        self.near_ties += other.near_ties
        for name, worst in other.worst.items():
            self.worst[name] = max(worst, self.worst.get(name, 0.0))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return asdict(self)

    def compare(
        self,
        ours: Mapping[str, npt.NDArray[Any]],
        reference: Mapping[str, npt.NDArray[Any]],
        tolerance: Tolerance,
        what: str,
        nearly_tie: NearTie = never_tied,
    ) -> set[int]:
        """Compare the outputs of one batch.

        Args:
            ours: the exported model's outputs.
            reference: the trained model's.
            tolerance: for floats; whole numbers have to be equal.
            what: names the batch in an error.
            nearly_tie: whether a row (output, number, ours, the reference's) of whole numbers
                may differ.

        Returns:
            The rows that differ in a decision that nearly ties.

        Raises:
            ParityException: the first output that diverges.
        """
        if ours.keys() != reference.keys():
            raise ParityException(f"{what}: outputs {sorted(ours)} instead of {sorted(reference)}.")
        tied: set[int] = set()
        # The scores of other decisions differ with the decisions; nothing else does.
        decided = {_head(name) for name in reference if reference[name].dtype.kind != "f"}
        for name in sorted(reference, key=lambda name: reference[name].dtype.kind == "f"):
            mine, theirs = ours[name], reference[name]
            if theirs.dtype.kind == "f":
                excused = tied if _head(name) in decided else set()
                self._compare_floats(name, mine, theirs, tolerance, what, excused)
            else:
                tied |= self._compare_decisions(name, mine, theirs, what, nearly_tie, tied)
        return tied

    def _compare_floats(
        self,
        name: str,
        ours: npt.NDArray[Any],
        reference: npt.NDArray[Any],
        tolerance: Tolerance,
        what: str,
        tied: set[int],
    ) -> None:
        rows = [row for row in range(len(reference)) if row not in tied]
        if ours.shape == reference.shape:
            ours, reference = ours[rows], reference[rows]
        if tolerance.excess(ours, reference) > 0:
            raise ParityException(f"{what}: {_divergence(name, ours, reference, tolerance)}")
        worst = float(np.max(np.abs(ours - reference), initial=0.0))
        self.worst[name] = max(self.worst.get(name, 0.0), worst)

    def _compare_decisions(
        self,
        name: str,
        ours: npt.NDArray[Any],
        reference: npt.NDArray[Any],
        what: str,
        nearly_tie: NearTie,
        already_tied: set[int],
    ) -> set[int]:
        if ours.shape != reference.shape:
            raise ParityException(f"{what}: {name} has shape {ours.shape}, not {reference.shape}.")
        different = np.any((ours != reference).reshape(len(reference), -1), axis=1)
        # What follows from a tied decision, such as roles from entities, differs with it.
        candidates = [int(row) for row in np.flatnonzero(different) if row not in already_tied]
        tied = {row for row in candidates if nearly_tie(name, row, ours[row], reference[row])}
        wrong = [row for row in candidates if row not in tied]
        if wrong:
            row = wrong[0]
            raise ParityException(
                f"{what}: {name} differs in {len(wrong)} of {len(reference)} rows; row {row} is "
                f"{ours[row].tolist()} instead of {reference[row].tolist()}."
            )
        self.near_ties += len(tied)
        return tied


def _head(name: str) -> str:
    return name.rpartition(".")[0]


def _divergence(
    name: str, ours: npt.NDArray[Any], reference: npt.NDArray[Any], tolerance: Tolerance
) -> str:
    if ours.shape != reference.shape:
        return f"{name} has shape {ours.shape}, not {reference.shape}."
    with np.errstate(invalid="ignore"):  # inf - inf is nan, which argmax takes for the largest
        place = np.unravel_index(np.argmax(np.abs(ours - reference)), ours.shape)
    return (
        f"{name}, shape {ours.shape}, is {ours[place]!r} at {[int(i) for i in place]} instead of "
        f"{reference[place]!r} (allowed: {tolerance.atol:g} + {tolerance.rtol:g} relative)."
    )


def check_grid(
    model: RasaModel,
    session: OnnxSession,
    report: ParityReport,
    tolerance: Tolerance,
    near_ties: NearTies,
    *,
    random_seed: int = 0,
) -> None:
    """Compare on random features, over a grid of batch sizes and lengths.

    Each batch has rows of full length; larger ones also a row with no known feature and one of
    length 0.

    Raises:
        ParityException: the first output that diverges, or a batch that ONNX Runtime cannot run.
    """
    rng = np.random.default_rng(random_seed)
    for batch in GRID_BATCHES:
        for time in GRID_TIMES:
            size = min(batch, GRID_CELLS // time)
            data = random_data(model, size, time, rng)
            reference = flattened(model.run_inference(data, size))
            inputs = exported_batch(data)
            shape = f"{size} x {time}"
            what = f"Random features, {shape}"
            ours = _run(session, inputs, what)
            report.compare(ours, reference, tolerance, what, near_ties.in_batch(inputs))
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
    inputs: Tensors = {}
    for (name, sub_key, _), array in zip(named_features(data.signature()), arrays, strict=True):
        inputs |= _exported_inputs(name, sub_key, array, examples)
    return inputs


def _exported_inputs(
    name: str, sub_key: str, array: FeatureArray, examples: npt.NDArray[np.int64]
) -> Tensors:
    if isinstance(array, SparseArray):
        time = 1 if sub_key == "sentence" else max(1, int(array.row_counts.max(initial=1)))
        bags = padded_bags([array.example(int(index)) for index in examples], time)
        return bag_tensors(name, one_row(bags) if sub_key == "sentence" else bags)
    (tensor,) = array.batch(examples)
    if array.number_of_dimensions == 1:
        return {name: tensor}
    is_one_row = sub_key == "sentence" and array.number_of_dimensions == 3
    return {f"{name}.dense": tensor[:, 0] if is_one_row else tensor}
