"""Draft the next edition of a codebook from the questions of its export.

In: what the comparison with an earlier edition proves is written down; what it only suggests is
written with `review:` before it, so that the codebook is refused until a person has decided.
Not in: the comparison (`diff`), the places in the files (`edits`), reading exports, and a codebook
from nothing (`first_draft`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.consistency import pairs_of
from observatoire_pipeline.codebook.diff import Change, Diff, compare, difference, nearest_wording
from observatoire_pipeline.codebook.edits import CsvText, YamlText, plain, quoted
from observatoire_pipeline.codebook.entries import (
    MARK,
    OTHER,
    NewBlock,
    NewEntries,
    NewScale,
    is_other,
    label_and_raw,
    marked,
    missing_kind,
    new_blocks,
)
from observatoire_pipeline.codebook.intervals import (
    bracket_lines,
    common_partition,
    new_intervals,
)
from observatoire_pipeline.codebook.labels import LabelIndex, is_cut, normalise_label
from observatoire_pipeline.codebook.models import (
    CUT_MARK,
    NOT_ASKED_MARK,
    Brackets,
    Code,
    Comparability,
    Item,
    Scale,
    Variable,
)
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.questionnaire import (
    Question,
    Questionnaire,
    questionnaire_of,
)
from observatoire_pipeline.codebook.repeats import find_series
from observatoire_pipeline.codebook.review import Draft, Review
from observatoire_pipeline.codebook.wordings import match_form, same_words

_OPENING = re.compile(r"^(?P<before>.*)\{instance\}(?P<after>.*)$", re.DOTALL)

_REASONS = {
    "fr": {
        "identical": "Même question, mêmes réponses",
        "list": "Même question et même choix\u202f; d’autres choix de la liste ont changé",
        "spelling": "Même question : seules la ponctuation ou l’écriture inclusive changent",
        "reworded": "À relire : le libellé de la question ou d’un choix a changé",
        "options": "À relire : les réponses proposées ont changé",
        "regrouped": "À relire : des tranches ont été réunies ou divisées",
        "scale": "À relire : l’échelle de réponse a changé",
        "earlier": "À relire : le libellé ou les réponses changent entre ces deux éditions",
    },
    "en": {
        "identical": "Same question, same answers",
        "list": "Same question and same choice; other choices of the list changed",
        "spelling": "Same question: only punctuation or inclusive writing changed",
        "reworded": "To be read again: the words of the question or of a choice changed",
        "options": "To be read again: the answers offered changed",
        "regrouped": "To be read again: intervals were joined or divided",
        "scale": "To be read again: the scale changed",
        "earlier": "To be read again: words or answers changed between these two editions",
    },
}


class DraftError(ValueError):
    """The edition cannot be drafted: it exists, or the edition to start from does not."""


FIELDWORK = "the first and the last day of answers in the file; trials before the launch count too"


@dataclass
class _Work:
    """What has been found so far."""

    codebook: Codebook
    edition: str
    base: str
    source: str
    completed: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Row of columns whose words were cut → earlier edition → the whole words."""
    cells: dict[tuple[str, str], str] = field(default_factory=dict)
    asked_in: dict[str, str] = field(default_factory=dict)
    """Variable → the earlier edition with which it was compared."""
    changes: dict[str, list[Change]] = field(default_factory=dict)
    new_items: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    new_boxes: dict[str, tuple[str, str]] = field(default_factory=dict)
    new_codes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    old_codes: dict[str, set[str]] = field(default_factory=dict)
    """Scale → codes that the base edition did not offer and this one does."""
    new_scales: dict[str, str] = field(default_factory=dict)
    typed_items: set[tuple[str, str]] = field(default_factory=set)
    """New items in which people type."""
    new_others: dict[str, str] = field(default_factory=dict)
    """Variable → the answer under which people type, where it had none."""
    recodes: dict[tuple[str, str], str] = field(default_factory=dict)
    new_blocks: list[NewBlock] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    notes: list[Review] = field(default_factory=list)


def draft_edition(
    codebook: Codebook,
    questionnaire: Questionnaire,
    *,
    edition: str,
    base: str,
    platform: str | None = None,
    fieldwork: tuple[date, date] | None = None,
) -> Draft:
    """Return the files of a codebook with one more edition.

    Args:
        codebook: The codebook as it is, without error.
        questionnaire: The questions of the new edition's export.
        edition: Key of the new edition.
        base: The earlier edition with which to compare.
        platform: Platform of the export, as its makers spell it, for `editions.yaml`.
        fieldwork: First and last day of the answers in the file, which may hold trials.

    Raises:
        DraftError: the edition exists already, its key is no key, or `base` is no edition.
    """
    _refuse(codebook, edition=edition, base=base)
    work = _Work(codebook, edition, base, questionnaire.name)
    diff = compare(questionnaire_of(codebook, base), questionnaire)
    left, gone = _place(work, diff)
    left = _asked_before(work, left)
    _drop(work, gone, diff)
    for name in work.changes:
        _words(work, name)
    _answers(work)
    entries = NewEntries(
        codebook=codebook, edition=edition, label_review=True, source=questionnaire.name
    )
    places = _new_questions(work, entries, left)
    files = _write(work, entries, places, platform=platform, fieldwork=fieldwork)
    if fieldwork is not None:
        work.reviews.append(Review(edition, FIELDWORK))
    return Draft(files, tuple(work.reviews), tuple(work.notes), _names(work, entries))


def write_draft(draft: Draft, *, codebook: Path, out: Path | None, page: str) -> Path:
    """Write the drafted files into the codebook folder, or into a full copy of it.

    Returns:
        The folder that was written.

    Raises:
        DraftError: `out` exists and holds files.
    """
    import shutil

    if out is not None:
        if out.is_dir() and any(out.iterdir()):
            raise DraftError(f"{out}: found files; expected a folder that is empty or absent")
        if codebook.is_dir():
            shutil.copytree(codebook, out, dirs_exist_ok=True)
    folder = out or codebook
    for name, text in {**draft.files, "review.md": page}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def _refuse(codebook: Codebook, *, edition: str, base: str) -> None:
    known = ", ".join(codebook.edition_keys)
    if edition in codebook.editions:
        raise DraftError(f"edition '{edition}' stands already in {codebook.root}/editions.yaml")
    if not re.fullmatch(r"[a-z0-9_]+", edition):
        raise DraftError(f"'{edition}': expected a key of small letters, digits and _")
    if base not in codebook.editions:
        raise DraftError(f"--from '{base}': expected one of {known}, or none")


# --- which question is which ----------------------------------------------------------------


def _place(work: _Work, diff: Diff) -> tuple[list[Question], list[Question]]:
    """Keep the questions that are known; return those left over on each side.

    A variable has one kind: what came back as another kind is another question.
    """
    left, gone = list(diff.added), list(diff.dropped)
    for change in diff.changes:
        name = change.pair.a.variable
        if change.kind_changed:
            gone.append(change.pair.a)
            left.append(change.pair.b)
            work.reviews.append(
                Review(
                    name,
                    f"{change.pair.a.kind} became {change.pair.b.kind}: drafted as a new question",
                    change.pair.score,
                    difference(change.pair.a.title, change.pair.b.title),
                )
            )
            continue
        work.changes.setdefault(name, []).append(change)
        work.asked_in[name] = work.base
    return sorted(left, key=lambda question: question.position), gone


def _asked_before(work: _Work, left: list[Question]) -> list[Question]:
    """Look for questions that the base edition left out and an earlier one asked."""
    for earlier in reversed(work.codebook.edition_keys):
        if earlier == work.base or not left:
            continue
        asked = questionnaire_of(work.codebook, earlier)
        unknown = tuple(
            question
            for question in asked.questions
            if question.variable not in work.asked_in
            and not work.codebook.asked(question.variable, work.base)
        )
        diff = compare(replace(asked, questions=unknown), Questionnaire("", tuple(left)))
        found = [change for change in diff.changes if not change.kind_changed]
        for change in found:
            name = change.pair.a.variable
            work.changes.setdefault(name, []).append(change)
            work.asked_in[name] = earlier
            what = f"asked again, as in {earlier}; {work.base} did not ask it"
            work.notes.append(Review(name, what))
        placed = {id(change.pair.b) for change in found}
        left = [question for question in left if id(question) not in placed]
    return left


def _drop(work: _Work, gone: Sequence[Question], diff: Diff) -> None:
    for question in gone:
        name = question.variable
        if name in work.changes or (name, "") in work.cells:
            continue
        near = [n for n in diff.near if n.a.variable == name]
        work.cells[name, ""] = marked(NOT_ASKED_MARK) if near else NOT_ASKED_MARK
        if near:
            best = max(near, key=lambda n: n.score)
            work.reviews.append(
                Review(
                    name,
                    f"not asked any more, or asked in other words ({best.why})",
                    round(best.score, 1),
                    difference(best.a.title, best.b.title),
                )
            )
        else:
            work.notes.append(Review(name, f"not asked any more: {question.title}"))


# --- words ----------------------------------------------------------------------------------


def _words(work: _Work, name: str) -> None:
    """Give the title, the items and the boxes of a known question their words."""
    variable = work.codebook.variables[name]
    before = work.asked_in[name]
    change = min(work.changes[name], key=lambda c: c.pair.a.instance)
    a, b = change.pair.a, change.pair.b
    title = _template(work, name, None, b.title, instance=a.instance)
    if change.pair.exact:
        work.cells[name, ""] = title
    else:
        work.cells[name, ""] = marked(title)
        what = "the same question in other words?"
        if change.pair.rivals:
            rivals = "; ".join(rival.title for rival in change.pair.rivals)
            what += f" Almost as near: {rivals}"
        work.reviews.append(Review(name, what, change.pair.score, difference(a.title, b.title)))
    names: dict[str, str] = {}
    for item in _named_parts(variable):
        text = work.codebook.column_text(name, item, before)
        if text is not None:
            names[text.replace("{instance}", str(a.instance))] = item
    for one, two in change.items.same:
        work.cells[name, names[one]] = _template(work, name, names[one], two, instance=a.instance)
    for one, two, score in change.items.near:
        text = _template(work, name, names[one], two, instance=a.instance)
        work.cells[name, names[one]] = marked(text)
        what = f"is `{names[one]}` meant?"
        work.reviews.append(Review(name, what, score, difference(one, two), names[one]))
    only_a, only_b = list(change.items.only_a), list(change.items.only_b)
    typed_in = {item.item for item in variable.items if item.text and not b.items_complete}
    for label in only_a:
        if names[label] in typed_in:  # what is typed among the ticks shows no label of its own
            work.cells[name, names[label]] = label
            continue
        complete = b.items_complete or label in a.texts
        work.cells[name, names[label]] = NOT_ASKED_MARK if complete else marked(NOT_ASKED_MARK)
        what = f"`{names[label]}` is not shown any more: {label}"
        review = Review(name, what, detail=names[label])
        (work.notes if complete else work.reviews).append(review)
    _new_parts(work, variable, b, only_b)
    if b.typed_inside:
        _typed_inside(work, variable)


def _new_parts(work: _Work, variable: Variable, b: Question, labels: Sequence[str]) -> None:
    name = variable.variable
    taken = set(_named_parts(variable))
    unused = [
        box for box in (variable.other, variable.comment) if box and (name, box) not in work.cells
    ]
    for label in labels:
        if label in b.texts and unused:
            box = unused.pop(0)
            work.cells[name, box] = marked(label)
            what = f"is this box `{box}`, which was not shown? {label}"
            work.reviews.append(Review(name, what, detail=box))
            continue
        if variable.items and label not in b.texts:
            item = name_of(label, taken=taken, length=24)
            work.new_items.setdefault(name, []).append((item, label))
            what = f"a new choice or row, `{item}`: {label}"
        elif variable.comment is None and name not in work.new_boxes:
            item = name_of(f"{name}_texte", taken={*taken, *work.codebook.variables}, length=60)
            work.new_boxes[name] = (item, label)
            what = f"a new box to type in, drafted as the comment `{item}`: {label}"
        else:
            what = f"a box to type in for which there is no place: {label}"
            item = ""
        if item:
            taken.add(item)
            work.cells[name, item] = marked(label)
        work.reviews.append(Review(name, what, detail=item))


def _typed_inside(work: _Work, variable: Variable) -> None:
    """Make a place for what people type among the answers, where the variable has none."""
    name = variable.variable
    label = OTHER[work.codebook.survey.language]
    if variable.kind == "multiple" and not any(item.text for item in variable.items):
        item = name_of(label, taken=_named_parts(variable), length=24)
        work.new_items.setdefault(name, []).append((item, label))
        work.cells[name, item] = marked(label)
        work.typed_items.add((name, item))
        what = f"people type among the ticks, drafted as `{item}`"
        work.reviews.append(Review(name, what, detail=item))
    elif variable.kind == "single" and variable.other is None:
        work.new_others[name] = label
        work.reviews.append(Review(name, f"people type among the answers, drafted as {label}"))


def _named_parts(variable: Variable) -> list[str]:
    names = [item.item for item in variable.items]
    return names + [name for name in (variable.other, variable.comment) if name]


def _complete(work: _Work, name: str, item: str | None, text: str) -> None:
    """Propose the words that the export shows whole for the earlier editions that have them cut."""
    cut = {
        edition: earlier
        for edition in work.codebook.edition_keys
        if (earlier := work.codebook.column_text(name, item, edition)) is not None
        and is_cut(earlier)
        and "{instance}" not in earlier
        and same_words(earlier, text)
    }
    work.completed[name, item or ""] = dict.fromkeys(cut, text)
    if cut:
        what = f"the words of {', '.join(cut)} were cut; are these the same, whole?"
        told = difference(next(iter(cut.values())), text)
        work.reviews.append(Review(name, what, None, told, item or ""))


def _template(work: _Work, name: str, item: str | None, text: str, *, instance: int) -> str:
    """Put `{instance}` back where the earlier words have it."""
    earlier = work.codebook.column_text(name, item, work.asked_in[name]) or ""
    if is_cut(earlier):
        if is_cut(text):
            return earlier
        _complete(work, name, item, text)
        earlier = earlier.replace(CUT_MARK, "")
    place = _OPENING.match(earlier)
    if place is None:
        return text
    numbers = list(re.finditer(rf"(?<!\d){instance}(?!\d)", text))
    if not numbers:
        return text
    at = min(numbers, key=lambda number: abs(number.start() - len(place["before"])))
    return f"{text[: at.start()]}{{instance}}{text[at.end() :]}"


# --- answers --------------------------------------------------------------------------------


def _answers(work: _Work) -> None:
    """Find a code for every answer of the export: known, spelled otherwise, or new."""
    for name, changes in work.changes.items():
        scale = work.codebook.scale_of(name, work.asked_in[name])
        if scale is None:
            continue
        options = dict.fromkeys(option for each in changes for option in each.pair.b.options)
        if name in work.new_others:
            options.setdefault(work.new_others[name])
        fresh = all(each.scale_changed for each in changes)
        unknown = [] if fresh else _recoded(work, name, scale, list(options), changes)
        if not fresh and not unknown:
            continue
        if fresh or isinstance(scale, Brackets):
            work.new_others.pop(name, None)  # the new list of answers has room for a person's own
            new = name_of(f"{scale.scale}_{work.edition}", taken=work.codebook.scales, length=60)
            work.new_scales[name] = new
            what = f"answers of another scale, drafted as `{new}`: {', '.join(options)}"
            work.reviews.append(Review(name, what, also=(new,)))
            continue
        listed = work.new_codes.setdefault(scale.scale, [])
        elsewhere = {
            match_form(label): code.code
            for code in scale.codes
            if code.editions is not None and work.asked_in[name] not in code.editions
            for label in (code.label, *code.raw)
        }
        for label in unknown:
            if match_form(label) in elsewhere:
                work.old_codes.setdefault(scale.scale, set()).add(elsewhere[match_form(label)])
                continue
            if any(match_form(label) == match_form(known) for _, known in listed):
                continue
            taken = {code.code for code in scale.codes} | {code for code, _ in listed}
            listed.append((name_of(label, taken=taken, length=24), label))
            what = f"a new answer, drafted as `{listed[-1][0]}` of `{scale.scale}`: {label}"
            kind = missing_kind(label) or listed[-1][0]
            work.reviews.append(Review(name, what, detail=kind, also=(scale.scale,)))


def _recoded(
    work: _Work,
    name: str,
    scale: Scale | Brackets,
    options: Sequence[str],
    changes: Sequence[Change],
) -> list[str]:
    """Write a recode for each answer that is spelled otherwise; return the unknown ones."""
    valid: list[tuple[str, str]] = []
    for code in scale.codes:
        if code.editions is None or work.asked_in[name] in code.editions:
            valid += [(label, code.code) for label in (code.label, *code.raw)]
    for missing in scale.missing:
        valid += [(label, missing.kind) for label in (missing.label, *missing.raw)]
    codes = dict(valid)
    valid += [
        (r.label, r.code)
        for r in work.codebook.recodes
        if r.scale == scale.scale and r.edition == "*"
    ]
    known = LabelIndex(valid)
    before = work.codebook.answer_labels(scale.scale, work.asked_in[name])
    forms = {match_form(label): code for label, code in valid}
    near = {
        two: (codes[one], score)
        for change in changes
        for one, two, score in change.options.near
        if one in codes
    }
    unknown: list[str] = []
    for label in options:
        if known.find(label) is not None:
            continue
        meant = before.find(label) or forms.get(match_form(label))
        key = (scale.scale, label)
        if meant is not None:
            work.recodes.setdefault(key, meant)
        elif label in near:
            proposed, score = near[label]
            if key not in work.recodes:
                what = f"does this answer of `{scale.scale}` mean `{proposed}`?"
                ways = [way for way, code in valid if code == proposed]
                told = difference(nearest_wording(ways, label), label)
                also = (scale.scale,)
                work.reviews.append(Review(name, what, score, told, label, also))
            work.recodes.setdefault(key, marked(proposed))
        else:
            unknown.append(label)
    return unknown


# --- new questions --------------------------------------------------------------------------


def _new_questions(
    work: _Work, entries: NewEntries, left: Sequence[Question]
) -> list[tuple[str | None, str, list[str]]]:
    """Make an entry for each new question: (variable above it, its name, its lines)."""
    known = sorted(
        (change.pair.b.position, name)
        for name, changes in work.changes.items()
        for change in changes
    )
    series = find_series(left)
    work.new_blocks = new_blocks(
        series,
        language=work.codebook.survey.language,
        blocks=list(work.codebook.blocks),
        units=list(work.codebook.units),
    )
    home = {id(one): block.name for block in work.new_blocks for one in block.series}
    work.reviews += [Review(b.name, b.told, also=(b.described,)) for b in work.new_blocks]
    found: list[tuple[str | None, str, list[str]]] = []
    for one in series:
        question = one.question
        above = [name for position, name in known if position < question.position]
        last = above[-1] if above else None
        block = home.get(id(one)) or _block_for(work.codebook, above)
        before = len(entries.scales)
        name, lines = entries.add(question, block=block)
        found.append((last, name, lines))
        what = f"a new question, {question.kind}: {question.title}"
        work.reviews.append(Review(name, what, also=tuple(s.name for s in entries.scales[before:])))
    return found


def _names(work: _Work, entries: NewEntries) -> tuple[tuple[str, ...], ...]:
    """Return the names that were made, each with the entries in which it means that."""
    names: list[tuple[str, ...]] = [(name,) for name in entries.words]
    names += [(scale.name,) for scale in entries.scales]
    names += [(new,) for new in dict.fromkeys(work.new_scales.values())]
    for name, items in work.new_items.items():
        names += [(item, name) for item, _ in items]
    names += [(item, name) for name, (item, _) in work.new_boxes.items()]
    for scale, codes in work.new_codes.items():
        using = [name for name in work.changes if _scale_before(work, name) == scale]
        names += [(code, scale, *using) for code, label in codes if missing_kind(label) is None]
    for name, new in work.new_scales.items():
        names += [(code, new, name) for code in _partition(work, name)[1]]
    return tuple(dict.fromkeys(names))


def _scale_before(work: _Work, name: str) -> str | None:
    scale = work.codebook.scale_of(name, work.asked_in[name])
    return None if scale is None else scale.scale


def _options(work: _Work, name: str) -> list[str]:
    """Return the answers that the export shows of a question, over all its instances."""
    shown = (option for change in work.changes[name] for option in change.pair.b.options)
    return list(dict.fromkeys(shown))


def _partition(work: _Work, name: str) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the mapping to common intervals (empty for none), and the codes that are new."""
    old = work.codebook.scale_of(name, work.asked_in[name])
    if not isinstance(old, Brackets):
        return (), []
    before = work.asked_in[name]
    known = work.codebook.answer_labels(old.scale, before)
    new = new_intervals(old, _options(work, name), known)
    offered = [c for c in old.codes if c.editions is None or before in c.editions]
    return common_partition(offered, new), [one.code for one in new if one.fresh]


def _block_for(codebook: Codebook, above: Sequence[str]) -> str:
    for name in reversed(above):
        if not codebook.is_repeated(name):
            block = codebook.variables[name].block
            return block if isinstance(block, str) else list(block.values())[-1]
    single = [block.block for block in codebook.blocks.values() if not block.repeated]
    return single[0] if single else next(iter(codebook.blocks))


# --- files ----------------------------------------------------------------------------------


def _write(
    work: _Work,
    entries: NewEntries,
    places: Sequence[tuple[str | None, str, list[str]]],
    *,
    platform: str | None,
    fieldwork: tuple[date, date] | None,
) -> dict[str, str]:
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
    grades = list(_grades(work))
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
    work: _Work, *, platform: str | None, fieldwork: tuple[date, date] | None
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
    return [*lines, "  evidence: derived"]


def _write_variables(
    work: _Work, text: YamlText, places: Sequence[tuple[str | None, str, list[str]]]
) -> None:
    key = work.edition
    for name in work.changes:
        variable = work.codebook.variables[name]
        node = text.entry("variables", "variable", name)
        before = work.asked_in[name]
        scale = text.value(node, "scale")
        if scale is not None and name in work.new_scales:
            new = quoted(marked(work.new_scales[name]))
            if isinstance(variable.scale, str):
                asked = [e for e in work.codebook.edition_keys if work.codebook.asked(name, e)]
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


def _other_code(work: _Work, name: str) -> str:
    """Return the code of the answer under which people type, known before or new."""
    scale = work.codebook.scale_of(name, work.asked_in[name])
    form = match_form(work.new_others[name])
    known = [] if scale is None else [(c.code, c.label) for c in scale.codes]
    listed = [] if scale is None else work.new_codes.get(scale.scale, [])
    return next(code for code, label in (*known, *listed) if match_form(label) == form)


def _write_instances(work: _Work, text: YamlText) -> None:
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


def _write_scales(work: _Work, entries: NewEntries, scales: YamlText, brackets: YamlText) -> None:
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
        options = _options(work, name)
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
    work: _Work,
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


def _write_recodes(work: _Work) -> str:
    text = (work.codebook.root / "recodes.csv").read_text(encoding="utf-8")
    file = CsvText(text)
    rows = [
        [scale, work.edition, label, code, "derived", work.source]
        for (scale, label), code in work.recodes.items()
    ]
    file.insert_after([], rows)
    return file.result


# --- grades ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grade:
    grade: str
    reason: str
    mapping: tuple[tuple[str, str], ...] = ()


def _grades(work: _Work) -> Iterator[list[str]]:
    """Yield one comparability entry for each variable and grade, earlier editions together."""
    for name in work.codebook.variables:
        if name not in work.changes:
            continue
        variable = work.codebook.variables[name]
        items: list[str | None] = [item.item for item in variable.items]
        found: dict[tuple[_Grade, str], list[str | None]] = {}
        for item in items or [None]:
            cell = work.cells.get((name, item or ""), NOT_ASKED_MARK)
            if cell.removeprefix(MARK).strip() == NOT_ASKED_MARK:
                continue  # whoever decides that it is asked is told which grades it lacks
            for earlier in work.codebook.edition_keys:
                if work.codebook.asked(name, earlier, item=item):
                    grade = _grade(work, variable, item, earlier)
                    found.setdefault((grade, earlier), []).append(item)
        yield from _grade_lines(work, name, found)


def _grade_lines(
    work: _Work, name: str, found: dict[tuple[_Grade, str], list[str | None]]
) -> Iterator[list[str]]:
    together: dict[tuple[_Grade, tuple[str | None, ...]], list[str]] = {}
    for (grade, earlier), graded in found.items():
        together.setdefault((grade, tuple(graded)), []).append(earlier)
    whole = len({items for _, items in together}) == 1
    for (grade, items), editions in together.items():
        lines = [f"- variable: {name}"]
        if items != (None,) and not whole:
            lines.append(f"  items: [{', '.join(plain(item) for item in items if item)}]")
        lines += [
            f"  earlier: [{', '.join(quoted(edition) for edition in editions)}]",
            f'  later: ["{work.edition}"]',
            f"  grade: {quoted(grade.grade) if MARK in grade.grade else grade.grade}",
        ]
        if grade.mapping:
            lines.append("  mapping:")
            lines += [f"    {plain(code)}: {plain(common)}" for code, common in grade.mapping]
        yield [*lines, f"  reason: {quoted(grade.reason)}"]


def _grade(work: _Work, variable: Variable, item: str | None, earlier: str) -> _Grade:
    """Return the grade of an earlier edition and the new one.

    What is declared between the two earlier editions holds for the new one where nothing changed
    since the later of them; anything else is proposed.
    """
    name, before = variable.variable, work.asked_in[variable.variable]
    own = _own_grade(work, variable, item)
    if earlier == before:
        return own
    order = work.codebook.edition_keys
    pair = (earlier, before) if order.index(earlier) < order.index(before) else (before, earlier)
    entry = _declared(work.codebook, name, item, pair)
    same_scale = work.codebook.scale_of(name, earlier) == work.codebook.scale_of(name, before)
    if own.mapping and not same_scale:
        return _Grade(marked("scale_changed"), _reason(work, "earlier"))
    if entry is None or (own.mapping and entry.grade == "reworded"):
        grade = marked(own.grade.removeprefix(f"{MARK} "))
        return _Grade(grade, _reason(work, "earlier"), own.mapping)
    mapping = tuple((entry.mapping or {}).items())
    if own.grade == "identical":
        return _Grade(entry.grade, entry.reason, mapping)
    if entry.grade == "identical":
        return own
    if own.grade == "reworded" and entry.grade == "reworded":
        return _Grade(entry.grade, entry.reason)
    return _Grade(marked(entry.grade), _reason(work, "earlier"), mapping)


def _own_grade(work: _Work, variable: Variable, item: str | None) -> _Grade:
    name, before = variable.variable, work.asked_in[variable.variable]
    if name in work.new_scales:
        mapping, _ = _partition(work, name)
        if mapping:
            return _Grade(marked("options_regrouped"), _reason(work, "regrouped"), mapping)
        return _Grade(marked("scale_changed"), _reason(work, "scale"))
    items = [work.cells.get((name, part.item)) for part in variable.items]
    if variable.kind == "ranking" and (name in work.new_items or NOT_ASKED_MARK in items):
        return _Grade(marked("scale_changed"), _reason(work, "options"))
    scale = work.codebook.scale_of(name, before)
    cells = [work.cells[name, key] for key in dict.fromkeys(["", item or ""])]
    if any(cell.startswith(MARK) for cell in cells):
        return _Grade(marked("reworded"), _reason(work, "reworded"))
    if scale is not None and (work.new_codes.get(scale.scale) or work.old_codes.get(scale.scale)):
        return _Grade(marked("reworded"), _reason(work, "options"))
    exclusive = [part for part in variable.items if part.exclusive and variable.kind == "multiple"]
    for part in exclusive:
        was = work.codebook.asked(name, before, item=part.item)
        if was and work.cells.get((name, part.item)) == NOT_ASKED_MARK:
            return _Grade(marked("reworded"), _reason(work, "options"))
    for key in dict.fromkeys([None, item]):
        whole = work.completed.get((name, key or ""), {})
        old = whole.get(before) or work.codebook.column_text(name, key, before) or ""
        if normalise_label(old) != normalise_label(work.cells[name, key or ""]):
            return _Grade("reworded", _reason(work, "spelling"))
    changed = name in work.new_items or any(
        (cell or NOT_ASKED_MARK).removeprefix(MARK).strip() == NOT_ASKED_MARK
        for cell, part in zip(items, variable.items, strict=True)
        if work.codebook.asked(name, before, item=part.item)
    )
    return _Grade("identical", _reason(work, "list" if changed else "identical"))


def _declared(
    codebook: Codebook, name: str, item: str | None, pair: tuple[str, str]
) -> Comparability | None:
    keys = list(codebook.edition_keys)
    for entry in codebook.comparability:
        if entry.variable != name or (entry.items and item not in entry.items):
            continue
        if pair in pairs_of(entry, keys):
            return entry
    return None


def _reason(work: _Work, key: str) -> str:
    return _REASONS[work.codebook.survey.language][key]
