"""Draft the next edition of a codebook from the questions of its export.

In: what the comparison with an earlier edition proves is written down; what it only suggests is
written with `review:` before it, so that the codebook is refused until a person has decided.
Not in: the comparison (`diff`), the files (`draft_files`), the grades (`grades`), reading exports,
and a codebook from nothing (`first_draft`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.diff import Change, Diff, compare, difference, nearest_wording
from observatoire_pipeline.codebook.draft_files import FIELDWORK, write_files
from observatoire_pipeline.codebook.drafting import Work, partition_of, scale_before
from observatoire_pipeline.codebook.entries import (
    OTHER,
    NewEntries,
    marked,
    missing_kind,
    new_blocks,
)
from observatoire_pipeline.codebook.labels import LabelIndex, is_cut
from observatoire_pipeline.codebook.models import (
    CUT_MARK,
    NOT_ASKED_MARK,
    Brackets,
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


class DraftError(ValueError):
    """The edition cannot be drafted: it exists, or the edition to start from does not."""


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
    work = Work(codebook, edition, base, questionnaire.name)
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
    files = write_files(work, entries, places, platform=platform, fieldwork=fieldwork)
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


def _place(work: Work, diff: Diff) -> tuple[list[Question], list[Question]]:
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


def _asked_before(work: Work, left: list[Question]) -> list[Question]:
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


def _drop(work: Work, gone: Sequence[Question], diff: Diff) -> None:
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


def _words(work: Work, name: str) -> None:
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


def _new_parts(work: Work, variable: Variable, b: Question, labels: Sequence[str]) -> None:
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


def _typed_inside(work: Work, variable: Variable) -> None:
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


def _complete(work: Work, name: str, item: str | None, text: str) -> None:
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


def _template(work: Work, name: str, item: str | None, text: str, *, instance: int) -> str:
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


def _answers(work: Work) -> None:
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
    work: Work,
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
    work: Work, entries: NewEntries, left: Sequence[Question]
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


def _names(work: Work, entries: NewEntries) -> tuple[tuple[str, ...], ...]:
    """Return the names that were made, each with the entries in which it means that."""
    names: list[tuple[str, ...]] = [(name,) for name in entries.words]
    names += [(scale.name,) for scale in entries.scales]
    names += [(new,) for new in dict.fromkeys(work.new_scales.values())]
    for name, items in work.new_items.items():
        names += [(item, name) for item, _ in items]
    names += [(item, name) for name, (item, _) in work.new_boxes.items()]
    for scale, codes in work.new_codes.items():
        using = [name for name in work.changes if scale_before(work, name) == scale]
        names += [(code, scale, *using) for code, label in codes if missing_kind(label) is None]
    for name, new in work.new_scales.items():
        names += [(code, new, name) for code in partition_of(work, name)[1]]
    return tuple(dict.fromkeys(names))


def _block_for(codebook: Codebook, above: Sequence[str]) -> str:
    for name in reversed(above):
        if not codebook.is_repeated(name):
            block = codebook.variables[name].block
            return block if isinstance(block, str) else list(block.values())[-1]
    single = [block.block for block in codebook.blocks.values() if not block.repeated]
    return single[0] if single else next(iter(codebook.blocks))
