"""Append the decoding of each CRF, which the trace left out."""

from __future__ import annotations

from onnlu_export.conversion import Conversion
from onnlu_export.viterbi import MANY_TAGS, append_viterbi


def append_decodings(conversion: Conversion, *, prune_from: int = MANY_TAGS) -> None:
    """Replace logits and lengths among the outputs by tags and scores.

    Args:
        conversion: is changed in place.
        prune_from: from so many tags on, the paths of a CRF are pruned.
    """
    graph = conversion.graph.graph
    inner = {name for d in conversion.decodings for name in (d.logits, d.lengths)}
    for output in [output for output in graph.output if output.name in inner]:
        graph.output.remove(output)
    for number, decoding in enumerate(conversion.decodings):
        append_viterbi(
            conversion.graph,
            logits=decoding.logits,
            lengths=decoding.lengths,
            transitions=decoding.transitions,
            tags=decoding.tags,
            scores=decoding.scores,
            prefix=f"decoding.{number}.",
            parent_tags=decoding.parent.tags if decoding.parent else None,
            parent_table=decoding.parent_table,
            rasa_compat=decoding.rasa_compat,
            prune_from=prune_from,
        )
