"""Environment variables that change how models are served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from onnlu.doctor.finding import Finding

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_GPUS = "CUDA_VISIBLE_DEVICES"


def variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield those that are set.

    Args:
        environment: such as `os.environ`.
    """
    for name in _THREADS:
        if name in environment:
            # Its wheels are built without OpenMP; numpy's products are none of parsing's.
            bound = "numpy alone heeds it; a model's graph has one thread"
            yield Finding(name, f"{environment[name]}: {bound}")
    if _GPUS in environment:
        value = environment[_GPUS]
        if value.strip() in ("", "-1"):
            yield Finding(_GPUS, f"'{value}': hides every GPU", "warning", f"unset {_GPUS}")
        else:
            yield Finding(_GPUS, f"{value}: cuda:0 is the first of these")
