"""Synonyms that conflict; regexes and lookup tables that match nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from onnlu.message import TEXT
from onnlu.training_data import LookupTable
from onnlu_train.data.places import SynonymConflict
from onnlu_train.data.reading import ReadResult
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.near_duplicates import normalised


def synonym_conflicts(conflicts: Iterable[SynonymConflict]) -> Iterator[Finding]:
    """Find variants that stand for two values."""
    for conflict in conflicts:
        yield Finding.at(
            conflict.place,
            Kind.SYNONYM_CONFLICT,
            Severity.WARNING,
            f"'{conflict.variant}' stands for '{conflict.value}' here, and for "
            f"'{conflict.previous}' before; '{conflict.value}' is used",
            "keep one of them",
        )


def unused_patterns(read: ReadResult) -> Iterator[Finding]:
    """Find regexes and lookup tables that match no example, whatever their case."""
    texts = [message.data[TEXT] for message in read.training_data.examples]
    remedy = "correct or remove it: nothing is learnt of what never matches"
    for regex, place in zip(read.training_data.regexes, read.places.regexes, strict=True):
        pattern = re.compile(regex.pattern, re.IGNORECASE)
        if not any(pattern.search(text) for text in texts):
            message = f"the regex '{regex.name}' matches no example"
            yield Finding.at(place, Kind.UNUSED_PATTERN, Severity.NOTE, message, remedy)
    for table in _unused_tables(read.training_data.lookup_tables, texts):
        place = read.places.lookup_tables[table.name]
        message = f"no phrase of the lookup table '{table.name}' stands in an example"
        yield Finding.at(place, Kind.UNUSED_PATTERN, Severity.NOTE, message, remedy)


def _unused_tables(tables: Sequence[LookupTable], texts: Iterable[str]) -> list[LookupTable]:
    """Return the tables without a phrase in any text; phrases are compared word by word."""
    phrases = {table.name: set(map(normalised, table.elements)) for table in tables}
    longest = max((len(p.split()) for found in phrases.values() for p in found), default=0)
    unused = dict(phrases)
    for text in texts:
        words = normalised(text).split()
        parts = {
            " ".join(words[start : start + length])
            for length in range(1, min(longest, len(words)) + 1)
            for start in range(len(words) - length + 1)
        }
        unused = {name: found for name, found in unused.items() if found.isdisjoint(parts)}
        if not unused:
            break
    return [table for table in tables if table.name in unused]
