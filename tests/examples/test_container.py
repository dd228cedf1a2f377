"""The container recipe: what it says, and its steps without Docker, which the tests do not need."""

from __future__ import annotations

import fnmatch
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .service import asked, free_port, serving

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "examples" / "container" / "Dockerfile"
NOBODY = 65534


class Instruction(NamedTuple):
    name: str
    arguments: str

    def words(self) -> list[str]:
        """Return the words of an instruction in the exec form, for which no shell is needed."""
        start = self.arguments.index("[")
        words: list[str] = json.loads(self.arguments[start:])
        return words


def instructions() -> list[Instruction]:
    text = RECIPE.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split("#")[0].strip() for line in text.splitlines() if line[:1] != "#"]
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line]


def stages() -> list[list[Instruction]]:
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.name == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def one(stage: list[Instruction], name: str) -> Instruction:
    (found,) = (instruction for instruction in stage if instruction.name == name)
    return found


def environment_of(stage: list[Instruction]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in one(stage, "ENV").arguments.split())


def build_context() -> list[Path]:
    """Return the files of the project that `Dockerfile.dockerignore` lets through."""
    lines = Path(f"{RECIPE}.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and line[0] != "#"]
    assert patterns[0] == "*"
    assert patterns[-1] == "**/__pycache__"
    kept: list[Path] = []
    for pattern in patterns[1:-1]:
        path = ROOT / pattern.removeprefix("!")
        assert pattern[0] == "!"
        assert path.exists(), path
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        kept += [file for file in files if not fnmatch.fnmatch(str(file), "*/__pycache__/*")]
    return kept


def test_two_stages_of_the_slim_image() -> None:
    build, final = stages()
    for stage in (build, final):
        assert one(stage, "FROM").arguments.split()[0] == "python:${PYTHON}-slim"
    assert "COPY --from=build /site /site" in [" ".join(i) for i in final]
    assert not [i for i in final if i.name == "RUN"]


def test_no_shell_runs_and_nothing_is_downloaded_but_by_pip() -> None:
    for instruction in instructions():
        assert instruction.name in {
            *("ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "HEALTHCHECK"),
            "CMD",
        }
        if instruction.name in ("RUN", "CMD", "HEALTHCHECK"):
            assert instruction.words()[0] in ("pip", "python")


def test_it_does_not_run_as_root() -> None:
    names = [instruction.name for instruction in stages()[1]]
    user, _, group = one(stages()[1], "USER").arguments.partition(":")
    assert int(user) == int(group) == NOBODY
    assert names.index("USER") < names.index("CMD")


def test_what_is_copied_reaches_the_build() -> None:
    context = {str(path.relative_to(ROOT)) for path in build_context()}
    copied = next(i for i in stages()[1] if i.name == "COPY" and "--from" not in i.arguments)
    assert set(copied.arguments.split()[:-1]) <= context
    assert "runtime/onnlu/__init__.py" in context
    assert not [name for name in context if name.startswith(("tests", "benchmarks", ".", "build"))]


@pytest.fixture(scope="module")
def image(exported_model: Path) -> Iterator[Path]:
    """The folders of the image, made by the very steps of the recipe, and the model."""
    build, final = stages()
    folder = Path(tempfile.mkdtemp(prefix="onnlu-container-"))
    folder.chmod(0o755)  # the user of the container is another
    for file in build_context():
        target = folder / "build" / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    words = [word.replace("/site", str(folder / "site")) for word in one(build, "RUN").words()]
    subprocess.run([sys.executable, "-m", *words, "-q"], cwd=folder / "build", check=True)
    (folder / "app").mkdir()
    copied = next(i for i in final if i.name == "COPY" and "--from" not in i.arguments)
    for name in copied.arguments.split()[:-1]:
        shutil.copy(ROOT / name, folder / "app")
    shutil.copytree(exported_model, folder / "model")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody() -> dict[str, Any]:
    """Return how to start a process that may write nothing.

    It is the user of the image where we may change to it and it can reach our Python.
    """
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    no_files = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))}
    try:
        subprocess.run([sys.executable, "-c", ""], check=True, **user)
    except (PermissionError, subprocess.SubprocessError):
        return no_files
    return user | no_files


@pytest.mark.slow
def test_its_steps_make_a_service_that_writes_nothing(image: Path) -> None:
    final = stages()[1]
    port = free_port()
    environment = environment_of(final) | {  # HOME is not set
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(image / "site"),
        "ONNLU_MODEL": str(image / "model"),
        "UVICORN_HOST": "127.0.0.1",
        "UVICORN_PORT": str(port),
        "TMPDIR": "/nowhere",
    }
    # Without the packages of the test's own environment.
    python = [sys.executable, "-S"]
    user = as_nobody()
    before = sorted(str(path) for path in image.rglob("*"))

    command = [*python, *one(final, "CMD").words()[1:]]
    with serving(command, port, cwd=image / "app", env=environment, **user):
        status, document = asked(port, "/parse", {"text": "fly to Rome"})
        check = [*python, *one(final, "HEALTHCHECK").words()[1:]]
        healthy = subprocess.run(check, cwd=image / "app", env=environment, check=False, **user)
    ill = subprocess.run(check, cwd=image / "app", env=environment, capture_output=True, **user)

    assert (status, document["intent"]["name"]) == (200, "fly")
    assert (healthy.returncode, ill.returncode) == (0, 1)
    assert b"/health" in ill.stderr
    assert sorted(str(path) for path in image.rglob("*")) == before
