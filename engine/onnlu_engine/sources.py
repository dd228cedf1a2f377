"""The source files that decide what a component does, so that a changed one is noticed."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from onnlu_engine.component import IMPORTED_AT
from onnlu_engine.errors import NoFingerprintException

_COMMENT: Final = re.compile(r"#[^\n]*")
# What looks like an import without being one, as in a text, names a file too many at worst.
_IMPORT: Final = re.compile(
    r"(?:^|[;:])[ \t]*(?:from[ \t]+(?P<base>[.\w]+)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[^\n;]*)"
    r"|import[ \t]+(?P<modules>[^\n;]+))",
    re.MULTILINE,
)
_CONTINUATION: Final = "\\\n"
_INSTALLED: Final = ("site-packages", "dist-packages")


def source_fingerprints(component: type) -> dict[str, str]:
    """Return the sha256 of each source file that decides what a component does.

    These are the modules of the class and of its bases, and what they import, directly or not:
    modules of the same packages, and those that lie outside of `site-packages`, as of a project
    or an editable installation. The standard library is left out, and so are other installed
    packages: their versions are named by `required_packages`.

    Returns:
        Path below the folder that is imported from, such as "my_package/my_module.py", to sha256.

    Raises:
        NoFingerprintException: a class has no file, as one typed into an interpreter; or a file
            cannot be read, as in a zip archive; or one has changed since this process began, so
            that it may not be what runs.
    """
    try:
        return _source_fingerprints(component)
    except OSError as error:
        raise NoFingerprintException(f"a source file cannot be read: {error}") from error


def _source_fingerprints(component: type) -> dict[str, str]:
    found: dict[Path, str] = {}
    own = _own_modules(component)
    packages = {module.partition(".")[0] for module in own}
    pending = list(own.items())
    while pending:
        module, file = pending.pop()
        if file in found:
            continue
        found[file] = module
        pending += [
            (name, path)
            for name in _imported_names(module, file)
            if (path := _file_of(name, own_packages=frozenset(packages))) is not None
        ]
    return {
        _shown(module, file): _digest(file)
        for file, module in sorted(found.items(), key=lambda item: _shown(item[1], item[0]))
    }


def _own_modules(component: type) -> dict[str, Path]:
    """Return the modules of a class and of its bases."""
    modules = {}
    for base in component.__mro__:
        if base.__module__.partition(".")[0] in sys.stdlib_module_names:
            continue
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        if file is None:
            raise NoFingerprintException(
                f"class {base.__module__}.{base.__qualname__} has no source file"
            )
        modules[base.__module__] = Path(file)
    return modules


def _imported_names(module: str, file: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports; the last part of one may be no module."""
    if file.suffix != ".py":
        return
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    # Importing a module runs the packages it lies in.
    yield from _with_parents(package)
    text = _COMMENT.sub("", file.read_text(encoding="utf-8", errors="replace"))
    text = text.replace(_CONTINUATION, " ")
    for match in _IMPORT.finditer(text):
        if modules := match["modules"]:
            for name in _listed(modules):
                yield from _with_parents(name)
        else:
            base = _absolute(match["base"], package)
            yield from _with_parents(base)
            yield from (f"{base}.{name}" for name in _listed(match["names"].strip("()")))


def _listed(names: str) -> list[str]:
    """Return the names of a list such as `a, b as c,`."""
    return [word[0] for name in names.split(",") if (word := name.split())]


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))


def _absolute(base: str, package: str) -> str:
    name = base.lstrip(".")
    above = len(base) - len(name)
    if not above:
        return base
    parents = package.split(".")[: len(package.split(".")) - above + 1]
    return ".".join([*parents, *([name] if name else [])])


@cache
def _file_of(name: str, *, own_packages: frozenset[str]) -> Path | None:
    """Return the file of a module that counts; None for names that are no module."""
    package, _, rest = name.partition(".")
    if not package.isidentifier() or package in sys.stdlib_module_names:
        return None
    for folder in _places_of(package):
        if package not in own_packages and any(part in _INSTALLED for part in folder.parts):
            continue
        path = folder.joinpath(*rest.split(".")) if rest else folder
        for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if file.is_file():
                return file
    return None


@cache
def _places_of(package: str) -> tuple[Path, ...]:
    """Return the folders of a package, or the file of a module without its suffix."""
    module = sys.modules.get(package)
    try:
        spec = getattr(module, "__spec__", None) or importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return ()
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        return tuple(map(Path, spec.submodule_search_locations))
    return (Path(spec.origin).with_suffix(""),) if spec.has_location and spec.origin else ()


def _shown(module: str, file: Path) -> str:
    parts = module.count(".") + (2 if file.name == "__init__.py" else 1)
    return Path(*file.parts[-parts:]).as_posix()


def _digest(file: Path) -> str:
    # What runs was read from the file before; who edits it later runs the old code.
    if file.stat().st_mtime > IMPORTED_AT:
        raise NoFingerprintException(f"{file} has changed since this process began")
    return hashlib.sha256(file.read_bytes()).hexdigest()
