"""What a validation found: where, how bad, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from onnlu_train.data.places import Place
from onnlu_train.data.problems import Problem


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Nothing can be trained."""
    WARNING = "warning"
    """Something is lost, or contradicts itself."""
    NOTE = "note"
    """Something is weaker than it could be."""


class Kind(StrEnum):
    """What a finding is about."""

    INVALID_CONFIG = "invalid_config"
    INVALID_DATA = "invalid_data"
    TWO_INTENTS = "same_text_two_intents"
    TWO_ANNOTATIONS = "same_text_two_annotations"
    MISALIGNED_ENTITY = "misaligned_entity"
    FEW_EXAMPLES = "few_examples"
    NEAR_DUPLICATES = "near_duplicates"
    TEST_TEXT_IN_TRAINING = "test_text_in_training"
    NEAR_DUPLICATE_IN_TRAINING = "near_duplicate_in_training"
    UNKNOWN_LABEL = "unknown_label"
    SYNONYM_CONFLICT = "synonym_conflict"
    UNUSED_PATTERN = "unused_pattern"
    UNREAD_DATA = "unread_data"
    COMPETING_EXTRACTORS = "competing_extractors"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or weak.

    Attributes:
        kind: what it is about.
        severity: how bad it is.
        message: what is wrong.
        remedy: what to do.
        path: the file; None where no single one is meant.
        line: counted from 1; None where the whole file is meant.
    """

    kind: Kind
    severity: Severity
    message: str
    remedy: str
    path: Path | None = None
    line: int | None = None

    @classmethod
    def at(cls, place: Place, kind: Kind, severity: Severity, message: str, remedy: str) -> Finding:
        """Make a finding at a line of a file."""
        return cls(kind, severity, message, remedy, place.path, place.line)

    @classmethod
    def of_problem(cls, problem: Problem, kind: Kind) -> Finding:
        """Make an error of a problem that a reader reported.

        >>> problem = Problem(Path("nlu.yml"), 3, "the example is empty; remove the line")
        >>> Finding.of_problem(problem, Kind.INVALID_DATA).remedy
        'remove the line'
        """
        # Readers put the remedy behind the last semicolon, or into the last sentence.
        border = max(problem.what.rfind("; "), problem.what.rfind(". "))
        message, remedy = problem.what[:border], problem.what[border + 2 :]
        if border < 0 or not remedy:
            message, remedy = problem.what.removesuffix("."), "correct it"
        return cls(kind, Severity.ERROR, message, remedy, problem.path, problem.line)

    def __str__(self) -> str:
        place = "" if self.path is None else f"{self.path}: "
        if self.line is not None:
            place = f"{self.path}:{self.line}: "
        joint = ". " if self.remedy[0].isupper() else "; "
        return f"{self.severity}: {place}{self.message}{joint}{self.remedy}"

    def to_json(self) -> dict[str, Any]:
        """Return the attributes, as JSON."""
        return {
            "kind": str(self.kind),
            "severity": str(self.severity),
            "file": None if self.path is None else str(self.path),
            "line": self.line,
            "message": self.message,
            "remedy": self.remedy,
        }
