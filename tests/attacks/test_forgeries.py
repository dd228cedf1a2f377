"""Models that were changed and signed anew: each works, or is refused by a typed error."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from .forgeries import copied, forged, forgeries

USE_MODEL = Path(__file__).with_name("use_model.py")


def outcomes(model: Path, folder: Path, number: int) -> list[tuple[str, dict[str, str]]]:
    """Use forged models in another process; a crash of it shows as "crash"."""
    copy = copied(model, folder)
    command = [sys.executable, str(USE_MODEL)]
    found = []
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-3, text=True) as process:
        assert process.stdin
        assert process.stdout
        for forgery in islice(forgeries(model, seed=5), number):
            with forged(copy, forgery) as path:
                process.stdin.write(f"{path}\n")
                process.stdin.flush()
                answer = process.stdout.readline()
            found.append((repr(forgery)[:300], json.loads(answer) if answer else {"": "crash"}))
            if not answer:
                break
        process.stdin.close()
    return found


@pytest.mark.parametrize("number", [150, pytest.param(1_500, marks=pytest.mark.slow)])
def test_a_consistent_forgery_works_or_ends_in_a_typed_error(
    exported_model: Path, tmp_path: Path, number: int
) -> None:
    found = outcomes(exported_model, tmp_path, number)

    bad = [
        (forgery, use, outcome)
        for forgery, uses in found
        for use, outcome in uses.items()
        if outcome.startswith(("untyped", "crash"))
    ]
    assert bad == []
    assert len(found) == number
    seen = {outcome for _, uses in found for outcome in uses.values()}
    assert {"ok", "CorruptModelException", "exit code 5"} <= seen
