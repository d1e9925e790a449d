"""Columns of a large file laid aside on disk while it is worked on, seen through a map.

In: the arrays of one part of a file → the same arrays, their bytes in a file that has no name and
is gone with the last array. Not in: what the arrays hold.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

HELD_BYTES = 16 << 20
"""Bytes of columns that are held in memory: the small files have no more."""

_STEP = mmap.ALLOCATIONGRANULARITY


class Aside:
    """Where the parts of a file go that are more than memory should hold."""

    def __init__(self) -> None:
        self._free = HELD_BYTES
        self._file: IO[bytes] | None = None
        self._end = 0
        self._maps: list[mmap.mmap] = []

    def lay(self, part: Sequence[np.ndarray | pa.DictionaryArray]) -> list[pa.Array]:
        """Return the columns of a part, laid aside unless there is room for them."""
        import pyarrow as pa

        arrays = [pa.array(c) if isinstance(c, np.ndarray) else c for c in part]
        size = sum(array.nbytes for array in arrays)
        if size <= self._free:
            self._free -= size
            return arrays
        self._free = 0
        taken: list[tuple[int, int]] = []
        start = self._end
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as its maps
        for buffer in _buffers(arrays):
            taken.append((self._end - start, buffer.size))
            self._file.write(buffer)
            self._end += buffer.size
            self._end += self._file.write(bytes(-self._end % 64))
        self._end += self._file.write(bytes(-self._end % _STEP))
        self._file.flush()
        if self._end == start:
            return arrays
        map_ = mmap.mmap(
            self._file.fileno(), self._end - start, access=mmap.ACCESS_READ, offset=start
        )
        self._maps.append(map_)
        whole = pa.py_buffer(map_)
        return _rebuilt(arrays, [whole.slice(at, length) for at, length in taken])

    def let_go(self) -> None:
        """Tell the system that what was looked at need not stay in memory."""
        advice = getattr(mmap, "MADV_DONTNEED", None)
        for map_ in self._maps:
            if advice is not None:
                map_.madvise(advice)


def _buffers(arrays: Sequence[pa.Array]) -> list[pa.Buffer]:
    """Return the buffers of arrays of numbers and of encoded texts, none of which has nulls."""
    found: list[pa.Buffer] = []
    for array in arrays:
        plain = [array] if not _is_encoded(array) else [array.indices, array.dictionary]
        for each in plain:
            if each.offset or each.null_count:
                raise ValueError("a slice, or nulls, cannot be laid aside")
            found += each.buffers()[1:]
    return found


def _rebuilt(arrays: Sequence[pa.Array], buffers: Sequence[pa.Buffer]) -> list[pa.Array]:
    import pyarrow as pa

    waiting = iter(buffers)

    def again(array: pa.Array) -> pa.Array:
        body = [next(waiting) for _ in array.buffers()[1:]]
        return pa.Array.from_buffers(array.type, len(array), [None, *body], null_count=0)

    return [
        again(array)
        if not _is_encoded(array)
        else pa.DictionaryArray.from_arrays(
            again(array.indices), again(array.dictionary), safe=False
        )
        for array in arrays
    ]


def _is_encoded(array: pa.Array) -> bool:
    import pyarrow as pa

    return isinstance(array, pa.DictionaryArray)
