"""Draft a whole codebook from the questions of one export, for a survey that has none.

In: every file of a codebook folder, marked `review:` where an export cannot tell. Not in: the
entries themselves (`entries`), and an edition more of a codebook that exists (`draft`).
"""

from __future__ import annotations

from observatoire_pipeline.codebook.draft import Draft, Review
from observatoire_pipeline.codebook.edits import quoted
from observatoire_pipeline.codebook.entries import MARK, NewEntries, marked
from observatoire_pipeline.codebook.naming import name_of
from observatoire_pipeline.codebook.proposals import match_form
from observatoire_pipeline.codebook.questionnaire import Question, Questionnaire

BLOCK, UNIT = "questionnaire", "repondant"


def draft_codebook(
    questionnaire: Questionnaire,
    *,
    edition: str,
    platform: str | None = None,
    language: str = "fr",
) -> Draft:
    """Return the files of a codebook with one edition, everything it needs in its place.

    Args:
        questionnaire: The questions of the export.
        edition: Key of the edition.
        platform: Platform of the export.
        language: Language of the survey, `fr` or `en`.
    """
    entries = NewEntries(codebook=None, edition=edition, label_review=False)
    reviews: list[Review] = []
    variables: list[str] = []
    for question, note in _once(questionnaire):
        name, lines = entries.add(question, block=BLOCK, note=note)
        variables += ["", *("  " + line for line in lines)]
        if any(MARK in line for line in lines):
            reviews.append(Review(name, f"{question.kind}: {question.title}"))
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
        "editions.yaml": _editions(edition, platform=platform, language=language),
        "variables.yaml": "\n".join(
            [
                "blocks:",
                f'  - {{block: {BLOCK}, title: "Questionnaire", unit: {UNIT}}}',
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
    return Draft(files, tuple(reviews))


def _once(questionnaire: Questionnaire) -> list[tuple[Question, str]]:
    """Return the questions, each title once: two columns of one heading cannot be told apart."""
    times: dict[str, list[Question]] = {}
    for question in questionnaire.questions:
        if question.title.strip():
            times.setdefault(match_form(question.title), []).append(question)
    return [
        (same[0], f"the export shows this title {len(same)} times" if len(same) > 1 else "")
        for same in times.values()
    ]


def _editions(edition: str, *, platform: str | None, language: str) -> str:
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
        f'  - {{unit: {UNIT}, label: "répondant", plural: "répondants"}}'
        if language == "fr"
        else f'  - {{unit: {UNIT}, label: "respondent", plural: "respondents"}}',
        "",
        "editions:",
        f'  - edition: "{edition}"',
        f"    title: {quoted(edition)}",
        "    fieldwork: {start: null, end: null}",
    ]
    if platform:
        lines.append(f"    platform: {quoted(platform)}")
    return "\n".join([*lines, "    evidence: printed", ""])


def _row(name: str, item: str, text: str) -> str:
    import csv
    import io

    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([name, item, text])
    return stream.getvalue()
