"""Where errors of a command end: one message on stderr and an exit code, never a traceback.

0 success, 1 error, 2 usage, 3 invalid config or data, 4 parity or verification failed,
5 incompatible or corrupt model, 6 device unavailable, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TextIO

import click

from onnlu.cli.output import print_json, say
from onnlu_engine.errors import OnnluException

INTERRUPTED = 130

_EXTRAS = {
    "numpy": "onnlu",
    "onnxruntime": "onnlu[cpu]",
    **dict.fromkeys(
        (
            *("tensorflow", "keras", "safetensors", "ruamel", "rich"),
            *("sklearn", "matplotlib", "jinja2"),
        ),
        "onnlu[cpu,train]",
    ),
    **dict.fromkeys(("tf2onnx", "onnx"), "onnlu[cpu,train,export]"),
    **dict.fromkeys(("dask", "distributed"), "onnlu[dask]"),
}


@dataclass(frozen=True)
class Failure:
    """How a command failed.

    Attributes:
        type: name of the exception.
        message: what happened and what to do.
        exit_code: of the process.
    """

    type: str
    message: str
    exit_code: int = 1


def run(group: click.Group, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command and turn whatever it raises into messages.

    With `--json`, the error is also the one document on stdout:
    `{"error": {"type", "message", "exit_code"}}`. With `--debug`, the traceback is shown as well.

    Args:
        group: the commands.
        name: what the user calls them by.
        arguments: of the command line; by default those of this process.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    flags = given[: given.index("--")] if "--" in given else given
    _show_plainly()
    try:
        code = group.main(given, name, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        _leave_stdout()
        return 1  # whoever read our output has gone: nobody is there to be told
    except click.ClickException as error:
        error.show()
        failure = Failure(type(error).__name__, error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        failure = Failure("Interrupted", "Interrupted.", INTERRUPTED)
        say(failure.message)
    except Exception as error:
        if "--debug" in flags:
            say(traceback.format_exc())
        failure = _failure(error)
        say(f"error: {failure.message}")
    if "--json" in flags:
        with suppress(OSError):
            print_json({"error": asdict(failure)})
    with suppress(OSError, ValueError):
        _flush_or_leave_stdout()
    return failure.exit_code


def _failure(error: Exception) -> Failure:
    name = type(error).__name__
    match error:
        case OnnluException():
            return Failure(name, str(error), error.exit_code)
        case ImportError() if (package := (error.name or "").partition(".")[0]) in _EXTRAS:
            return Failure(
                "MissingPackageException",
                f"{package} cannot be imported: {error}. Run: pip install '{_EXTRAS[package]}'",
            )
        case MemoryError():
            return Failure(name, "Out of memory. Take smaller batches, texts or a larger machine.")
        case OSError(strerror=str(reason)):
            file = "" if error.filename is None else f": {os.fsdecode(error.filename)}"
            return Failure(name, f"{reason}{file}")
    return Failure(
        name,
        f"internal error: {name}: {error}. Please report it, with what the command prints with "
        "--debug before its name.",
    )


def _leave_stdout() -> None:
    """Let the interpreter flush into nothing at its end, instead of failing once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flush_or_leave_stdout() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        _leave_stdout()


def _show_plainly() -> None:
    """Show log records and warnings as lines on stderr, and any text on any terminal."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    logging.basicConfig(level=logging.WARNING, handlers=[_Lines()])
    warnings.showwarning = _show_warning


class _Lines(logging.Handler):
    """Writes to what stderr is at the time: a progress bar may stand in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        say(f"{record.levelname.lower()}: {record.getMessage()}")


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    say(f"warning: {message}")
