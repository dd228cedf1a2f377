"""The example loop: lines in, lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import onnlu

LOOP = Path(__file__).parents[2] / "examples" / "stdin_loop" / "loop.py"


def test_each_line_is_answered_before_the_next_is_sent(exported_model: Path) -> None:
    nlu = onnlu.load(exported_model)
    with subprocess.Popen(
        [sys.executable, str(LOOP), str(exported_model)], stdin=-1, stdout=-1
    ) as process:

        def answer(line: bytes) -> Any:
            assert process.stdin
            assert process.stdout
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        rome = nlu.parse("fly to Rome").to_dict()
        assert answer(b'{"text": "fly to Rome"}') == rome
        assert answer(b'{"text": "fly to Rome", "id": [7]}') == rome | {"id": [7]}
        for bad in (b"hello", b"[]", b'{"text": 1}', b"\xff", b"[" * 100_000):
            assert answer(bad)["error"]["code"] == "InvalidRequest"
        too_long = answer(json.dumps({"text": "a" * 10_001, "id": 8}).encode())
        assert too_long["error"]["code"] == "TextTooLongException"
        assert too_long["id"] == 8
        assert answer(json.dumps({"text": "\ud800"}).encode())["text"] == "\ud800"
        assert process.stdin
        process.stdin.close()
        assert process.wait() == 0


def test_a_model_that_is_not_there_ends_the_loop_with_its_message(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(LOOP), str(tmp_path / "none")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("error: There is no model at")
