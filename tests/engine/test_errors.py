from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from onnlu_engine.errors import cause_of


def test_of_a_folder_that_cannot_be_copied_the_first_files_trouble_is_told(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    for name in ("one", "two"):
        (tmp_path / "from" / name).symlink_to("nowhere")
    with pytest.raises(shutil.Error) as caught:
        shutil.copytree(tmp_path / "from", tmp_path / "to")
    cause = cause_of(caught.value)
    assert cause.startswith("[Errno 2] No such file or directory: ")
    assert "\n" not in cause
    assert ("one" in cause) != ("two" in cause)
