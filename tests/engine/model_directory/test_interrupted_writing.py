"""A writer whose disk is full, or that is killed: the old model or the new one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onnlu_engine.model_directory import open_model, write_model

from .models import names, tree, write

DISK_FULL = """
import resource, sys
from pathlib import Path
from onnlu_engine import write_model
from onnlu_engine.errors import ModelWriteException
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    write_model(Path(sys.argv[1]), {}, {"components": Path(sys.argv[2])}, overwrite=True)
except ModelWriteException as error:
    print(error)
"""


@pytest.mark.parametrize("existing", [True, False])
def test_a_full_disk_leaves_the_target_as_it_was(
    tmp_path: Path, components: Path, existing: bool
) -> None:
    target = tmp_path / "model"
    if existing:
        write(target, components)
    before = tree(target)
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, target, components],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "cannot be written to" in done.stdout
    assert "too large" in done.stdout
    assert tree(target) == before
    assert names(tmp_path) == ["model", "storage"][not existing :]


WRITE_FOR_EVER = """
import itertools, sys
from pathlib import Path
from onnlu_engine import write_model
for number in itertools.count():
    folders = {"components": Path(sys.argv[2]) / str(number % 2)}
    write_model(Path(sys.argv[1]), {"even": number % 2 == 0}, folders, overwrite=True)
    print(number, flush=True)
"""


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_a_killed_writer_leaves_the_old_model_or_the_new_one(tmp_path: Path, kills: int) -> None:
    target = tmp_path / "models" / "model"
    for number in (0, 1):
        (tmp_path / str(number)).mkdir()
        for i in range(3):
            (tmp_path / str(number) / f"file{i}").write_bytes(bytes([number]) * 50_000)
    moments = random.Random(kills)
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, target, tmp_path],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout
            writer.stdout.readline()
            time.sleep(moments.uniform(0, 0.05))
            writer.kill()
        model = open_model(target)
        number = 0 if model.manifest["even"] else 1
        assert (model.components / "file2").read_bytes() == bytes([number]) * 50_000
    write_model(target, {}, {}, overwrite=True)
    assert names(target.parent) == ["model"]
