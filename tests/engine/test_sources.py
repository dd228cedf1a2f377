"""Which source files decide what a component does."""

from __future__ import annotations

import importlib
import os
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu_engine.component import IMPORTED_AT, GraphComponent
from onnlu_engine.errors import NoFingerprintException
from onnlu_engine.sources import source_fingerprints

FILES = {
    "base.py": "from onnlu_engine import GraphComponent\nclass Base(GraphComponent):\n    pass\n",
    "__init__.py": "",
    "lib/__init__.py": "from . import words\n",
    "lib/words.py": "import os.path\n",
    "lib/late.py": "",
    "lib/listed.py": "",
    "lib/unused.py": "",
    "component.py": """\
from json import dumps
from .base import (  # a comment, with (brackets)
    Base,
)
from {package}.lib import (
    listed,
    words as other,
)

class Component(Base):
    def train(self):
        import {package}.lib.late as late, numpy
        return late
""",
}
Make = Callable[[str, dict[str, str]], type]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Write a package as it was before this process began, and import its component."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def made(package: str, changes: dict[str, str]) -> type:
        for name, text in {**FILES, **changes}.items():
            write(tmp_path / package / name, text.replace("{package}", package))
        component: type = importlib.import_module(f"{package}.component").Component
        return component

    yield made
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(file: Path, text: str, time: float = IMPORTED_AT - 60) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    os.utime(file, (time, time))


def own_files(component: type, package: str) -> dict[str, str]:
    found = source_fingerprints(component)
    return {
        name.removeprefix(f"{package}/"): digest
        for name, digest in found.items()
        if name.startswith(package)
    }


def test_modules_of_class_and_bases_count_and_what_they_import(make: Make) -> None:
    found = own_files(make("one", {}), "one")
    assert set(found) == {*FILES} - {"lib/unused.py"}


def test_the_engine_under_a_component_counts_too(make: Make) -> None:
    assert "onnlu_engine/component.py" in source_fingerprints(make("two", {}))
    assert "onnlu/components/tokenizer.py" in source_fingerprints(WhitespaceTokenizer)


def test_installed_packages_and_the_standard_library_do_not_count(make: Make) -> None:
    files = source_fingerprints(make("three", {}))
    assert all(name.startswith(("three/", "onnlu_engine/")) for name in files)


@pytest.mark.behaviour("2.3/2")
@pytest.mark.parametrize("file", sorted({*FILES} - {"lib/unused.py", "component.py"}))
def test_a_changed_comment_is_noticed_in_a_base_and_in_a_helper_too(make: Make, file: str) -> None:
    place = re.sub(r"\W", "_", file)
    before = own_files(make(f"before_{place}", {}), f"before_{place}")
    changes = {file: f"{FILES[file]}# changed\n"}
    after = own_files(make(f"after_{place}", changes), f"after_{place}")
    # The component names its package, which is another one.
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {file, "component.py"}


def test_helpers_beside_a_module_that_is_no_package_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    write(tmp_path / "lone_helper.py", "")
    text = "import lone_helper\nfrom onnlu_engine import GraphComponent\n"
    write(tmp_path / "lone.py", f"{text}class Lone(GraphComponent):\n    pass\n")
    component = importlib.import_module("lone").Lone
    assert {"lone.py", "lone_helper.py"} <= source_fingerprints(component).keys()


def test_what_was_edited_after_the_start_is_not_what_runs(make: Make, tmp_path: Path) -> None:
    component = make("edited", {})
    write(tmp_path / "edited" / "base.py", FILES["base.py"], time=IMPORTED_AT + 1)
    with pytest.raises(NoFingerprintException, match=r"base\.py has changed since"):
        source_fingerprints(component)


@pytest.mark.parametrize(
    "text",
    [
        "from {package}.lib \\\n    import \\\n    unused",
        "import os, \\\n    {package}.lib.unused",
        "try: import {package}.lib.unused\nexcept ImportError: pass",
        "if True: from {package}.lib import unused",
        "import os; import {package}.lib.unused",
    ],
    ids=["continued", "continued list", "try", "if", "semicolon"],
)
def test_an_import_may_be_written_in_several_ways(
    make: Make, text: str, request: pytest.FixtureRequest
) -> None:
    package = "written_" + re.sub(r"\W", "_", request.node.callspec.id)
    assert "lib/unused.py" in own_files(make(package, {"lib/words.py": text}), package)


def test_a_class_from_an_archive_has_no_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        text = "from onnlu_engine import GraphComponent\nclass Zipped(GraphComponent):\n    pass\n"
        archive.writestr("zipped.py", text)
    monkeypatch.syspath_prepend(tmp_path / "archive.zip")
    component = importlib.import_module("zipped").Zipped
    with pytest.raises(NoFingerprintException, match="cannot be read"):
        source_fingerprints(component)


def test_a_file_that_was_removed_has_no_fingerprint(make: Make, tmp_path: Path) -> None:
    component = make("removed", {})
    (tmp_path / "removed" / "component.py").unlink()
    with pytest.raises(NoFingerprintException, match="cannot be read"):
        source_fingerprints(component)


def test_a_class_without_a_file_has_no_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typed_in", ModuleType("typed_in"))
    typed_in = type("TypedIn", (GraphComponent,), {"__module__": "typed_in"})
    with pytest.raises(NoFingerprintException, match="no source file"):
        source_fingerprints(typed_in)
