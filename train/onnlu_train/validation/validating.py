"""Everything that is wrong or weak in a config and its data, at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnlu_train.data import ReadResult, gather_training_data
from onnlu_train.data.problems import Problems
from onnlu_train.validation.configuration import (
    ListedComponent,
    config_findings,
    listed_components,
    tokenizer_of,
    too_many_held_out,
    untrainable_data,
    validation_data_of,
    weak_configuration,
)
from onnlu_train.validation.examples import (
    Placed,
    few_examples,
    off_token_borders,
    repeated_texts,
)
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.overlaps import near_duplicates, overlaps_with_test, unknown_labels
from onnlu_train.validation.patterns import synonym_conflicts, unused_patterns

_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found.

    Attributes:
        findings: the worst first.
        components: those that the config names.
        notices: one line each on what the readers passed over or filled in.
        counts: how much data there is: "examples", "intents", "entity types".
    """

    findings: tuple[Finding, ...]
    components: tuple[ListedComponent, ...]
    notices: tuple[str, ...]
    counts: dict[str, int]

    def count(self, severity: Severity) -> int:
        """Return how many findings are so bad."""
        return sum(finding.severity is severity for finding in self.findings)

    def passes(self, strict: bool = False) -> bool:
        """Whether there are no errors and, if `strict`, no warnings."""
        return not self.count(Severity.ERROR) and not (strict and self.count(Severity.WARNING))

    def to_json(self) -> dict[str, Any]:
        """Return what was found, as JSON."""
        return {
            "findings": [finding.to_json() for finding in self.findings],
            "components": [component.to_json() for component in self.components],
            "notices": list(self.notices),
            "data": self.counts,
            "severities": {str(severity): self.count(severity) for severity in Severity},
        }


def validate(
    config_path: Path,
    data: Sequence[Path],
    against: Sequence[Path] = (),
    *,
    skip_unsupported: bool = False,
    device: str | None = None,
) -> Validation:
    """Read a config and its data, and find all that is wrong or weak in them.

    Args:
        config_path: the pipeline.
        data: files and folders with training data.
        against: files and folders with test data, if it is to be compared.
        skip_unsupported: as `trainer fit --skip-unsupported`.
        device: where it is to be trained, "cpu" or "gpu:<number>"; None for what `trainer fit`
            chooses by itself.
    """
    config, findings = config_findings(config_path, skip_unsupported, device)
    is_readable = not findings
    train, found = _read(data)
    findings += found
    if config:
        findings += untrainable_data(config, train.training_data)
        if is_readable:
            findings += too_many_held_out(config, train.training_data)
            findings += weak_configuration(config, train.training_data)
        if tokenizer := tokenizer_of(config):
            findings += off_token_borders(_placed(train), tokenizer)
        if validation_data := validation_data_of(config):
            findings += _read(validation_data)[1]
    findings += _data_findings(train)
    if against:
        test, found = _read(against)
        findings += found
        findings += unknown_labels(train, test)
        findings += overlaps_with_test(_placed(train), _placed(test))
    conflicts = set(map(str, train.places.conflicts))
    return Validation(
        findings=tuple(sorted(findings, key=lambda f: _SEVERITIES.index(f.severity))),
        components=tuple(listed_components(config_path)),
        notices=(
            *(config.notices if config else ()),
            *(notice for notice in train.notices if notice not in conflicts),
        ),
        counts={
            "examples": len(train.training_data.examples),
            "intents": len(train.training_data.intents),
            "entity types": len(train.training_data.entity_types),
        },
    )


def _read(paths: Sequence[Path]) -> tuple[ReadResult, list[Finding]]:
    problems = Problems()
    read = gather_training_data(paths, problems)
    findings = [Finding.of_problem(problem, Kind.INVALID_DATA) for problem in problems.found()]
    if not findings and not read.training_data.examples:
        named = ", ".join(map(str, paths))
        findings.append(
            Finding(
                Kind.INVALID_DATA,
                Severity.ERROR,
                f"{named}: no NLU examples found",
                "add a section 'nlu:' with at least one intent",
            )
        )
    return read, findings


def _placed(read: ReadResult) -> list[Placed]:
    return list(zip(read.training_data.examples, read.places.examples, strict=True))


def _data_findings(train: ReadResult) -> Iterator[Finding]:
    placed = _placed(train)
    yield from repeated_texts(placed)
    yield from synonym_conflicts(train.places.conflicts)
    yield from few_examples(placed)
    yield from unused_patterns(train)
    yield from near_duplicates(placed)
