"""Edit the files of a codebook as text, so that comments, order and quoting stay as they were.

In: places in YAML and CSV found by a parser, and changes of the text at those places. Not in: what
to change (`draft`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml


def quoted(text: str) -> str:
    """Return a text as a double-quoted YAML scalar."""
    return json.dumps(text, ensure_ascii=False)


def plain(name: str) -> str:
    """Return an identifier as YAML, quoted where it would read as something else (`no`, `on`)."""
    return quoted(name) if yaml.safe_load(name) != name else name


class YamlText:
    """A YAML file and the changes to make in it; `result` applies them all."""

    def __init__(self, text: str) -> None:
        self.text = text if text.endswith("\n") else text + "\n"
        self.root: Any = yaml.compose(self.text, Loader=yaml.SafeLoader)
        self._edits: list[tuple[int, int, int, str]] = []
        self._opened: set[int] = set()

    def value(self, node: Any, key: str) -> Any:
        """Return the value of a key of a mapping, None when it is absent."""
        for key_node, value_node in node.value:
            if str(key_node.value) == key:
                return value_node
        return None

    def entries(self, key: str) -> list[Any]:
        """Return the entries of a list of the file."""
        node = self.value(self.root, key)
        return [] if node is None else list(node.value)

    def entry(self, key: str, name_key: str, name: str) -> Any:
        """Return the entry of a list that carries a name.

        Raises:
            KeyError: there is none.
        """
        for entry in self.entries(key):
            found = self.value(entry, name_key)
            if found is not None and str(found.value) == name:
                return entry
        raise KeyError(name)

    def replace(self, node: Any, text: str) -> None:
        """Write something else in the place of a flow value or a scalar."""
        self._edit(node.start_mark.index, node.end_mark.index, text)

    def append(self, key: str, lines: Sequence[str]) -> None:
        """Add an entry, given as lines without indent, at the end of a list of the file."""
        self.append_to(self.value(self.root, key), lines, indent=2)

    def append_to(self, node: Any, lines: Sequence[str], *, indent: int) -> None:
        """Add an entry at the end of a list; an empty `[]` becomes a list of lines."""
        if node.flow_style and not node.value:
            # The brackets go once; what is added later stands behind what was added first.
            end = node.end_mark.index
            start = end
            if id(node) not in self._opened:
                start = len(self.text[: node.start_mark.index].rstrip(" "))
            self._opened.add(id(node))
            self._edit(start, end, _block(lines, indent).rstrip())
        elif node.flow_style:
            inner = " ".join(line.strip() for line in lines).removeprefix("- ")
            self._edit(node.end_mark.index - 1, node.end_mark.index - 1, f", {inner}")
        else:
            place = self._line_after(node.value[-1])
            self._edit(place, place, _block(lines, node.start_mark.column)[1:] + "\n")

    def insert_before(self, node: Any, closing: int, lines: Sequence[str], *, indent: int) -> None:
        """Add an entry to a list, before so many entries that close it."""
        if not closing:
            self.append_to(node, lines, indent=indent)
            return
        place = node.value[-closing].start_mark.index
        if node.flow_style:
            inner = " ".join(line.strip() for line in lines).removeprefix("- ")
            self._edit(place, place, f"{inner}, ")
        else:
            place = self.text.rindex("\n", 0, place) + 1
            self._edit(place, place, _block(lines, node.start_mark.column)[1:] + "\n")

    def insert_after(self, entry: Any, lines: Sequence[str], *, indent: int = 2) -> None:
        """Add an entry below another one of a list, after an empty line."""
        place = self._line_after(entry)
        self._edit(place, place, _block(["", *lines], indent)[1:] + "\n")

    def add_key(self, node: Any, key: str, value: str) -> None:
        """Add a key at the end of a mapping, in its style."""
        if node.flow_style:
            end = node.end_mark.index - 1
            self._edit(end, end, f"{', ' if node.value else ''}{key}: {value}")
        else:
            place = self._line_after(node)
            self._edit(place, place, f"{' ' * node.start_mark.column}{key}: {value}\n")

    @property
    def result(self) -> str:
        """The text with every change."""
        text = self.text
        for start, end, _, new in sorted(self._edits, key=lambda edit: edit[:3], reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _edit(self, start: int, end: int, text: str) -> None:
        self._edits.append((start, end, len(self._edits), text))

    def _line_after(self, node: Any) -> int:
        place = _end(node)
        while self.text[place - 1] in " \n":
            place -= 1
        return self.text.index("\n", place) + 1


def _end(node: Any) -> int:
    """Return where the last character of a node stands; block nodes claim the comments below."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _block(lines: Sequence[str], indent: int) -> str:
    return "".join("\n" + (" " * indent + line if line else "") for line in lines)


class CsvText:
    """A CSV file and the cells and rows to add to it."""

    def __init__(self, text: str) -> None:
        bom = "\ufeff" if text.startswith("\ufeff") else ""
        self._bom, body = bom, text.removeprefix(bom) if bom else text
        self._lines = body.splitlines(keepends=True)
        reader = csv.reader(io.StringIO(body, newline=""))
        self.records: list[tuple[int, list[str]]] = []
        for record in reader:
            self.records.append((reader.line_num, record))
        self._cells: dict[int, str] = {}
        self._replaced: dict[int, list[str]] = {}
        self._gone: set[int] = set()
        self._rows: list[tuple[int, str]] = []

    def add_column(self, header: str, cells: Mapping[tuple[str, str], str], default: str) -> None:
        """Add a cell to every row; rows are known by their first two cells."""
        for place, (line, record) in enumerate(self.records):
            if not any(cell.strip() for cell in record):
                continue
            key = (record[0].strip(), record[1].strip())
            self._cells[line] = header if place == 0 else cells.get(key, default)

    def replace(self, key: tuple[str, str], header: str, cell: str) -> None:
        """Write another cell under a header into the row known by its first two cells."""
        place = self.records[0][1].index(header)
        start = 1
        for line, record in self.records:
            if record and (record[0].strip(), record[1].strip()) == key:
                self._replaced.setdefault(line, list(record))[place] = cell
                self._gone |= set(range(start, line))
            start = line + 1

    def insert_after(self, keys: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add rows below the last row whose first cell is one of the keys, else at the end."""
        line = self.records[-1][0]
        for end, record in self.records[1:]:
            if record and record[0].strip() in keys:
                line = end
        self._rows += [(line, _row(row)) for row in rows]

    @property
    def result(self) -> str:
        """The text with every cell and row."""
        out = []
        for number, line in enumerate(self._lines, start=1):
            if number in self._gone:
                continue
            body = line.rstrip("\r\n")
            ending = line[len(body) :] or "\n"
            body = _row(self._replaced[number]) if number in self._replaced else body
            out.append(f"{body},{_row([self._cells[number]])}" if number in self._cells else body)
            out.append(ending)
            out += [f"{row}{ending}" for place, row in self._rows if place == number]
        return self._bom + "".join(out)


def _row(cells: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow(cells)
    return stream.getvalue()
