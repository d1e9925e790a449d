"""The bytes of a file that stay on disk, and what must hold of them to be read as they are.

In: bytes that are read when they are asked for, and a stream that is watched while it is read: it
takes the checksum, and proves that nothing in it has to be set right. Not in: how a CSV is written
(`sniff`), what its records are (`grid`).
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import BinaryIO

import numpy as np


class Stored:
    """A file on disk, whose bytes are read when they are asked for.

    Its checksum is that of the bytes that were last read in full.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        self._sha256 = ""

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stored) and (self.path, self.size) == (other.path, other.size)

    def __hash__(self) -> int:
        return hash((self.path, self.size))

    @property
    def sha256(self) -> str:
        """Checksum of the file as it was read; it is read for it if it was not yet."""
        if not self._sha256:
            with self.path.open("rb") as stream:
                self._sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._sha256

    def first(self, count: int) -> bytes:
        """Return the first bytes."""
        with self.path.open("rb") as stream:
            return stream.read(count)

    def whole(self) -> bytes:
        """Return all bytes."""
        data = self.path.read_bytes()
        self._sha256 = hashlib.sha256(data).hexdigest()
        return data

    def watched(self, *, start: int) -> Watched:
        """Return the bytes behind the first ones as a stream that is watched."""
        return Watched(self.path.open("rb", buffering=0), start=start, of=self)

    def seen(self, sha256: str) -> None:
        """Note the checksum of the bytes that were read."""
        self._sha256 = sha256


class NotPlain(ValueError):
    """Something in the bytes has to be set right, or refused, before they are parsed."""


class Watched(io.RawIOBase):
    """UTF-8 text with even quotation marks and without doubled line ends, proved while it is read.

    A parser reads it to its end; then `prove` tells whether all of that held.
    """

    def __init__(self, stream: BinaryIO, *, start: int, of: Stored | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._of = of
        self._checksum = None if of is None else hashlib.sha256()
        self._tail = b""
        """The last bytes, looked at with what follows: a character may be cut in two."""
        self._held = b""
        self._quotes = 0
        self._plain = True
        self._ended = False
        passed = self._stream.read(start)
        if self._checksum is not None:
            self._checksum.update(passed)

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        r"""Return the next bytes, about `size`, and never the first half of `\r\n` alone.

        A parser that takes a line feed at the start of a block for the rest of a line end would
        lose it out of a cell.
        """
        data = self._held + self._stream.read(size if size < 0 else max(1, size - len(self._held)))
        while data and not data.rstrip(b"\r") and (more := self._stream.read(1)):
            data += more
        end = len(data.rstrip(b"\r")) or len(data)
        data, self._held = data[:end], data[end:]
        if self._checksum is not None:
            self._checksum.update(data)
        if not data:
            self._ended = True
        if self._plain:
            self._plain = self._look(data)
        return data

    def _look(self, data: bytes) -> bool:
        self._quotes += int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == _QUOTE))
        if b"\r" in data and b"\r\r\n" in data:
            return False
        if len(data) < 8:
            self._tail += data
            return bool(data) or is_utf8(self._tail)
        start, end = 0, len(data)
        while start < 4 and 0x80 <= data[start] < 0xC0:
            start += 1
        while len(data) - end < 3 and 0x80 <= data[end - 1] < 0xC0:
            end -= 1
        end -= data[end - 1] >= 0xC0
        cut, self._tail = self._tail + data[:start], data[end:]
        return is_utf8(cut) and is_utf8(memoryview(data)[start:end])

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
        super().close()

    def prove_so_far(self) -> None:
        """Raise `NotPlain` if what was read is not what it has to be."""
        if not self._plain:
            raise NotPlain

    def prove(self) -> None:
        """Note the checksum of what was read.

        Raises:
            NotPlain: it is not what it has to be, or was not read to its end.
        """
        self.prove_so_far()
        if not self._ended or self._quotes % 2:
            raise NotPlain
        if self._of is not None and self._checksum is not None:
            self._of.seen(self._checksum.hexdigest())


_QUOTE = 34


def is_utf8(data: bytes | memoryview) -> bool:
    """Tell whether bytes are UTF-8, without making text of them: files are large."""
    import pyarrow as pa

    ends = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(data)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True
