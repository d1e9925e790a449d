"""The files of a codebook with one more edition, as text.

In: what was found (`drafting`), put in its places. Not in: how a text is edited (`edits`), and the
entries themselves (`entries`, `intervals`, `grades`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from observatoire_pipeline.codebook.drafting import Work, options_of
from observatoire_pipeline.codebook.edits import CsvText, YamlText, plain, quoted
from observatoire_pipeline.codebook.entries import (
    DERIVED,
    NewEntries,
    NewScale,
    is_other,
    label_and_raw,
    marked,
    missing_kind,
)
from observatoire_pipeline.codebook.grades import grade_entries
from observatoire_pipeline.codebook.intervals import bracket_lines
from observatoire_pipeline.codebook.models import NOT_ASKED_MARK, Brackets, Code, Item
from observatoire_pipeline.codebook.wordings import match_form

FIELDWORK = "the first and the last day of answers in the file; trials before the launch count too"


def write_files(
    work: Work,
    entries: NewEntries,
    places: Sequence[tuple[str | None, str, list[str]]],
    *,
    platform: str | None,
    fieldwork: tuple[date, date] | None,
) -> dict[str, str]:
    """Return every file that the edition changes: name in the codebook folder → whole text.

    Args:
        work: What was found.
        entries: The entries of new questions.
        places: Where they go: (variable above, or None; name; lines of `variables.yaml`).
        platform: Platform of the export.
        fieldwork: First and last day of its answers.
    """
    root = work.codebook.root
    texts = {
        name: YamlText((root / name).read_text(encoding="utf-8"))
        for name in (
            "editions.yaml",
            "variables.yaml",
            "scales.yaml",
            "brackets.yaml",
            "comparability.yaml",
        )
    }
    edition = _edition_lines(work, platform=platform, fieldwork=fieldwork)
    texts["editions.yaml"].append("editions", edition)
    for block in work.new_blocks:
        texts["editions.yaml"].append("units", [block.unit])
        texts["variables.yaml"].append("blocks", block.lines)
    _write_variables(work, texts["variables.yaml"], places)
    _write_scales(work, entries, texts["scales.yaml"], texts["brackets.yaml"])
    grades = list(grade_entries(work))
    for lines in grades:
        texts["comparability.yaml"].append("comparability", lines)
    files = {name: text.result for name, text in texts.items()}
    files |= _write_columns(work, entries, places)
    files["recodes.csv"] = _write_recodes(work)
    return files


def fieldwork_line(fieldwork: tuple[date, date] | None) -> str:
    """Return the key `fieldwork` of an edition, its days proposed where the file shows them."""
    days = ("null", "null")
    if fieldwork is not None:
        days = (quoted(marked(str(fieldwork[0]))), quoted(marked(str(fieldwork[1]))))
    return f"fieldwork: {{start: {days[0]}, end: {days[1]}}}"


def _edition_lines(
    work: Work, *, platform: str | None, fieldwork: tuple[date, date] | None
) -> list[str]:
    base = work.codebook.editions[work.base]
    title = base.title.replace(work.base, work.edition)
    if title == base.title:
        title = f"{title} ({work.edition})"
    lines = [
        f'- edition: "{work.edition}"',
        f"  title: {quoted(title)}",
        f"  {fieldwork_line(fieldwork)}",
    ]
    if platform:
        lines.append(f"  platform: {quoted(platform)}")
    if base.day_first:
        lines.append("  day_first: true")
    return [*lines, f"  evidence: {DERIVED}"]


def _write_variables(
    work: Work, text: YamlText, places: Sequence[tuple[str | None, str, list[str]]]
) -> None:
    key = work.edition
    for name in work.changes:
        variable = work.codebook.variables[name]
        node = text.entry("variables", "variable", name)
        before = work.asked_in[name]
        asked = [e for e in work.codebook.edition_keys if work.codebook.asked(name, e)]
        if isinstance(variable.evidence, str) and variable.evidence != DERIVED:
            pairs = [f'"{e}": {variable.evidence}' for e in asked]
            text.replace(text.value(node, "evidence"), "{" + ", ".join(pairs) + "}")
        scale = text.value(node, "scale")
        if scale is not None and name in work.new_scales:
            new = quoted(marked(work.new_scales[name]))
            if isinstance(variable.scale, str):
                pairs = [f'"{e}": {variable.scale}' for e in asked] + [f'"{key}": {new}']
                text.replace(scale, "{" + ", ".join(pairs) + "}")
            else:
                text.add_key(scale, f'"{key}"', new)
        elif scale is not None and not isinstance(variable.scale, str):
            used = work.codebook.scale_of(name, before)
            text.add_key(scale, f'"{key}"', used.scale if used else "null")
        block = text.value(node, "block")
        if block is not None and not isinstance(variable.block, str):
            text.add_key(block, f'"{key}"', variable.block[before])
        items = text.value(node, "items")
        for item, label in work.new_items.get(name, ()):
            typed = f", text: {quoted(marked('true'))}" if (name, item) in work.typed_items else ""
            line = f"- {{item: {plain(item)}, label: {quoted(marked(label))}{typed}}}"
            text.insert_before(items, _closing(variable.items), [line], indent=6)
        if name in work.new_boxes:
            text.add_key(node, "comment", quoted(marked(work.new_boxes[name][0])))
        if name in work.new_others:
            text.add_key(node, "other", quoted(marked(_other_code(work, name))))
    _write_instances(work, text)
    for above, _, lines in places:
        entry = (
            text.entry("variables", "variable", above) if above else text.entries("variables")[-1]
        )
        text.insert_after(entry, lines)


def _other_code(work: Work, name: str) -> str:
    """Return the code of the answer under which people type, known before or new."""
    scale = work.codebook.scale_of(name, work.asked_in[name])
    form = match_form(work.new_others[name])
    known = [] if scale is None else [(c.code, c.label) for c in scale.codes]
    listed = [] if scale is None else work.new_codes.get(scale.scale, [])
    return next(code for code, label in (*known, *listed) if match_form(label) == form)


def _write_instances(work: Work, text: YamlText) -> None:
    """Tell how often each repeated block is asked now."""
    seen: dict[str, int] = {}
    for name, changes in work.changes.items():
        asking = work.codebook.block_of(name, work.asked_in[name]).block
        most = max(change.pair.a.instance for change in changes)
        seen[asking] = max(seen.get(asking, 0), most)
    for name, count in seen.items():
        block = work.codebook.blocks[name]
        node = text.value(text.entry("blocks", "block", name), "instances")
        if node is None or block.instances == count:
            continue
        if isinstance(block.instances, int):
            pairs = [f'"{e}": {block.instances}' for e in work.codebook.edition_keys]
            text.replace(node, "{" + ", ".join([*pairs, f'"{work.edition}": {count}']) + "}")
        else:
            text.add_key(node, f'"{work.edition}"', str(count))


def _write_scales(work: Work, entries: NewEntries, scales: YamlText, brackets: YamlText) -> None:
    used = {
        scale.scale
        for name in work.changes
        if name not in work.new_scales
        and (scale := work.codebook.scale_of(name, work.asked_in[name])) is not None
    }
    for name, scale in work.codebook.scales.items():
        listed = isinstance(scale, Brackets)
        file, key, own = (
            (brackets, "brackets", "brackets") if listed else (scales, "scales", "scale")
        )
        if name not in used:
            continue
        node = file.entry(key, own, name)
        codes = file.value(node, "codes")
        for code, entry in zip(codes.value, scale.codes, strict=True):
            if entry.editions is None:
                continue
            if work.base in entry.editions or entry.code in work.old_codes.get(name, ()):
                file.append_to(file.value(code, "editions"), [f'- "{work.edition}"'], indent=0)
        for code, label in work.new_codes.get(name, ()):
            kind = missing_kind(label)
            missing = file.value(node, "missing")
            if kind and missing is not None and kind not in [m.kind for m in scale.missing]:
                line = f"- {{kind: {quoted(marked(kind))}, {label_and_raw(label)}}}"
                file.append_to(missing, [line], indent=6)
                continue
            words = f"code: {plain(code)}, {label_and_raw(label, sure=False)}"
            line = f'- {{{words}, editions: ["{work.edition}"]}}'
            file.insert_before(codes, _closing(scale.codes), [line], indent=6)
    drafted: set[str] = set()
    for name, new in work.new_scales.items():
        old = work.codebook.scale_of(name, work.asked_in[name])
        if new in drafted or old is None:
            continue
        drafted.add(new)
        options = options_of(work, name)
        taken = {code.code for code in old.codes}
        if isinstance(old, Brackets):
            known = work.codebook.answer_labels(old.scale, work.asked_in[name])
            brackets.append("brackets", bracket_lines(new, old, options, known))
        else:
            fresh = NewScale(new, tuple(options), taken=frozenset(taken))
            scales.append("scales", fresh.lines())
    for made in entries.scales:
        scales.append("scales", made.lines())


def _closing(listed: Sequence[Item | Code]) -> int:
    """Return how many entries close a list: "other", what excludes the rest, and a missing kind."""
    count = 0
    for entry in reversed(listed):
        typed = isinstance(entry, Item) and (entry.text or entry.exclusive)
        if not (typed or is_other(entry.label) or missing_kind(entry.label)):
            break
        count += 1
    return count


def _write_columns(
    work: Work,
    entries: NewEntries,
    places: Sequence[tuple[str | None, str, list[str]]],
) -> dict[str, str]:
    root = work.codebook.root
    files = {
        f"columns/{path.name}": CsvText(path.read_text(encoding="utf-8"))
        for path in sorted((root / "columns").glob("*.csv"))
    }
    home = {
        record[0].strip(): name
        for name, file in files.items()
        for _, record in file.records[1:]
        if record
    }
    before = [NOT_ASKED_MARK] * len(work.codebook.edition_keys)
    for name, new in work.new_items.items():
        rows = [[name, item, *before, work.cells[name, item]] for item, _ in new]
        files[home[name]].insert_after([name], rows)
    for name, (item, _) in work.new_boxes.items():
        files[home[name]].insert_after([name], [[name, item, *before, work.cells[name, item]]])
    for name, label in work.new_others.items():
        row = [name, _other_code(work, name), *before, marked(label)]
        work.cells[name, row[1]] = row[-1]
        files[home[name]].insert_after([name], [row])
    first = next(iter(home))
    for above, name, _ in places:
        rows = [[name, item, *before, text] for item, text in entries.words[name]]
        target = above or first
        files[home[target]].insert_after([target], rows)
    for key, words in work.completed.items():
        for edition, text in words.items():
            files[home[key[0]]].replace(key, edition, marked(text))
    for file in files.values():
        file.add_column(work.edition, work.cells, NOT_ASKED_MARK)
    return {name: file.result for name, file in files.items()}


def _write_recodes(work: Work) -> str:
    text = (work.codebook.root / "recodes.csv").read_text(encoding="utf-8")
    file = CsvText(text)
    rows = [
        [scale, work.edition, label, code, DERIVED, work.source]
        for (scale, label), code in work.recodes.items()
    ]
    file.insert_after([], rows)
    return file.result
