"""Commands as users run them: processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .commands import Outcome, Run, Start, line_of


@pytest.fixture(scope="session")
def run() -> Run:
    """Run a command to its end: run("onnlu", "info", model, stdin=b"", env={})."""

    def run_to_end(
        program: str,
        *arguments: str | Path,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
        **options: Any,
    ) -> Outcome:
        done = subprocess.run(
            line_of(program, *arguments),
            input=stdin,
            capture_output=True,
            env={**os.environ, **(env or {})},
            **options,
        )
        # What a shell reports of a signal is none of our exit codes.
        assert done.returncode >= 0, f"killed by signal {-done.returncode}"
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        if "--debug" not in arguments:
            assert "Traceback" not in err
        return Outcome(done.returncode, out, err)

    return run_to_end


@pytest.fixture(scope="session")
def start() -> Start:
    """Start a command, to talk with it; Ctrl-C reaches it whatever runs the tests."""

    def started(program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(
            line_of(program, *arguments),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )

    return started
