"""The index of a local cache: which node gave what, and when that was last used."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = "index.db"
_VERSION: Final = 1
# How long a training waits for another one's transaction; none takes long.
_SECONDS: Final = 60
_STATEMENTS: Final = (
    """CREATE TABLE entries (
    key TEXT PRIMARY KEY,        -- digest of all that decides what the node gives
    node TEXT NOT NULL,
    parts TEXT NOT NULL,         -- JSON: all that decides it
    fingerprint TEXT NOT NULL,   -- JSON: the fingerprint of each part of the output
    result TEXT,                 -- digest and name of the folder with the output, NULL for none
    result_type TEXT,
    size INTEGER NOT NULL,       -- bytes of the folder, and of this row
    last_used INTEGER NOT NULL   -- nanoseconds since 1970, UTC
    )""",
    "CREATE INDEX entries_of_node ON entries (node, last_used)",
    f"PRAGMA user_version = {_VERSION}",
)


class NewerVersionError(sqlite3.DatabaseError):
    """A newer version wrote the index: it is left alone."""


@dataclass(frozen=True)
class Entry:
    """One output that is kept.

    Attributes:
        key: digest of the node's key.
        node: the node.
        parts: of the node's key.
        fingerprint: of each part of the output.
        result: digest of the output's folder, which is its name; None where there is none.
        result_type: class of the output, to be compared with what the node returns.
        size: bytes, of the folder and of the entry itself.
        last_used: nanoseconds since 1970, UTC.
    """

    key: str
    node: str
    parts: dict[str, dict[str, Any]]
    fingerprint: dict[str, str]
    result: str | None = None
    result_type: str | None = None
    size: int = 0
    last_used: int = 0


class CacheIndex:
    """The entries of a cache, in one SQLite file; each method is for use in one transaction.

    Args:
        connection: to the file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key."""
        return next(self._entries("WHERE key = ?", key), None)

    def of_node(self, node: str, limit: int) -> list[Entry]:
        """Return the entries of a node, the last used one first."""
        return list(self._entries("WHERE node = ? ORDER BY last_used DESC LIMIT ?", node, limit))

    def least_used_first(self) -> list[Entry]:
        """Return all entries, the one that was not used for the longest time first."""
        return list(self._entries("ORDER BY last_used, key"))

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace the one of the same key; it has just been used."""
        parts = json.dumps(entry.parts, sort_keys=True, ensure_ascii=False)
        own_size = len(parts.encode("utf-8", "surrogatepass"))
        self._connection.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.key,
                entry.node,
                parts,
                json.dumps(entry.fingerprint, sort_keys=True),
                entry.result,
                entry.result_type,
                entry.size + own_size,
                time.time_ns(),
            ),
        )

    def remove(self, keys: Iterable[str]) -> None:
        """Remove entries."""
        self._connection.executemany("DELETE FROM entries WHERE key = ?", [(k,) for k in keys])

    def mark_as_used(self, keys: Iterable[str]) -> None:
        """Note that entries have just been used."""
        self._connection.executemany(
            "UPDATE entries SET last_used = ? WHERE key = ?", [(time.time_ns(), k) for k in keys]
        )

    def results(self) -> set[str]:
        """Return the digests of all folders that entries name."""
        rows = self._connection.execute("SELECT result FROM entries WHERE result IS NOT NULL")
        return {row[0] for row in rows}

    def total_size(self) -> int:
        """Return the bytes of all entries; a folder that several share counts for each."""
        row = self._connection.execute("SELECT COALESCE(SUM(size), 0) FROM entries").fetchone()
        return int(row[0])

    def _entries(self, rest: str, *values: Any) -> Iterator[Entry]:
        for row in self._connection.execute(f"SELECT * FROM entries {rest}", values):
            key, node, parts, fingerprint, *others = row
            yield Entry(key, node, json.loads(parts), json.loads(fingerprint), *others)


@contextmanager
def open_index(folder: Path, *, write: bool) -> Iterator[CacheIndex | None]:
    """Open the index of a cache for one transaction.

    One that writes has the cache for itself, among all processes, until it ends.

    Args:
        folder: the cache's; it must exist to be written to.
        write: change something; else an index that is not there is None, and is not made.

    Raises:
        NewerVersionError: a newer version of onnlu wrote it.
        sqlite3.Error: it cannot be opened.
    """
    file = folder / FILE
    if not write and not file.is_file():
        yield None
        return
    # A reader too must be able to undo what a killed process has half written.
    uri = f"{file.resolve().as_uri()}?mode={'rwc' if write else 'rw'}"
    opened = sqlite3.connect(uri, timeout=_SECONDS, isolation_level=None, uri=True)
    with closing(opened) as connection:
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            _check_version(connection)
            if write:
                _prepare(connection)
            yield CacheIndex(connection) if _version(connection) == _VERSION else None
        except BaseException:
            if connection.in_transaction:  # on a full disk SQLite has undone it itself
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _check_version(connection: sqlite3.Connection) -> None:
    if _version(connection) > _VERSION:
        raise NewerVersionError("a newer version of onnlu wrote it")


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table; what an older version kept is dropped."""
    if _version(connection) < _VERSION:
        connection.execute("DROP TABLE IF EXISTS entries")
        for statement in _STATEMENTS:
            connection.execute(statement)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
