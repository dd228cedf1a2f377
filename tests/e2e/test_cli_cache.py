"""`trainer fit` with its cache, and `trainer cache`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.model_directory import open_model

from .commands import Run, fit_of

ON = {"ONNLU_CACHE_SIZE": "100"}


@pytest.fixture(scope="module")
def folder(run: Run, tiny_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the tiny project was fitted with a cache."""
    made = tmp_path_factory.mktemp("cached")
    done = run("trainer", *fit(tiny_project, "first"), env=ON, cwd=made)
    assert done.code == 0, done.err
    assert "restored" not in done.out
    return made


def fit(project: Path, out: str, *more: str | Path) -> list[str | Path]:
    return fit_of(project, out, "--epochs", "2", *more)


@pytest.mark.behaviour("2.4/3")
def test_the_cache_stands_in_the_working_folder(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {".onnlu", "first"}
    assert (folder / ".onnlu" / "cache" / ".gitignore").read_text() == "*\n"


def test_a_second_fit_says_that_it_restored_everything(
    run: Run, tiny_project: Path, folder: Path
) -> None:
    done = run("trainer", *fit(tiny_project, "again", "--json"), env=ON, cwd=folder)
    document = json.loads(done.out)
    assert (document["ran"], len(document["restored"]), document["device"]) == ([], 4, None)
    assert document["model_id"] == open_model(folder / "first").model_id
    assert open_model(folder / "again").model_id == document["model_id"]


def test_a_dry_run_says_what_would_run_and_why(run: Run, tiny_project: Path, folder: Path) -> None:
    command = fit(tiny_project, "first", "--dry-run", "--seed", "4")
    done = run("trainer", *command, env=ON, cwd=folder)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "runs      train_DIETClassifier3              random_seed: 3 -> 4" in lines
    assert "restored  train_EntitySynonymMapper4         nothing has changed" in lines
    assert lines[-1] == "runs: 5, restored: 3, pruned: 0"

    document = json.loads(run("trainer", *command, "--json", env=ON, cwd=folder).out)
    assert document["nodes"][-2] == {
        "node": "train_DIETClassifier3",
        "component": "DIETClassifier",
        "action": "runs",
        "certain": True,
        "why": ["random_seed: 3 -> 4"],
    }


def test_a_dry_run_writes_nothing(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    done = run("trainer", *fit(tiny_project, "model", "--dry-run"), env=ON, cwd=tmp_path)
    assert done.code == 0, done.err
    assert "first run" in done.out
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_config_ends_a_dry_run_too(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    wrong = fit(tiny_project, "model", "--dry-run", "--set", "train.patience=soon")
    done = run("trainer", *wrong, env=ON, cwd=tmp_path)
    assert (done.code, done.out) == (3, "")


@pytest.mark.behaviour("2.4/3")
@pytest.mark.parametrize("by_option", [True, False])
def test_the_place_of_the_cache_can_be_chosen(
    run: Run, tiny_project: Path, tmp_path: Path, folder: Path, by_option: bool
) -> None:
    place = folder / ".onnlu" / "cache"
    more = ["--cache", place] if by_option else []
    env = ON if by_option else {**ON, "ONNLU_CACHE": str(place)}
    done = run("trainer", *fit(tiny_project, "model", "--dry-run", *more), env=env, cwd=tmp_path)
    assert done.out.splitlines()[-1].startswith("runs: 0, ")


@pytest.mark.behaviour("2.4/3")
def test_a_cache_of_size_0_is_none(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    off = {"ONNLU_CACHE_SIZE": "0"}
    done = run("trainer", *fit(tiny_project, "model", "--dry-run"), env=off, cwd=tmp_path)
    assert "the cache is off" in done.out
    done = run("trainer", *fit(tiny_project, "model"), env=off, cwd=tmp_path)
    assert done.code == 0, done.err
    assert {path.name for path in tmp_path.iterdir()} == {"model"}


@pytest.mark.parametrize("size", ["-1", "large", "inf", "nan", "1e400"])
def test_a_size_that_is_none_is_wrong_usage(
    run: Run, tiny_project: Path, tmp_path: Path, size: str
) -> None:
    done = run("trainer", *fit(tiny_project, "model"), env={"ONNLU_CACHE_SIZE": size}, cwd=tmp_path)
    assert done.code == 2
    assert "ONNLU_CACHE_SIZE" in done.err


def test_what_is_kept_can_be_listed_pruned_and_cleared(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    def cache(*arguments: str) -> Any:
        return json.loads(run("trainer", "cache", *arguments, "--json", cwd=tmp_path).out)

    assert cache("ls") == {"cache": ".onnlu/cache", "entries": []}
    assert cache("prune") == {"cache": ".onnlu/cache", "removed": 0}
    assert cache("clear") == {"cache": ".onnlu/cache", "removed": 0}
    assert list(tmp_path.iterdir()) == []

    run("trainer", *fit(tiny_project, "model"), env=ON, cwd=tmp_path)
    entries = cache("ls")["entries"]
    assert [entry["node"] for entry in entries if entry["has_result"]] == [
        "train_EntitySynonymMapper4",
        "train_DIETClassifier3",
        "train_CountVectorsFeaturizer2",
        "train_LexicalSyntacticFeaturizer1",
    ]
    assert entries[1]["component"] == "onnlu_train.components.diet_classifier:DIETClassifier"
    assert entries[1]["bytes"] > 10_000
    listed = run("trainer", "cache", "ls", cwd=tmp_path).out.splitlines()
    assert listed[1].endswith("train_DIETClassifier3")
    assert listed[-1].startswith(f".onnlu/cache: entries: {len(entries)}, ")

    assert cache("prune", "--cache-size", "100")["removed"] == 0
    assert cache("prune", "--cache-size", "0")["removed"] == len(entries)
    assert cache("ls")["entries"] == []
    assert cache("clear")["removed"] == 0
    assert list((tmp_path / ".onnlu" / "cache").iterdir()) == []


def test_a_folder_that_holds_something_else_is_no_cache_and_stays(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "results" / "run1" / "numbers.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    (tmp_path / ".gitignore").write_text("*.log")
    commands = [["cache", name] for name in ("ls", "prune", "clear")]
    for command in ([*fit(tiny_project, tmp_path / "model")], *commands):
        done = run("trainer", *command, "--cache", ".", env=ON, cwd=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert done.err == (
            "error: . is no cache of onnlu, and holds something else. Choose a folder for the "
            "cache alone.\n"
        )
    assert {path.name for path in tmp_path.iterdir()} == {"results", ".gitignore"}
    assert mine.read_text() == "mine"


def test_a_damaged_cache_is_told_as_that_and_can_be_cleared(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    assert run("trainer", *fit(tiny_project, "model"), env=ON, cwd=tmp_path).code == 0
    (tmp_path / ".onnlu" / "cache" / "index.db").write_bytes(b"none" * 5000)
    for name in ("ls", "prune"):
        done = run("trainer", "cache", name, cwd=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert "`trainer cache clear` removes it." in done.err
    done = run("trainer", "cache", "clear", cwd=tmp_path)
    assert (done.code, done.out) == (0, ".onnlu/cache: entries removed: 0\n")
    assert run("trainer", "cache", "ls", cwd=tmp_path).code == 0


def test_the_help_imports_no_database() -> None:
    code = (
        "import sys; from onnlu_train.cli import main\n"
        "try: main()\n"
        "except SystemExit: print({'sqlite3', 'tensorflow'} & set(sys.modules))"
    )
    for command in (["fit"], ["cache"], ["cache", "ls"]):
        line = [sys.executable, "-c", code, *command, "--help"]
        done = subprocess.run(line, check=True, capture_output=True, text=True)
        assert done.stdout.splitlines()[-1] == "set()"
