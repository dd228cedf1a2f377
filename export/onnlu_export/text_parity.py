"""The exported model against the trained one, from raw texts on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from onnlu.comparison import compare_results
from onnlu.components.onnx_component import DIAGNOSTICS_FILE
from onnlu.message import TEXT
from onnlu.model_inputs import batches
from onnlu.nlu import NLU
from onnlu.session import MODEL_FILE
from onnlu.tolerance import Tolerance
from onnlu_export.divergence import divergence_named
from onnlu_export.errors import ParityException
from onnlu_export.near_ties import NearTies
from onnlu_export.parity_report import ParityReport


def check_texts(
    trained: NLU,
    exported: NLU,
    nodes: Sequence[str],
    texts: Sequence[str],
    tolerance: Tolerance,
    report: ParityReport,
) -> None:
    """Compare tensors and final results; the runtime uses its own featurizers and bags.

    Args:
        trained: the trained model, with TensorFlow.
        exported: the exported model, with ONNX Runtime.
        nodes: names of the nodes that were exported.
        texts: what to parse; what is beyond the limits of serving is cut off.
        tolerance: for floats.
        report: takes up what was compared.

    Raises:
        ParityException: the first tensor or decision that diverges.
    """
    exported_results = exported.parse_batch(texts, on_too_long="truncate")
    texts = [result.text for result in exported_results]
    tied: dict[str, set[str]] = defaultdict(set)
    for node in nodes:
        extractor, tied_texts = _check_tensors(trained, exported, node, texts, tolerance, report)
        for text in tied_texts:
            tied[text].add(extractor)
    for node in exported.model.manifest.get("diagnostics", ()):
        _check_tensors(trained, exported, node, texts, tolerance, report, diagnostics=True)
    results = zip(texts, exported_results, trained.parse_batch(texts), strict=True)
    for text, ours, reference in results:
        # Tags that nearly tie have been counted; the entities they make may differ with them.
        comparison = compare_results(
            ours.to_dict(), reference.to_dict(), tolerance, tied.get(text, ())
        )
        if comparison.difference:
            raise ParityException(f"Text {text!r}: {comparison.difference}.")
        report.near_ties += comparison.near_ties
    report.texts += len(set(texts))


def _check_tensors(
    trained: NLU,
    exported: NLU,
    node: str,
    texts: Sequence[str],
    tolerance: Tolerance,
    report: ParityReport,
    *,
    diagnostics: bool = False,
) -> tuple[str, set[str]]:
    """Return a node's name as an extractor, and the texts with tags of it that nearly tie."""
    reference, ours = (nlu.component(node, diagnostics=diagnostics) for nlu in (trained, exported))
    spec = reference.export_spec()
    extractor = spec.facts.get("extractor", node)
    if spec.model is None:
        return extractor, set()
    known = [
        message.data[TEXT] for message in exported.features(texts, node) if ours.can_infer(message)
    ]
    messages = exported.features(known, node)
    theirs = dict(zip(map(id, messages), trained.features(known, node), strict=True))
    near_ties = NearTies(spec.model, tolerance)
    tied: set[str] = set()
    file = DIAGNOSTICS_FILE if diagnostics else MODEL_FILE
    graph = exported.model.components / exported.resource(node).name / file
    # Diagnostics of padding mean nothing, and both sides pad as they like.
    split = ([message] for message in messages) if diagnostics else batches(messages)
    with divergence_named(spec.model, graph, tolerance, diagnostics=diagnostics):
        for batch in split:
            inputs, batch_texts = ours.inputs(batch), [message.data[TEXT] for message in batch]
            try:
                rows = report.compare(
                    ours.infer(batch),
                    reference.infer([theirs[id(message)] for message in batch]),
                    tolerance,
                    f"{node}, {len(batch)} texts from {batch_texts[0]!r} on",
                    near_ties.in_batch(inputs),
                    texts=batch_texts,
                )
            except ParityException as error:
                alone = ours.inputs([batch[error.row]])
                raise ParityException(str(error), batches=(alone, inputs)) from error
            tied |= {batch_texts[row] for row in rows}
    return extractor, tied
