"""Repair of predicted BILOU tags: what begins is closed, and is of one value."""

from __future__ import annotations

from collections.abc import Sequence

from onnlu.decoding.tags import Tag


def consistent_bilou(
    tags: Sequence[Tag], confidences: Sequence[float]
) -> tuple[list[Tag], list[float]]:
    """Make each run that starts with B- one entity (as Rasa 3.6).

    A run goes on through I- tags and ends with L-, or before anything else. Where it holds several
    values, the best one by `_best_value` is given to all its tokens, and those that change get its
    score as their confidence. I- and L- without a B- before them stay as they are.

    Args:
        tags: [tokens], the predicted tags.
        confidences: [tokens], their confidences.

    Returns:
        Repaired copies of both.

    >>> consistent_bilou([Tag("B", "city"), Tag("I", "city"), Tag("", "")], [0.9, 0.8, 1.0])[0]
    [Tag(prefix='B', value='city'), Tag(prefix='L', value='city'), Tag(prefix='', value='')]
    """
    tags, confidences = list(tags), list(confidences)
    start = 0
    while start < len(tags):
        if tags[start].prefix != "B":
            start += 1
            continue
        end = _end_of_run(tags, start)
        value = tags[start].value
        if any(tag.value != value for tag in tags[start:end]):
            value, score = _best_value(tags[start:end], confidences[start:end])
            for index in range(start, end):
                if tags[index].value != value:
                    confidences[index] = score
        tags[start:end] = _run(value, end - start)
        start = end
    return tags, confidences


def _end_of_run(tags: list[Tag], start: int) -> int:
    """Return the index after the last token of the run that begins at `start`."""
    end = start + 1
    while end < len(tags) and tags[end].prefix == "I":
        end += 1
    return end + 1 if end < len(tags) and tags[end].prefix == "L" else end


def _run(value: str, length: int) -> list[Tag]:
    if length == 1:
        return [Tag("U", value)]
    return [Tag("B", value), *[Tag("I", value)] * (length - 2), Tag("L", value)]


def _best_value(tags: list[Tag], confidences: list[float]) -> tuple[str, float]:
    """Return the value with the highest harmonic mean of mean confidence and share of tokens.

    Both means are rounded to two digits before, the score after; of equals the earliest wins.
    """
    confidences_of: dict[str, list[float]] = {}
    for tag, confidence in zip(tags, confidences, strict=True):
        confidences_of.setdefault(tag.value, []).append(confidence)
    scores = {
        value: _harmonic_mean(
            round(sum(own) / len(own), 2),
            round(len(own) / len(tags), 2),
        )
        for value, own in confidences_of.items()
    }
    best = max(scores, key=scores.__getitem__)
    return best, round(scores[best], 2)


def _harmonic_mean(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0
