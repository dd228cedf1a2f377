"""Runs one measuring script in its own process and environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOG_LINES_SHOWN = 20


class ChildFailed(Exception):
    """A process of the benchmark failed; the message ends with what it last said."""


class ChildKilled(ChildFailed):
    """A process was ended by SIGKILL, as one that takes too much memory is.

    Attributes:
        peak_rss_mb: the highest resident memory it had, in MB (10^6 bytes).
    """

    def __init__(self, message: str, peak_rss_mb: float) -> None:
        super().__init__(message)
        self.peak_rss_mb = peak_rss_mb


def measured(python: Path, script: str, work: Path, **job: Any) -> dict[str, Any]:
    """Run a measuring script and return what it found.

    Args:
        python: interpreter of the environment to measure.
        script: a file beside this one. It gets its job as JSON in its only argument, with two
            keys more: `started`, the monotonic clock just before it was started, and `result`,
            the file to write its findings to.
        work: where it runs and its log is kept.
        job: what it is to measure.

    Raises:
        ChildFailed: it did; ChildKilled where that was not its own doing.
    """
    result = work / f"{Path(script).stem}.json"
    result.unlink(missing_ok=True)
    job = {key: str(value) if isinstance(value, Path) else value for key, value in job.items()}
    job |= {"result": str(result), "started": time.monotonic()}
    checked_run([str(python), str(HERE / script), json.dumps(job)], work / f"{script}.log", work)
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


def checked_run(command: list[str], log: Path, directory: Path) -> None:
    """Run a command, its output going to a log.

    Raises:
        ChildFailed: its exit code is not 0; ChildKilled where it was killed.
    """
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            command,
            cwd=directory,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _, status, usage = os.wait4(process.pid, 0)  # tells the memory of this child alone
        except BaseException:
            process.kill()  # else it would go on, and slow down what is measured next
            raise
        code = process.returncode = os.waitstatus_to_exitcode(status)
    if not code:
        return
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:]
    message = "\n".join([f"exit code {code}: {' '.join(command)}", *last])
    if code == -signal.SIGKILL:
        raise ChildKilled(message, usage.ru_maxrss * 1024 / 1e6)
    raise ChildFailed(message)


def clean_environment() -> dict[str, str]:
    """Return our environment without what would let one Python see another's packages."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
