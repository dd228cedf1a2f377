"""A table of word vectors on disk, of which only what is looked up is read."""

from __future__ import annotations

import json
import logging
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Self, overload

import numpy as np
import numpy.typing as npt

from onnlu.components.word_vectors_file import WordVector
from onnlu_engine.errors import CorruptModelException, InvalidConfigException

logger = logging.getLogger(__name__)

_SHAPE: Final = "shape.json"
_VECTORS: Final = "vectors.float32"
_WORDS: Final = "words.txt"
_STARTS: Final = "starts.npy"
_ORDER: Final = "order.npy"


class WordVectors:
    """Vectors by word; the files stay on disk, mapped into memory.

    Attributes:
        units: length of a vector.
    """

    def __init__(
        self,
        vectors: npt.NDArray[np.float32],
        words: npt.NDArray[np.uint8],
        starts: npt.NDArray[np.int64],
        order: npt.NDArray[np.int64],
    ) -> None:
        """Take the parts of a table.

        Args:
            vectors: float32 [words, units], in the order of their file.
            words: the words in UTF-8, one a line, in the same order.
            starts: where in `words` each begins, and where they end, int64 [words + 1].
            order: row of each word, sorted by the bytes of the words, int64 [words].
        """
        self.units: int = vectors.shape[1]
        self._vectors = vectors
        self._order = order
        self._sorted = _SortedWords(words, starts, order)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the table that `write_word_vectors` wrote.

        Raises:
            CorruptModelException: a file is missing, or they do not belong together.
        """
        try:
            shape = json.loads((folder / _SHAPE).read_text(encoding="utf-8"))
            count, units = shape["words"], shape["units"]
            # As plain arrays: a slice of a memmap is several times slower.
            values = np.asarray(np.memmap(folder / _VECTORS, dtype="<f4", mode="r"))
            vectors = values.reshape(count, units)
            words = np.asarray(np.memmap(folder / _WORDS, dtype=np.uint8, mode="r"))
            starts, order = (
                np.asarray(np.load(folder / name, mmap_mode="r", allow_pickle=False))
                for name in (_STARTS, _ORDER)
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise _corrupt(folder, f"cannot be read: {error}") from error
        are_lists = all(part.dtype == np.int64 and part.ndim == 1 for part in (starts, order))
        if not are_lists or (len(starts), len(order), len(words)) != (count + 1, count, starts[-1]):
            raise _corrupt(folder, f"have other lengths than {_SHAPE} says")
        return cls(vectors, words, starts, order)

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._order)

    def find(self, word: str) -> npt.NDArray[np.float32] | None:
        """Return the vector of a word, float32 [units]; None for an unknown one."""
        # A text may hold what UTF-8 cannot say, a word of the table does not.
        key = word.encode("utf-8", "surrogatepass")
        place = bisect_left(self._sorted, key)
        if place == len(self) or self._sorted[place] != key:
            return None
        row: npt.NDArray[np.float32] = self._vectors[self._order[place]]
        return row


def write_word_vectors(folder: Path, vectors: Iterable[WordVector]) -> None:
    """Write a table; of a word that comes twice the first vector counts.

    Args:
        folder: an existing directory.
        vectors: at least one, all of one length. They are taken one by one, and not kept. Words
            that are no UTF-8 are passed over, as no text contains them.

    Raises:
        InvalidConfigException: no word is UTF-8.
    """
    words: list[bytes] = []
    units = passed_over = 0
    with (folder / _VECTORS).open("wb") as file:
        for word, vector in vectors:
            units = len(vector)
            if not _is_utf8(word):
                passed_over += 1
                continue
            words.append(word)
            file.write(vector.astype("<f4", copy=False).tobytes())
    if not words:
        raise InvalidConfigException("No word of the word vectors is UTF-8; save the file as UTF-8")
    if passed_over:
        logger.warning(
            "%d words of the word vectors are no UTF-8 and are passed over.", passed_over
        )
    # The sort is stable, so that the first of equal words is the one that is found.
    order = sorted(range(len(words)), key=words.__getitem__)
    lengths = [len(word) + 1 for word in words]
    np.save(folder / _ORDER, np.array(order, dtype=np.int64), allow_pickle=False)
    np.save(folder / _STARTS, np.cumsum([0, *lengths], dtype=np.int64), allow_pickle=False)
    (folder / _WORDS).write_bytes(b"".join(word + b"\n" for word in words))
    shape = json.dumps({"units": units, "words": len(words)}, sort_keys=True)
    (folder / _SHAPE).write_text(shape + "\n", encoding="utf-8")


class _SortedWords(Sequence[bytes]):
    """The words in the order of their bytes."""

    def __init__(
        self,
        words: npt.NDArray[np.uint8],
        starts: npt.NDArray[np.int64],
        order: npt.NDArray[np.int64],
    ) -> None:
        self._words = words
        self._starts = starts
        self._order = order

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[index] for index in range(*place.indices(len(self)))]
        row = self._order[place]
        return self._words[self._starts[row] : self._starts[row + 1] - 1].tobytes()


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _corrupt(folder: Path, cause: str) -> CorruptModelException:
    return CorruptModelException(
        f"The word vectors of component '{folder.name}' {cause}. "
        "Take the model from its source again, or train it anew."
    )
