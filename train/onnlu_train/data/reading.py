"""Rasa YAML 3.1 files into training data."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import InvalidDataException, did_you_mean
from onnlu_train.data.builder import GivenSynonym, TrainingDataBuilder
from onnlu_train.data.files import yaml_files
from onnlu_train.data.items import ItemReader
from onnlu_train.data.places import Places
from onnlu_train.data.problems import Problems
from onnlu_train.data.responses import read_responses
from onnlu_train.data.yaml_tree import Mapping, Scalar, read_tree

_SKIPPED: Final = {
    "dialogue is not trained here": ("stories", "rules", "e2e_tests", "fixtures"),
    "the domain of an assistant is not used here": (
        *("intents", "entities", "slots", "forms", "actions", "e2e_actions"),
        *("session_config", "config"),
    ),
    "only those of retrieval intents, such as `utter_faq/ask_name`, belong to NLU": ("responses",),
    "settings are read from the config file only": (
        *("recipe", "assistant_id", "language", "pipeline", "policies", "importers"),
    ),
}
_SKIPPED_SECTIONS: Final = tuple(key for keys in _SKIPPED.values() for key in keys)
_RESPONSES: Final = "responses"
_KNOWN: Final = ("version", "nlu", *_SKIPPED_SECTIONS)
_VERSION: Final = re.compile(r"([23])\.\d+")


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Training data, and what a user wants to know of how it was read.

    Attributes:
        training_data: what the files hold.
        places: where each part of it stands.
        synonyms: every one that was given, in the order of the files.
        files: the files read, in order.
        duplicates: how many examples were dropped as exact duplicates.
        skipped: in how many files each section was passed over.
        notices: lines on skipped sections, versions, and synonyms with two values.
    """

    training_data: TrainingData
    places: Places
    synonyms: tuple[GivenSynonym, ...]
    files: tuple[Path, ...]
    duplicates: int
    skipped: dict[str, int]
    notices: tuple[str, ...]

    def part(self, examples: Sequence[Message]) -> TrainingData:
        """Return the data with some of its examples, as if it had no others.

        Synonyms that only annotations of others give are left out; items `synonym:`, regexes,
        lookup tables and responses stay.

        Args:
            examples: some of `training_data.examples`, themselves and no copies.
        """
        kept = {id(example) for example in examples}
        synonyms = {
            given.variant: given.value
            for given in self.synonyms
            if given.example is None or id(given.example) in kept
        }
        return replace(self.training_data, examples=list(examples), synonyms=synonyms)


def read_training_data(paths: Sequence[Path]) -> ReadResult:
    """Read NLU training data from files and folders.

    As Rasa 3.6 reads it, but strictly: what Rasa skips with a warning is a problem here.
    `faq/ask_name` becomes the intent `faq`, with the full name in the attribute
    `intent_response_key`. Metadata stands in `metadata`, under `intent` and `example`.

    Args:
        paths: .yml and .yaml files, and folders of such (searched at every depth, sorted).

    Returns:
        The data, in the order of the paths, with exact duplicates dropped.

    Raises:
        InvalidDataException: every problem of every file, one a line.
    """
    problems = Problems()
    result = gather_training_data(paths, problems)
    if not problems and not result.training_data.examples:
        named = ", ".join(map(str, paths)) or "no path"
        raise InvalidDataException(
            f"{named}: no NLU examples found; add a section 'nlu:' with at least one intent"
        )
    problems.raise_any(InvalidDataException)
    return result


def gather_training_data(paths: Sequence[Path], problems: Problems) -> ReadResult:
    """Read as `read_training_data` does, but go on after problems.

    Args:
        paths: files and folders.
        problems: takes every problem of every file.

    Returns:
        What could be read, perhaps nothing.
    """
    builder = TrainingDataBuilder()
    reader = _Reader(builder, problems)
    files = yaml_files(paths, problems)
    for file in files:
        reader.read(file)
    return ReadResult(
        training_data=builder.build(),
        places=builder.places,
        synonyms=tuple(builder.synonyms),
        files=tuple(files),
        duplicates=builder.duplicates,
        skipped=dict(+reader.skipped),
        notices=(
            *_skip_notices(reader.skipped),
            *reader.notices,
            *map(str, builder.places.conflicts),
            *builder.overridden,
        ),
    )


def _skip_notices(skipped: Counter[str]) -> Iterator[str]:
    """Yield a line for each reason to skip sections, with the sections and their files."""
    for reason, keys in _SKIPPED.items():
        counts = [f"{key} ({skipped[key]})" for key in keys if skipped[key]]
        if counts:
            yield f"skipped (number of files): {', '.join(counts)}; {reason}"


class _Reader:
    """Reads the top level of each file."""

    def __init__(self, builder: TrainingDataBuilder, problems: Problems) -> None:
        self.skipped: Counter[str] = Counter()
        self.notices: list[str] = []
        self._builder = builder
        self._problems = problems

    def read(self, file: Path) -> None:
        report = self._problems.of(file)
        tree = read_tree(file, report)
        if not isinstance(tree, Mapping):
            if tree is not None and not (isinstance(tree, Scalar) and tree.value is None):
                report(tree.line, 'is not a mapping; start with `version: "3.1"` and `nlu:`')
            return
        for key, line in tree.lines.items():
            if key == _RESPONSES:
                continue
            if key in _SKIPPED_SECTIONS:
                self.skipped[key] += 1
            elif key not in _KNOWN:
                report(line, f"unknown section '{key}'. {did_you_mean(key, _KNOWN)}")
        if _RESPONSES in tree.values:
            is_whole = read_responses(tree.values[_RESPONSES], self._builder, report)
            self.skipped[_RESPONSES] += not is_whole
        if "nlu" in tree.values:
            self._check_version(file, tree)
            ItemReader(self._builder, file, report).read(tree.values["nlu"])

    def _check_version(self, file: Path, tree: Mapping) -> None:
        version = tree.values.get("version")
        if version is None:
            self.notices.append(f"{file}: names no version; read as 3.1")
            return
        text = version.text.strip() if isinstance(version, Scalar) else "(not text)"
        match = _VERSION.fullmatch(text)
        if match is None:
            self._problems.add(
                file,
                tree.lines["version"],
                f"version '{text}' cannot be read; convert the file and write `version: \"3.1\"`",
            )
        elif match.group(1) == "2":
            self.notices.append(f"{file}: has version {text}; read as 3.1")
