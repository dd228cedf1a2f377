"""Golden vectors: what an exported model gave when it was exported, to be proven where it serves.

They begin with the text, not with tensors: tokens and features can differ with Python's Unicode
tables, and would go unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.comparison import compare_results
from onnlu.errors import VerificationException
from onnlu.features import Features
from onnlu.golden_rules import cases_problems, node_problems, tensor_problems
from onnlu.message import TEXT, Message
from onnlu.nlu import NLU
from onnlu.placement import Placement, placement
from onnlu.session import MODEL_FILE, Tensors
from onnlu.sparse import SparseMatrix
from onnlu.tolerance import Tolerance
from onnlu_engine.errors import CorruptModelException

GOLDEN = "golden"
CASES_FILE = "cases.json"
TENSORS_FILE = "tensors.npz"

_MOST_SHOWN = 3


@dataclass(frozen=True)
class Verification:
    """What a verification found.

    Attributes:
        cases: texts that were verified.
        worst: largest absolute difference of any number.
        near_ties: intents that change places where the model hardly prefers one.
        tolerance: what was allowed, as the golden vectors declare it.
        placement: where the nodes of the graphs ran, on one of the texts.
    """

    cases: int
    worst: float
    near_ties: int
    tolerance: Tolerance
    placement: Placement


def write_golden(
    nlu: NLU, nodes: Sequence[str], texts: Sequence[str], folder: Path, tolerance: Tolerance
) -> None:
    """Record what a model gives for some texts.

    Args:
        nlu: the exported model.
        nodes: its nodes that run ONNX models.
        texts: what to parse.
        folder: where to write, an existing directory.
        tolerance: what a verification is to allow.
    """
    cases: list[dict[str, Any]] = []
    tensors: dict[str, Any] = {}
    for number, (case, outputs) in enumerate(_observed(nlu, nodes, texts)):
        cases.append(case)
        tensors |= {f"{number}/{name}": array for name, array in outputs.items()}
    document = {"tolerance": asdict(tolerance), "nodes": list(nodes), "cases": cases}
    (folder / CASES_FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")
    np.savez_compressed(folder / TENSORS_FILE, **tensors)


def verify_golden(nlu: NLU) -> Verification:
    """Prove that a model gives on this machine and device what it gave when it was exported.

    Raises:
        VerificationException: the first thing that differs.
        CorruptModelException: the model has no golden vectors, or they are none.
    """
    document, recorded = _read_cases(nlu.model.path), _read_tensors(nlu.model.path)
    _check(node_problems(document["nodes"], nlu))
    tolerance = Tolerance(**document["tolerance"])
    cases = document["cases"]
    worst, near_ties = 0.0, 0
    texts = [case["text"] for case in cases]
    observed = _observed(nlu, document["nodes"], texts)
    for number, (expected, (case, tensors)) in enumerate(zip(cases, observed, strict=True)):
        where = f"Golden text {number} ({expected['text']!r})"
        for key in ("tokens", "features"):
            if case[key] != expected[key]:
                raise VerificationException(
                    f"{where}: {key} differ from those at export. Python's Unicode tables or a "
                    "component have changed: serve with the Python version that exported."
                )
        for name, array in tensors.items():
            reference = recorded.get(f"{number}/{name}")
            if reference is None:
                raise _no_golden([f"tensor '{number}/{name}' is missing"])
            if tolerance.excess(array, reference) > 0:
                raise VerificationException(
                    f"{where}: {name} is off by {_distance(array, reference):.2g}; allowed are "
                    f"{tolerance.atol:g} + {tolerance.rtol:g} relative."
                )
            worst = max(worst, _distance(array, reference))
        comparison = compare_results(case["result"], expected["result"], tolerance)
        if comparison.difference:
            raise VerificationException(f"{where}: {comparison.difference}.")
        near_ties += comparison.near_ties
    placed = _placement(nlu, document["nodes"], nlu.within_limits(texts))
    return Verification(len(cases), worst, near_ties, tolerance, placed)


def _placement(nlu: NLU, nodes: Sequence[str], texts: Sequence[str]) -> Placement:
    """Return where the nodes of all graphs run, each on the first text that it can."""
    found = Placement()
    for node in nodes:
        component = nlu.component(node)
        message = next(filter(component.can_infer, nlu.features(texts, node)), None)
        if message is not None:
            path = nlu.model.components / nlu.resource(node).name / MODEL_FILE
            found += placement(path, component.inputs([message]), component.session.device)
    return found


def golden_texts(model: Path) -> list[str]:
    """Return the texts of a model's golden vectors.

    Raises:
        CorruptModelException: the model has none, or what it has is none.
    """
    return [case["text"] for case in _read_cases(model)["cases"]]


def _observed(
    nlu: NLU, nodes: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[dict[str, Any], Tensors]]:
    """Yield what the model makes of each text alone: plain JSON, and the tensors."""
    within = nlu.within_limits(texts)
    reaching = {node: nlu.features(within, node) for node in nodes}
    components = {node: nlu.component(node) for node in nodes}
    for number, text in enumerate(texts):
        messages = {node: reached[number] for node, reached in reaching.items()}
        tensors = {
            f"{node}/{name}": array
            for node, message in messages.items()
            if components[node].can_infer(message)
            for name, array in components[node].infer([message]).items()
        }
        for node, message in messages.items():
            tensors |= _dense_features(node, message.features)
        first = next(iter(messages.values()), Message())
        case = {
            "text": text,
            "tokens": [
                [token.text, token.start, token.end] for token in first.tokens.get(TEXT, ())
            ],
            "features": {node: _described(m.features) for node, m in messages.items()},
            "result": nlu.parse(text, on_too_long="truncate").to_dict(),
        }
        yield case, tensors


def _described(features: Sequence[Features]) -> list[dict[str, Any]]:
    return [{"origin": f.origin, "type": f.type, **_matrix(f.matrix)} for f in features]


def _matrix(matrix: SparseMatrix | npt.NDArray[np.float32]) -> dict[str, Any]:
    """Return a sparse matrix, or of a dense one what a golden vector keeps beside its numbers."""
    if not isinstance(matrix, SparseMatrix):
        return {"shape": list(matrix.shape)}
    return {
        "rows": matrix.rows.tolist(),
        "columns": matrix.columns.tolist(),
        "values": matrix.values.tolist(),
    }


def _dense_features(node: str, features: Sequence[Features]) -> Tensors:
    return {
        f"{node}/features/{number}": feature.matrix
        for number, feature in enumerate(features)
        if not isinstance(feature.matrix, SparseMatrix)
    }


def _read_cases(model: Path) -> dict[str, Any]:
    with _reading():
        document = json.loads((model / GOLDEN / CASES_FILE).read_text(encoding="utf-8"))
    _check(cases_problems(document))
    cases: dict[str, Any] = document
    return cases


def _read_tensors(model: Path) -> Tensors:
    with _reading(), np.load(model / GOLDEN / TENSORS_FILE, allow_pickle=False) as arrays:
        tensors = dict(arrays)
    _check(tensor_problems(tensors))
    return tensors


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever zipfile, zlib, numpy and json make of a forged file
        raise _no_golden([str(error) or type(error).__name__]) from error


def _check(problems: Sequence[str]) -> None:
    if problems:
        raise _no_golden(problems)


def _no_golden(problems: Sequence[str]) -> CorruptModelException:
    shown = [*problems[:_MOST_SHOWN], *(["and more"] if len(problems) > _MOST_SHOWN else [])]
    return CorruptModelException(
        f"The model has no golden vectors that can be read: {'; '.join(shown)}. Export it again."
    )


def _distance(ours: Any, reference: Any) -> float:
    if ours.shape != reference.shape:
        return float("inf")
    return float(np.max(np.abs(ours.astype(float) - reference.astype(float)), initial=0.0))
