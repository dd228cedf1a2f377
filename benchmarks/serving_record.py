"""The files that keep what was measured of serving: `serving-<name>-<date>-<commit>.json`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import commit, machine

from onnlu.machine.versions import versions


class Record:
    """One measurement; where it begins, the machine is looked at.

    Args:
        name: of the measurement.
        checkout: whose commit is measured.
    """

    def __init__(self, name: str, checkout: Path) -> None:
        short, dirty = commit(checkout)
        self._document: dict[str, Any] = {
            "name": name,
            "date": datetime.now(UTC).date().isoformat(),
            "commit": short,
            "dirty": dirty,
            "machine": machine(),
            "versions": versions(),
        }

    def keep(self, folder: Path, **found: Any) -> Path:
        """Write what was found, plain JSON, and return the file."""
        ended = datetime.now(UTC).isoformat(timespec="seconds")
        document = {**self._document, "ended": ended, **found}
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        name, date, short = (document[key] for key in ("name", "date", "commit"))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"serving-{name}-{date}-{short}.json"
        path.write_text(text + "\n", encoding="utf-8")
        return path


def newest(folder: Path, name: str) -> dict[str, Any] | None:
    """Return what the last measurement of a name found; None where none is kept."""
    found: list[dict[str, Any]] = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in folder.glob(f"serving-{name}-[0-9]*.json")
    ]
    return max(found, key=lambda document: document["ended"], default=None)
