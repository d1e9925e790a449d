"""Draft a whole codebook from the questions of one export, for a survey that has none.

In: every file of a codebook folder, marked `review:` where an export cannot tell. Not in: the
entries themselves (`entries`), and an edition more of a codebook that exists (`draft`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from observatoire_pipeline.codebook.draft_files import FIELDWORK, fieldwork_line
from observatoire_pipeline.codebook.edits import quoted
from observatoire_pipeline.codebook.entries import (
    DERIVED,
    MARK,
    NewBlock,
    NewEntries,
    marked,
    new_blocks,
)
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.questionnaire import Questionnaire
from observatoire_pipeline.codebook.repeats import find_series
from observatoire_pipeline.codebook.review import Draft, Review

BLOCK, UNIT = "questionnaire", "repondant"
RESPONDENT = {"fr": ("répondant", "répondants"), "en": ("respondent", "respondents")}
"""What answers, one and several, by language."""


def draft_codebook(
    questionnaire: Questionnaire,
    *,
    edition: str,
    platform: str | None = None,
    language: str = "fr",
    fieldwork: tuple[date, date] | None = None,
) -> Draft:
    """Return the files of a codebook with one edition, everything it needs in its place.

    Args:
        questionnaire: The questions of the export.
        edition: Key of the edition.
        platform: Platform of the export, as its makers spell it.
        language: Language of the survey, `fr` or `en`.
        fieldwork: First and last day of the answers in the file, which may hold trials.
    """
    entries = NewEntries(
        codebook=None,
        edition=edition,
        label_review=False,
        source=questionnaire.name,
        language=language,
    )
    reviews = [Review("survey", "what the survey is called, who publishes it, under which licence")]
    reviews += [] if fieldwork is None else [Review(edition, FIELDWORK)]
    variables: list[str] = []
    series = find_series(questionnaire.questions)
    blocks = new_blocks(series, language=language, blocks=[BLOCK], units=[UNIT])
    reviews += [Review(b.name, b.told, also=(b.described,)) for b in blocks]
    home = {id(one): block.name for block in blocks for one in block.series}
    for one in series:
        question = one.question
        name, lines = entries.add(question, block=home.get(id(one), BLOCK))
        variables += ["", *("  " + line for line in lines)]
        if any(MARK in line for line in lines):
            reviews.append(Review(name, f"{question.kind}: {question.title}"))
        reviews += [
            Review(name, f"a box to type in for which there is no place: {text}", detail=item)
            for item, text in entries.words[name]
            if item and text.startswith(MARK)
        ]
    columns = ["variable,item," + edition]
    columns += [
        _row(name, item, text) for name, rows in entries.words.items() for item, text in rows
    ]
    scales = [line for scale in entries.scales for line in ("", *("  " + x for x in scale.lines()))]
    reviews += [
        Review(
            scale.name,
            "does the order of these answers mean something? " + ", ".join(scale.options),
        )
        for scale in entries.scales
        if any("ordered" in line for line in scale.lines())
    ]
    files = {
        "editions.yaml": _editions(
            edition, platform=platform, language=language, blocks=blocks, fieldwork=fieldwork
        ),
        "variables.yaml": "\n".join(
            [
                "blocks:",
                f'  - {{block: {BLOCK}, title: "Questionnaire", unit: {UNIT}}}',
                *("  " + line for block in blocks for line in block.lines),
                "",
                "variables:" if variables else "variables: []",
                *variables[1:],
                "",
            ]
        ),
        "scales.yaml": "\n".join(["scales:" if scales else "scales: []", *scales[1:], ""]),
        "brackets.yaml": "brackets: []\n",
        "columns/questionnaire.csv": "\n".join([*columns, ""]),
        "recodes.csv": "scale,edition,label,code,evidence,note\n",
        "corrections.yaml": "corrections: []\n",
        "comparability.yaml": "comparability: []\n",
        "published_figures.yaml": "documents: []\nfigures: []\n",
        "timeline.yaml": "timeline: []\n",
    }
    names = tuple((name,) for name in (*entries.words, *(s.name for s in entries.scales)))
    return Draft(files, tuple(reviews), names=names)


def _editions(
    edition: str,
    *,
    platform: str | None,
    language: str,
    blocks: Sequence[NewBlock],
    fieldwork: tuple[date, date] | None,
) -> str:
    singular, plural = RESPONDENT[language]
    lines = [
        "survey:",
        f"  survey: {quoted(marked(name_of('enquete')))}",
        f"  title: {quoted(marked('Enquête' if language == 'fr' else 'Survey'))}",
        f"  publisher: {quoted(marked('?'))}",
        f"  language: {language}",
        f"  source_note: {quoted(marked('Source :' if language == 'fr' else 'Source:'))}",
        f"  licence: {quoted(marked('?'))}",
        "",
        "units:",
        f"  - {{unit: {UNIT}, label: {quoted(singular)}, plural: {quoted(plural)}}}",
        *("  " + block.unit for block in blocks),
        "",
        "editions:",
        f'  - edition: "{edition}"',
        f"    title: {quoted(edition)}",
        f"    {fieldwork_line(fieldwork)}",
    ]
    if platform:
        lines.append(f"    platform: {quoted(platform)}")
    return "\n".join([*lines, f"    evidence: {DERIVED}", ""])


def _row(name: str, item: str, text: str) -> str:
    import csv
    import io

    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([name, item, text])
    return stream.getvalue()
