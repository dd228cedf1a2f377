"""Loading a model and parsing with it runs no code of the model, writes nothing, asks nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

WATCHED = """
import json, os, sys
import onnlu

seen = []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
FORBIDDEN = ("socket.", "subprocess.", "pickle.", "marshal.", "shutil.", "ctypes.dlopen", "os.exec",
    "os.fork", "os.link", "os.mkdir", "os.posix_spawn", "os.remove", "os.rename", "os.rmdir",
    "os.symlink", "os.system", "os.truncate", "tempfile.")

def watch(event, arguments):
    writes = event == "open" and (arguments[2] or 0) & WRITING
    if writes or event.startswith(FORBIDDEN):
        seen.append([event, repr(arguments)])

nlu = onnlu.load(sys.argv[1], device="cpu")  # imports the components: their code is installed
nlu.parse("fly to Rome")
sys.addaudithook(watch)
nlu = onnlu.load(sys.argv[1], device="cpu")
nlu.parse("fly to Oslo")
found = list(seen)
open("note", "w").close()
print(json.dumps({"seen": found, "watched": len(seen) > len(found)}))
"""


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of change of all that is below a folder."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
    }


def test_nothing_is_run_written_or_asked_for(exported_model: Path, tmp_path: Path) -> None:
    before = everything(exported_model)
    # Nothing else of our environment: `CI` alone keeps ONNX Runtime from reporting its start.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(exported_model)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {"seen": [], "watched": True}
    assert everything(exported_model) == before
    assert [path.name for path in tmp_path.iterdir()] == ["note"]
