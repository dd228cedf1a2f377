"""Models that were changed and signed anew: each works, or is refused by a typed error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from tests.attacks.forgeries import copied, forgeries

ROOT = Path(__file__).parents[2]


def outcomes(model: Path, folder: Path, number: int) -> list[tuple[str, dict[str, str]]]:
    """Use forged models in another process; a crash of it shows as "crash"."""
    copy = copied(model, folder)
    command = [sys.executable, "-m", "tests.attacks.use_model", str(copy)]
    found = []
    chosen = list(islice(forgeries(model, seed=5), number))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=-1, stdout=-1, stderr=-3, text=True, env=environment, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        for forgery in chosen:
            process.stdin.write(json.dumps(forgery) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            found.append((repr(forgery)[:300], json.loads(answer) if answer else {"": "crash"}))
            if not answer:
                break
        process.stdin.close()
    return found


@pytest.mark.parametrize("number", [150, pytest.param(4_000, marks=pytest.mark.slow)])
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
