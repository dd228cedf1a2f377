"""The folder that a report is written to: it appears as a whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onnlu_engine.atomic import atomic_directory
from onnlu_engine.errors import OnnluException
from onnlu_train.evaluation.names import FIGURES, PAGE


def check_report_target(out: Path, overwrite: bool) -> None:
    """Check that a report can be written, before the work that leads to it.

    Free are an absent path and an empty directory; with `overwrite` also an earlier report.

    Raises:
        OnnluException: the target is taken, and by what.
    """
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OnnluException(f"{out} is no directory. Name one to write the report to.")
    if not out.exists() or not any(out.iterdir()):
        return
    if not all((out / name).is_file() for name in (FIGURES, PAGE)):
        raise OnnluException(
            f"{out} is a directory with other content, which is never overwritten. Name another "
            "one."
        )
    if not overwrite:
        raise OnnluException(f"{out} already holds a report. Pass --overwrite to replace it.")


def partial_report(out: Path) -> Path:
    """Return where a report goes that is not whole: beside `out` where an earlier one is there."""
    if out.is_dir() and any(out.iterdir()):
        return out.parent / f"{out.name}.partial"
    return out


@contextmanager
def report_folder(out: Path, overwrite: bool) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `out` at the end.

    Raises:
        OnnluException: the target is taken.
        OSError: it cannot be written.
    """
    check_report_target(out, overwrite)
    with atomic_directory(out.resolve(), overwrite=overwrite) as folder:
        yield folder
