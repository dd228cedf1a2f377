"""The file that keeps what was measured of trainings, so that measuring can stop and go on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import commit, machine

_SAME_MACHINE = ("cpu", "cores", "ram_gb")


class RecordRefused(Exception):
    """A file cannot be added to; the message says why."""


class Record:
    """Runs of one measurement at one commit: `training-<name>-<date>-<commit>.json`.

    A file of this name and commit is gone on with, whatever its date. To measure afresh, move it.

    Args:
        folder: where the file is, or will be.
        name: of the measurement.
        checkout: whose commit is measured.
        versions: of the packages of each system.

    Raises:
        RecordRefused: the file is of another machine.
    """

    def __init__(
        self, folder: Path, name: str, checkout: Path, versions: Mapping[str, Mapping[str, str]]
    ) -> None:
        (short, dirty), here = commit(checkout), machine()
        date = datetime.now(UTC).date().isoformat()
        there = sorted(folder.glob(f"training-{name}-*-{short}.json"))
        self.path = there[-1] if there else folder / f"training-{name}-{date}-{short}.json"
        self._document: dict[str, Any] = {
            "name": name,
            "date": date,
            "commit": short,
            "dirty": dirty,
            "machine": here,
            "versions": {},
            "runs": [],
        }
        if there:
            self._document = json.loads(self.path.read_text(encoding="utf-8"))
            self._check_machine(here)
        self._document["dirty"] |= dirty
        self._document["versions"] |= versions

    def has(self, run: Mapping[str, Any]) -> bool:
        """Return whether a run was measured already."""
        return any(kept["run"] == run for kept in self._document["runs"])

    def add(self, run: Mapping[str, Any], found: Mapping[str, Any]) -> None:
        """Keep what was found; the file is the old or the new one at any time."""
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        self._document["runs"].append({"run": run, "ended": ended, **found})
        text = json.dumps(self._document, indent=1, sort_keys=True, ensure_ascii=False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(f".{os.getpid()}")
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(self.path)

    def _check_machine(self, here: Mapping[str, Any]) -> None:
        there = self._document["machine"]
        differing = [name for name in _SAME_MACHINE if here[name] != there[name]]
        if differing:
            raise RecordRefused(
                f"{self.path} was measured on another machine ("
                + ", ".join(f"{name} {there[name]}, here {here[name]}" for name in differing)
                + "). Move it away, or write elsewhere by --out."
            )


def read_records(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return what the files of a measurement hold, the one that was added to last first."""
    found = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob(f"training-{name}-[0-9]*.json")
    ]
    return sorted(found, key=lambda document: document["runs"][-1]["ended"], reverse=True)
