"""`trainer init`."""

from __future__ import annotations

import os
import shlex
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import click

from onnlu.cli.options import PATH, json_option
from onnlu.cli.output import print_json
from onnlu_engine.atomic import atomic_directory
from onnlu_engine.errors import OnnluException


@click.command("init")
@click.argument("directory", type=PATH)
@json_option
def init_command(directory: Path, as_json: bool) -> None:
    """Write a small project to start from: config.yml, data/nlu.yml."""
    if os.path.lexists(directory) and not _is_empty_directory(directory):
        raise OnnluException(
            f"{directory} exists and is not an empty directory. Name another one: nothing is "
            "ever overwritten."
        )
    with (
        as_file(files("onnlu_train.cli") / "template") as template,
        atomic_directory(directory.resolve()) as folder,
    ):
        shutil.copytree(template, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
    written = sorted(file for file in directory.rglob("*") if file.is_file())
    if as_json:
        names = [file.relative_to(directory).as_posix() for file in written]
        print_json({"directory": str(directory), "files": names})
        return
    place = shlex.quote(str(directory))
    click.echo(
        f"Written: {', '.join(map(str, written))}\n"
        "Next:\n"
        f"  cd {place}\n"
        "  trainer fit --config config.yml --data data --out models/trained\n"
        "  exporter to-onnx models/trained --out models/onnx\n"
        "  onnlu parse models/onnx 'hello there'"
    )


def _is_empty_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not any(path.iterdir())
