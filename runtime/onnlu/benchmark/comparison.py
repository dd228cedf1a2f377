"""A benchmark beside an earlier one."""

from __future__ import annotations

from typing import NamedTuple

from onnlu.benchmark.document import Benchmark
from onnlu.benchmark.estimates import Estimate
from onnlu_engine.errors import InvalidDataException


class Change(NamedTuple):
    """One figure, then and now.

    Attributes:
        name: of the figure.
        old: the earlier estimate.
        new: the present one.
        ratio: old value / new value.
        verdict: "better" or "worse" where each value lies outside of the other's interval, else "".
    """

    name: str
    old: Estimate
    new: Estimate
    ratio: float
    verdict: str


def check_comparable(old: Benchmark, texts_digest: str) -> None:
    """Refuse a comparison over different texts: nothing of it would be the model's doing.

    Raises:
        InvalidDataException: the texts differ.
    """
    if old.texts["digest"] != texts_digest:
        raise InvalidDataException(
            f"The earlier benchmark parsed other texts ({old.texts.get('count')} of "
            f"{old.texts.get('source')}). Give both the same file with --input."
        )


def differences(old: Benchmark, new: Benchmark) -> list[str]:
    """Return what besides time differs between two benchmarks, a line each."""
    lines = []
    if old.model["model_id"] != new.model["model_id"]:
        lines.append("another model")
    for part in ("settings", "machine", "versions"):
        before, after = getattr(old, part), getattr(new, part)
        for key in sorted((before.keys() | after.keys()) - {"load_before", "fallback"}):
            if before.get(key) != after.get(key):
                lines.append(f"{key}: {before.get(key)} then, {after.get(key)} now")
    return lines


def changes(old: Benchmark, new: Benchmark) -> list[Change]:
    """Return what has become of each figure that both have."""
    return [
        _change(name, old.figures[name], figure)
        for name, figure in new.figures.items()
        if name in old.figures
    ]


def _change(name: str, old: Estimate, new: Estimate) -> Change:
    verdict = ""
    if not old.holds(new.value) and not new.holds(old.value):
        more_is_better = "_per_s" in name
        verdict = "better" if (new.value > old.value) == more_is_better else "worse"
    return Change(name, old, new, old.value / new.value, verdict)
