"""The answers of the same people as each platform exports them.

In: answers of the small codebook, cut into questions with their columns, and one writer for each
platform and header shape, by hand. Not in: anything of the code under test but the sample's own
writer of SurveyMonkey files, whose cells the others are made of.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import Variable
from observatoire_pipeline.sample.answers import Answers, Respondent
from observatoire_pipeline.sample.writers import compose

OTHER = "Autre (veuillez préciser)"


@dataclass(frozen=True)
class Shown:
    """One column of a question: its label ("" for the answer itself) and its cells."""

    label: str
    cells: tuple[str, ...]
    typed: bool


@dataclass(frozen=True)
class Asked:
    """One question as it was asked, with the condensed columns of its answers."""

    variable: Variable
    title: str
    columns: tuple[Shown, ...]

    @property
    def main(self) -> list[Shown]:
        return [c for c in self.columns if c.label not in (OTHER, "Commentaires :")]

    @property
    def beside(self) -> list[Shown]:
        return [c for c in self.columns if c not in self.main]


@dataclass(frozen=True)
class Survey:
    """Respondents and what they answered, question by question."""

    codebook: Codebook
    edition: str
    respondents: tuple[Respondent, ...]
    asked: tuple[Asked, ...]

    def options(self, variable: Variable) -> list[str]:
        """Return the answers of a scale in the order of the survey, offered missing ones last."""
        scale = self.codebook.scale_of(variable.variable, self.edition)
        assert scale is not None
        labels = [
            next(c for c in scale.codes if c.code == code)
            for code in self.codebook.codes_of(variable.variable, edition=self.edition)
        ]
        words = [OTHER if c.code == "autre" else (c.raw[0] if c.raw else c.label) for c in labels]
        return words + [m.raw[0] if m.raw else m.label for m in scale.missing]


def survey(answers: Answers, codebook: Codebook) -> Survey:
    """Return answers as questions with columns."""
    table = compose(answers, codebook=codebook, metadata={}, response="", open_ended="")
    titles = {c.title: codebook.variables[c.variable] for c in codebook.expected_columns("2018")}
    asked: list[Asked] = []
    for k, (title, label) in enumerate(zip(table.titles, table.labels, strict=True)):
        cells = tuple(str(row[k]) for row in table.rows)
        variable = titles[title] if title else asked[-1].variable
        typed = variable.kind in ("text", "number") or label in (OTHER, "Commentaires :")
        column = Shown(label, cells, typed)
        if title:
            asked.append(Asked(variable, title, (column,)))
        else:
            last = asked[-1]
            asked[-1] = Asked(variable, last.title, (*last.columns, column))
    return Survey(codebook, answers.edition, answers.respondents, tuple(asked))


def as_csv(records: list[list[str]], *, delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(records)
    return stream.getvalue().encode("utf-8")


def _records(columns: list[tuple[tuple[str, ...], list[str]]]) -> list[list[str]]:
    return [list(row) for row in zip(*((*head, *cells) for head, cells in columns), strict=True)]


def _moments(of: Survey, field: str) -> list[str]:
    return [f"{getattr(r, field):%Y-%m-%d %H:%M:%S}" for r in of.respondents]


# --- Google Forms ---------------------------------------------------------------------------


def google_forms(of: Survey, *, separator: str = ";") -> bytes:
    columns = [(("Horodateur",), _moments(of, "ended_at"))]
    for asked in of.asked:
        kind = asked.variable.kind
        if kind == "multiple":
            cells = zip(*(column.cells for column in asked.columns), strict=True)
            joined = [separator.join(filter(None, row)) for row in cells]
            columns.append(((asked.title,), joined))
        elif kind == "single":
            cells = list(asked.main[0].cells)
            for box in asked.beside:
                cells = [typed or cell for typed, cell in zip(box.cells, cells, strict=True)]
            columns.append(((asked.title,), cells))
        else:
            columns += [
                ((f"{asked.title} [{c.label}]" if c.label else asked.title,), list(c.cells))
                for c in asked.columns
            ]
    return as_csv(_records(columns))


# --- LimeSurvey -----------------------------------------------------------------------------


def limesurvey(
    of: Survey, *, style: str = "text", yes: str = "Oui", no: str = "Non", places: bool = True
) -> bytes:
    """Write headings as text, `code` or `code_text`; blank cells of a filter are `N/A`."""
    fixed = {
        "text": ("ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ"),
        "code": ("id", "submitdate", "lastpage", "startlanguage"),
        "code_text": (
            "id. ID de la réponse",
            "submitdate. Date de soumission",
            "lastpage. Dernière page",
            "startlanguage. Langue de départ",
        ),
    }[style]
    count = len(of.respondents)
    columns = [
        ((fixed[0],), [str(k) for k in range(1, count + 1)]),
        ((fixed[1],), _moments(of, "ended_at")),
        ((fixed[2],), ["4"] * count),
        ((fixed[3],), ["fr"] * count),
    ]
    for number, asked in enumerate(of.asked, start=1):
        rows = [any(row) for row in zip(*(c.cells for c in asked.columns), strict=True)]
        for part, column in enumerate(asked.columns, start=1):
            cells = list(column.cells)
            label = column.label
            if asked.variable.kind == "multiple" and not column.typed:
                cells = [
                    (yes if cell else no) if any_ else ""
                    for cell, any_ in zip(cells, rows, strict=True)
                ]
            if asked.variable.filter is not None:
                cells = [cell or "N/A" for cell in cells]
            if asked.variable.kind == "ranking" and places:
                label = str(part)
                cells = [
                    next((c.label for c in asked.columns if c.cells[k] == str(part)), "")
                    for k in range(count)
                ]
            columns.append(((_limesurvey_heading(style, number, part, asked, label),), cells))
    return as_csv(_records(columns), delimiter=";")


def _limesurvey_heading(style: str, number: int, part: int, asked: Asked, label: str) -> str:
    code = f"Q{number}" + (f"[SQ{part:03d}]" if label else "")
    if style == "code":
        return code
    text = asked.title + (f" [{label}]" if label else "")
    return f"{code}. {text}" if style == "code_text" else text


def code_words(of: Survey) -> dict[tuple[str, str], str]:
    """Return (title, label or "") → code, as the headings of style `code` have them."""
    found: dict[tuple[str, str], str] = {}
    for number, asked in enumerate(of.asked, start=1):
        found[asked.title, ""] = f"Q{number}"
        for part, column in enumerate(asked.columns, start=1):
            if column.label:
                found[asked.title, column.label] = f"SQ{part:03d}"
    return found


# --- Qualtrics ------------------------------------------------------------------------------


def qualtrics(of: Survey, *, numeric: bool = False, in_one_cell: bool = False) -> bytes:
    """Write three header rows; check boxes in a column each, or all in one cell."""
    count = len(of.respondents)
    fixed = {
        "StartDate": _moments(of, "started_at"),
        "EndDate": _moments(of, "ended_at"),
        "Status": ["IP Address"] * count,
        "Progress": ["100"] * count,
        "Finished": ["True"] * count,
        "ResponseId": [f"R_{r.respondent_id}" for r in of.respondents],
        "DistributionChannel": ["anonymous"] * count,
    }
    columns = [
        ((name, name, json.dumps({"ImportId": name})), cells) for name, cells in fixed.items()
    ]
    for number, asked in enumerate(of.asked, start=1):
        alone = len(asked.columns) == 1
        shown = list(enumerate(asked.columns, start=1))
        if in_one_cell and asked.variable.kind == "multiple":
            cells = _in_one_cell(asked, numeric=numeric)
            head = (f"Q{number}", asked.title, json.dumps({"ImportId": f"QID{number}"}))
            columns.append((head, cells))
            shown = [(part, column) for part, column in shown if column.typed]
        for part, column in shown:
            several = bool(column.label)
            typed = several and column.typed
            suffix = (f"_{part}" if several and not alone else "") + ("_TEXT" if typed else "")
            text = asked.title + (f" - {column.label}" if several else "")
            text += " - Text" if typed else ""
            cells = list(column.cells)
            if numeric:
                cells = _numbered(of, asked, column, part)
            head = (f"Q{number}{suffix}", text, json.dumps({"ImportId": f"QID{number}{suffix}"}))
            columns.append((head, cells))
    return as_csv(_records(columns))


def _in_one_cell(asked: Asked, *, numeric: bool) -> list[str]:
    """Return the ticked choices of each response, the box to type in among them."""
    rows = zip(*(column.cells for column in asked.columns), strict=True)
    return [
        ",".join(
            str(part) if numeric else column.label
            for part, (column, cell) in enumerate(zip(asked.columns, row, strict=True), start=1)
            if cell
        )
        for row in rows
    ]


def _numbered(of: Survey, asked: Asked, column: Shown, part: int) -> list[str]:
    """Return the numbers of the choices in place of their words."""
    if column.typed or asked.variable.kind == "ranking":
        return list(column.cells)
    if asked.variable.kind == "multiple":
        return [str(part) if cell else "" for cell in column.cells]
    options = of.options(asked.variable)
    return [str(options.index(cell) + 1) if cell else "" for cell in column.cells]


# --- SurveyMonkey in other header shapes ----------------------------------------------------

METADATA = ("Respondent ID", "Collector ID", "Start Date", "End Date")


def surveymonkey(of: Survey) -> list[tuple[tuple[str, ...], list[str]]]:
    """Return the columns of a condensed file, two header cells each."""
    count = len(of.respondents)
    columns = [
        (("Respondent ID", ""), [r.respondent_id for r in of.respondents]),
        (("Collector ID", ""), ["227548242"] * count),
        (("Start Date", ""), _moments(of, "started_at")),
        (("End Date", ""), _moments(of, "ended_at")),
    ]
    for asked in of.asked:
        for k, column in enumerate(asked.columns):
            word = (
                "Open-Ended Response" if asked.variable.kind in ("text", "number") else "Response"
            )
            head = (asked.title if k == 0 else "", column.label or word)
            columns.append((head, list(column.cells)))
    return columns


def two_rows(of: Survey) -> bytes:
    return as_csv(_records(surveymonkey(of)))


def pre_joined(of: Survey) -> bytes:
    """Write one header row, titles and labels as one."""
    columns: list[tuple[tuple[str, ...], list[str]]] = []
    title = ""
    for (found, label), cells in surveymonkey(of):
        title = found or title
        word = label in ("", "Response", "Open-Ended Response")
        columns.append(((title if word else f"{title} - {label}",), cells))
    return as_csv(_records(columns))


def three_rows(of: Survey) -> bytes:
    """Write a row of codes above the titles."""
    columns = [
        ((f"q{k}", *head), cells) for k, (head, cells) in enumerate(surveymonkey(of), start=1)
    ]
    return as_csv(_records(columns))


def titled(of: Survey) -> bytes:
    """Write a line with the title of the survey above the header."""
    return b"Petite enqu\xc3\xaate 2018\r\n" + two_rows(of)


def filled_down(of: Survey) -> bytes:
    """Repeat the title of a question over each of its columns."""
    columns: list[tuple[tuple[str, ...], list[str]]] = []
    title = ""
    for (found, label), cells in surveymonkey(of):
        title = found or title
        columns.append(((title, label), cells))
    return as_csv(_records(columns))


def blank_metadata(of: Survey) -> bytes:
    """Leave the headings of the platform's columns out, and their cells in."""
    columns = surveymonkey(of)
    bare = [((("", "")), cells) for _, cells in columns[:4]]
    return as_csv(_records([*bare, *columns[4:]]))


def with_additions(of: Survey) -> bytes:
    """Add the language of a multilingual survey, custom variables and a column by hand."""
    columns = surveymonkey(of)
    count = len(of.respondents)
    added = [
        (("language", ""), ["fr"] * count),
        (("vague", ""), ["a", "b"] * (count // 2) + ["a"] * (count % 2)),
    ]
    last = [(("Filter Criteria applied by hand", ""), ["x"] * count)]
    return as_csv(_records([*columns[:4], *added, *columns[4:], *last]))


# --- SPSS, and the API ----------------------------------------------------------------------


def spss(of: Survey, path: Path) -> None:
    """Write a `.sav` as SurveyMonkey does: `q0001_0001`, codes with labels, `Not selected`."""
    import pandas as pd
    import pyreadstat

    data: dict[str, list[object]] = {
        "RespondentID": [float(r.respondent_id) for r in of.respondents],
        "StartDate": [r.started_at for r in of.respondents],
        "EndDate": [r.ended_at for r in of.respondents],
    }
    labels = {name: name for name in data}
    values: dict[str, dict[float, str]] = {}
    for number, asked in enumerate(of.asked, start=1):
        for part, column in enumerate(asked.columns, start=1):
            name = f"q{number:04d}" + (f"_{part:04d}" if len(asked.columns) > 1 else "")
            labels[name] = asked.title + (f" - {column.label}" if column.label else "")
            if asked.variable.kind == "multiple" and not column.typed:
                labels[name] = asked.title
                values[name] = {0.0: "Not selected", 1.0: column.label}
                data[name] = [1.0 if cell else 0.0 for cell in column.cells]
            elif column.typed or asked.variable.kind == "ranking":
                data[name] = [cell or None for cell in column.cells]
                if asked.variable.kind in ("ranking", "number"):
                    data[name] = [float(cell) if cell else None for cell in column.cells]
            else:
                options = of.options(asked.variable)
                values[name] = dict(enumerate(map(str, options), start=1))
                data[name] = [options.index(c) + 1.0 if c else None for c in column.cells]
    pyreadstat.write_sav(
        pd.DataFrame(data),
        str(path),
        column_labels=labels,
        variable_value_labels=values,
    )


FAMILIES = {
    "single": ("single_choice", "vertical"),
    "bracket": ("single_choice", "vertical"),
    "multiple": ("multiple_choice", "vertical"),
    "matrix": ("matrix", "single"),
    "ranking": ("matrix", "ranking"),
    "number": ("open_ended", "numerical"),
    "text": ("open_ended", "single"),
}


def api(of: Survey) -> tuple[bytes, bytes]:
    """Return the details of the survey and its responses as the API serves them."""
    questions: list[dict[str, object]] = []
    given: list[dict[str, list[dict[str, str]]]] = [{} for _ in of.respondents]
    for number, asked in enumerate(of.asked, start=1):
        ident = str(number)
        family, subtype = FAMILIES[asked.variable.kind]
        answers: dict[str, object] = {}
        ids: dict[str, str] = {}

        def listed(texts: list[str], key: str, ids: dict[str, str] = ids, i: str = ident) -> list:
            for k, text in enumerate(texts):
                ids[text] = f"{i}{key}{k}"
            return [
                {"id": ids[text], "text": text, "position": k}
                for k, text in enumerate(texts, start=1)
            ]

        kind = asked.variable.kind
        if kind in ("single", "bracket"):
            options = [o for o in of.options(asked.variable) if o != OTHER]
            answers["choices"] = listed(options, "c")
        elif kind == "multiple":
            answers["choices"] = listed([c.label for c in asked.main], "c")
        elif kind == "matrix":
            answers["rows"] = listed([c.label for c in asked.main], "r")
            answers["choices"] = listed(of.options(asked.variable), "c")
        elif kind == "ranking":
            answers["rows"] = listed([c.label for c in asked.main], "r")
            answers["choices"] = listed(["1", "2", "3"], "c")
        for box in asked.beside:
            answers["other"] = {
                "id": f"{ident}o",
                "text": box.label,
                "is_answer_choice": box.label == OTHER,
            }
        for k, answer in enumerate(given):
            found: list[dict[str, str]] = []
            for column in asked.columns:
                cell = column.cells[k]
                if not cell:
                    continue
                if column in asked.beside:
                    found.append({"other_id": f"{ident}o", "text": cell})
                elif kind in ("number", "text"):
                    found.append({"text": cell})
                elif kind in ("matrix", "ranking"):
                    found.append({"row_id": ids[column.label], "choice_id": ids[cell]})
                elif cell != OTHER:
                    found.append({"choice_id": ids[cell]})
                elif not any(box.cells[k] for box in asked.beside):
                    found.append({"other_id": f"{ident}o", "text": ""})
            if found:
                answer[ident] = found
        question: dict[str, object] = {
            "id": ident,
            "position": number,
            "family": family,
            "subtype": subtype,
            "headings": [{"heading": asked.title}],
        }
        if answers:
            question["answers"] = answers
        questions.append(question)
    pages = [{"id": "1", "title": "", "position": 1, "questions": questions}]
    details = {"id": "99", "title": "Petite enquête", "pages": pages, "custom_variables": {}}
    responses = [
        {
            "id": r.respondent_id,
            "survey_id": "99",
            "collector_id": "227548242",
            "response_status": "completed",
            "date_created": f"{r.started_at:%Y-%m-%dT%H:%M:%S}+00:00",
            "date_modified": f"{r.ended_at:%Y-%m-%dT%H:%M:%S}+00:00",
            "ip_address": r.ip_address,
            "pages": [
                {"id": "1", "questions": [{"id": q, "answers": a} for q, a in answer.items()]}
            ],
        }
        for r, answer in zip(of.respondents, given, strict=True)
    ]
    bulk = {"data": responses, "total": len(responses), "per_page": 100, "page": 1}
    return json.dumps(details).encode(), json.dumps(bulk).encode()


# --- Typeform -------------------------------------------------------------------------------


def typeform(of: Survey) -> bytes:
    """Write one header row; the choices of a question are titled by themselves alone."""
    columns: list[tuple[tuple[str, ...], list[str]]] = [
        (("#",), [f"{int(r.respondent_id):020x}" for r in of.respondents])
    ]
    for asked in of.asked:
        for column in asked.columns:
            columns.append(((column.label or asked.title,), list(column.cells)))
    columns += [
        (("Start Date (UTC)",), _moments(of, "started_at")),
        (("Submit Date (UTC)",), _moments(of, "ended_at")),
        (("Network ID",), [f"{k:010x}" for k in range(len(of.respondents))]),
    ]
    return as_csv(_records(columns))


WRITERS: dict[str, Callable[[Survey], bytes]] = {
    "google_forms by ;": google_forms,
    "google_forms by ,": lambda of: google_forms(of, separator=", "),
    "limesurvey text, Oui/Non": limesurvey,
    "limesurvey text, Y/blank": lambda of: limesurvey(of, yes="Y", no=""),
    "limesurvey code. text, 1/0": lambda of: limesurvey(of, style="code_text", yes="1", no="0"),
    "limesurvey ranks by thing": lambda of: limesurvey(of, places=False),
    "qualtrics in words": qualtrics,
    "qualtrics in numbers": lambda of: qualtrics(of, numeric=True),
    "qualtrics in words, one cell": lambda of: qualtrics(of, in_one_cell=True),
    "qualtrics in numbers, one cell": lambda of: qualtrics(of, numeric=True, in_one_cell=True),
    "surveymonkey, titles joined to labels": pre_joined,
    "surveymonkey, three header rows": three_rows,
    "surveymonkey, title line": titled,
    "surveymonkey, titles filled down": filled_down,
    "surveymonkey, blank metadata": blank_metadata,
    "surveymonkey, language and custom variables": with_additions,
}
"""What it is → its writer, for files of text."""
