"""Every test of a layer begins with the same random numbers."""

import pytest


@pytest.fixture(autouse=True)
def _seeded() -> None:
    import keras

    keras.utils.set_random_seed(0)
