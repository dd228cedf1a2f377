"""An exported model is held to the trained one again, on texts of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from onnlu.nlu import NLU
from onnlu.tolerance import Tolerance
from onnlu_engine.errors import IncompatibleModelException
from onnlu_export.parity_report import ParityReport
from onnlu_export.quantization.agreement import Agreement, agreement
from onnlu_export.quantization.gate import check_agreement
from onnlu_export.specs import export_specs
from onnlu_export.text_parity import check_texts


def verify_export(
    exported: NLU, trained: NLU, texts: Sequence[str], tolerance: Tolerance
) -> ParityReport:
    """Hold an exported model to the trained one on some texts.

    Raises:
        ParityException: the first tensor or decision that diverges.
        IncompatibleModelException: the exported model has another graph than the trained one.
    """
    report = ParityReport()
    check_texts(trained, exported, _shared_nodes(exported, trained), texts, tolerance, report)
    return report


def verify_quantized(exported: NLU, trained: NLU, texts: Sequence[str]) -> Agreement:
    """Hold an exported model in int8 to the trained one on some texts, as its manifest demands.

    Raises:
        ParityException: it decides too often otherwise.
        IncompatibleModelException: the exported model has another graph than the trained one.
    """
    found = agreement(exported, trained, _shared_nodes(exported, trained), texts)
    check_agreement(found, exported.model.manifest["quantization"]["min_agreement"])
    return found


def _shared_nodes(exported: NLU, trained: NLU) -> list[str]:
    nodes = list(export_specs(trained))
    missing = [node for node in nodes if node not in exported.schema.nodes]
    if missing:
        raise IncompatibleModelException(
            f"{exported.model.path} lacks the nodes {', '.join(missing)} of {trained.model.path}: "
            "it was exported from another model. Compare it with that one."
        )
    return nodes
