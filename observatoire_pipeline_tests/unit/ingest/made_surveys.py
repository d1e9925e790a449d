"""A made-up survey of every kind of question, and what any reader must say of it.

In: questions with their answers, drawn once from a seed; the columns that SurveyMonkey writes of
them, condensed and expanded, as text and as numbers; what `inspect` must find, known by
construction. Not in: what people do to such a file (each test does it), other platforms.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from observatoire_pipeline.ingest.inspection import Inspection, inspect_file

PEOPLE = 60
NEW = [
    "Respondent ID",
    "Collector ID",
    "Start Date",
    "End Date",
    "IP Address",
    "Email Address",
    "First Name",
    "Last Name",
    "Custom Data 1",
]
OLD = [
    "RespondentID",
    "CollectorID",
    "StartDate",
    "EndDate",
    "IP Address",
    "Email Address",
    "First Name",
    "LastName",
    "Custom Data",
]
FRENCH = [
    "ID du répondant",
    "ID du collecteur",
    "Date de début",
    "Date de fin",
    "Adresse IP",
    "Adresse e-mail",
    "Prénom",
    "Nom de famille",
    "Données personnalisées 1",
]
GERMAN = [
    "Befragten-ID",
    "Collector-ID",
    "Startdatum",
    "Enddatum",
    "IP-Adresse",
    "E-Mail-Adresse",
    "Vorname",
    "Nachname",
    "Benutzerdefinierte Daten 1",
]
SPANISH = [
    "ID del encuestado",
    "ID del recopilador",
    "Fecha de inicio",
    "Fecha de finalización",
    "Dirección IP",
    "Dirección de correo electrónico",
    "Nombre",
    "Apellidos",
    "Datos personalizados 1",
]
WORDS = {
    "en": ("Response", "Open-Ended Response", "Other (please specify)"),
    "fr": ("Réponse", "Réponse ouverte", "Autre (veuillez préciser)"),
    "de": ("Antwort", "Offene Antwort", "Sonstiges (bitte angeben)"),
    "es": ("Respuesta", "Respuesta abierta", "Otro (especifique)"),
    "it": ("Risposta", "Risposta aperta", "Altro (specificare)"),
    "nl": ("Antwoord", "Open antwoord", "Anders (geef nadere toelichting)"),
}


@dataclass(frozen=True)
class Asked:
    """One question: its columns as written, and what must be found of it.

    Attributes:
        title: Over its first column.
        labels: Over each column.
        cells: One list for each column.
        kind: As `inspect` must say it.
        options: Its answers to choose from, in any order.
        items: Its rows, choices or things to rank, in order.
        personal: Whether its columns identify people.
    """

    title: str
    labels: list[str]
    cells: list[list[str]]
    kind: str
    options: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    personal: bool = False


@dataclass(frozen=True)
class Survey:
    """A file on its way: names of the fixed columns, their cells, questions, trailing columns."""

    names: list[str]
    fixed: list[list[str]]
    asked: list[Asked]
    after: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The number of responses."""
        return len(self.asked[0].cells[0])

    @property
    def titles(self) -> list[str]:
        """The first header row."""
        row = list(self.names)
        for one in self.asked:
            row += [one.title, *[""] * (len(one.labels) - 1)]
        return [*row, *(name for name, _ in self.after)]

    @property
    def labels(self) -> list[str]:
        """The second header row."""
        row = [""] * len(self.names)
        for one in self.asked:
            row += one.labels
        return [*row, *[""] * len(self.after)]

    @property
    def body(self) -> list[list[str]]:
        """The responses."""
        columns = [*self.fixed, *(c for one in self.asked for c in one.cells)]
        columns += [cells for _, cells in self.after]
        return [list(row) for row in zip(*columns, strict=True)]

    @property
    def rows(self) -> list[list[str]]:
        """The records as the platform writes them."""
        return [self.titles, self.labels, *self.body]

    def positions(self) -> list[int]:
        """Return the position of the first column of each question."""
        found, place = [], len(self.names) + 1
        for one in self.asked:
            found.append(place)
            place += len(one.labels)
        return found

    def only(self, *titles: str) -> Survey:
        """Return the survey with the questions whose titles begin so."""
        return replace(self, asked=[one for one in self.asked if one.title.startswith(titles)])

    def without(self, *titles: str) -> Survey:
        """Return the survey without the questions whose titles begin so."""
        return replace(self, asked=[one for one in self.asked if not one.title.startswith(titles)])

    def fixed_as(self, names: Sequence[str], keep: Sequence[int] = range(9)) -> Survey:
        """Return the survey with other names of the fixed columns, or fewer of them."""
        return replace(self, names=[names[k] for k in keep], fixed=[self.fixed[k] for k in keep])

    def first(self, count: int) -> Survey:
        """Return the survey with its first responses only; options are those that are left."""
        asked = []
        for one in self.asked:
            cells = [column[:count] for column in one.cells]
            left = {cell for column in cells for cell in column if cell}
            options = [o for o in one.options if o in left or one.kind == "multiple"]
            asked.append(replace(one, cells=cells, options=options))
        return replace(
            self,
            fixed=[column[:count] for column in self.fixed],
            asked=asked,
            after=[(name, cells[:count]) for name, cells in self.after],
        )


# --- questions ------------------------------------------------------------------------------


class Draw:
    """Draws questions with answers, all from one seed."""

    def __init__(self, *, seed: int = 5, size: int = PEOPLE, language: str = "en") -> None:
        self.random = Random(seed)
        self.size = size
        self.response, self.opened, self.other = WORDS[language]

    def _some(self, share: float) -> list[bool]:
        return [self.random.random() < share for _ in range(self.size)]

    def _all_used(self, options: Sequence[str]) -> list[str]:
        """Return one option for each response, each used where there are responses enough."""
        drawn = [self.random.choice(options) for _ in range(self.size)]
        for k, option in enumerate(options[: self.size]):
            drawn[k] = option
        self.random.shuffle(drawn)
        return drawn

    def single(self, title: str, options: Sequence[str], *, share: float = 0.9) -> Asked:
        """One answer."""
        cells = [
            a if s else "" for a, s in zip(self._all_used(options), self._some(share), strict=True)
        ]
        return Asked(title, [self.response], [cells], "single", _used(cells))

    def single_expanded(self, title: str, options: Sequence[str]) -> Asked:
        """One answer, with a column for each."""
        cells = self._all_used(options)
        columns = [[o if cell == o else "" for cell in cells] for o in options]
        return Asked(title, list(options), columns, "single", list(options))

    def single_other(self, title: str, options: Sequence[str], *, label: str = "") -> Asked:
        """One answer, of which one is “other”, and the text typed under it."""
        other = label or self.other
        cells = self._all_used([*options, other])
        typed = [f"autre chose numéro {k}" if c == other else "" for k, c in enumerate(cells)]
        return Asked(title, [self.response, other], [cells, typed], "single", _used(cells))

    def single_comment(
        self, title: str, options: Sequence[str], label: str = "Pourquoi ?"
    ) -> Asked:
        """One answer with a comment beside any."""
        cells = self._all_used(options)
        typed = [f"parce que {k}" if s else "" for k, s in enumerate(self._some(0.4))]
        return Asked(title, [self.response, label], [cells, typed], "single", _used(cells))

    def multiple(self, title: str, choices: Sequence[str], *, other: bool = True) -> Asked:
        """Several answers, the last perhaps typed."""
        columns = [[c if s else "" for s in self._some(0.4)] for c in choices]
        for column, choice in zip(columns, choices, strict=True):
            if not any(column):
                column[0] = choice
        labels = list(choices)
        if other:
            labels.append(self.other)
            columns.append(
                [f"encore autre {k}" if s else "" for k, s in enumerate(self._some(0.15))]
            )
        return Asked(title, labels, columns, "multiple", list(labels), list(labels))

    def matrix(self, title: str, rows: Sequence[str], answers: Sequence[str]) -> Asked:
        """A row of answers for each thing asked of."""
        columns = [self._all_used(answers) for _ in rows]
        return Asked(title, list(rows), columns, "matrix", list(answers), list(rows))

    def matrix_expanded(self, title: str, rows: Sequence[str], answers: Sequence[str]) -> Asked:
        """The same with a column for each row and answer."""
        labels, columns = [], []
        for row in rows:
            given = self._all_used(answers)
            for answer in answers:
                labels.append(f"{row} - {answer}")
                columns.append([answer if cell == answer else "" for cell in given])
        return Asked(title, labels, columns, "matrix", list(answers), list(rows))

    def rating_expanded(self, title: str, answers: Sequence[str]) -> Asked:
        """A rating of one unnamed row: labels begin with the dash, and a space before it."""
        given = self._all_used(answers)
        columns = [[a if cell == a else "" for cell in given] for a in answers]
        return Asked(title, [f" - {a}" for a in answers], columns, "single", list(answers))

    def ranking(self, title: str, things: Sequence[str], *, unranked: str = "") -> Asked:
        """Things put in order."""
        count = len(things)
        columns: list[list[str]] = [[] for _ in things]
        for full in self._some(0.8):
            ranks = [str(k + 1) for k in range(count)]
            self.random.shuffle(ranks)
            for k in range(count):
                columns[k].append(ranks[k] if full or int(ranks[k]) <= 2 else unranked)
        options = [str(k + 1) for k in range(count)]
        return Asked(title, list(things), columns, "ranking", options, list(things))

    def scale(self, title: str, options: Sequence[str], *, label: str = "") -> Asked:
        """One answer on a scale; with a label, a rating of one named row."""
        cells = self._all_used(options)
        kind = "matrix" if label else "single"
        items = [label] if label else []
        return Asked(title, [label or self.response], [cells], kind, _used(cells), items)

    def text(
        self, title: str, *, share: float = 0.6, write: Callable[[int], str] | None = None
    ) -> Asked:
        """Words of one's own."""
        spell = write or (lambda k: f"Il faudrait, à mon avis, revoir le point {k * 7} avec soin.")
        cells = [spell(k) if s else "" for k, s in enumerate(self._some(share))]
        return Asked(title, [self.opened], [cells], "text")

    def number(self, title: str, *, low: int = 0, high: int = 4000) -> Asked:
        """A number."""
        cells = [str(self.random.randint(low, high)) for _ in range(self.size)]
        return Asked(title, [self.opened], [cells], "number")

    def slider(self, title: str) -> Asked:
        """A number chosen on a line, which may be below zero."""
        cells = [str(self.random.randint(-50, 50)) for _ in range(self.size)]
        return Asked(title, [self.response], [cells], "number")

    def date(self, title: str, *, label: str = "Date / Time") -> Asked:
        """A day."""
        cells = [f"{1 + k % 28:02d}/{1 + k % 12:02d}/2021" for k in range(self.size)]
        return Asked(title, [label], [cells], "date")

    def boxes(self, title: str, labels: Sequence[str]) -> Asked:
        """Several boxes to type in."""
        columns = [
            [f"{label[:3]} {k} et {k * 3}" if s else "" for k, s in enumerate(self._some(0.7))]
            for label in labels
        ]
        return Asked(title, list(labels), columns, "text", [], list(labels))

    def numbers(self, title: str, labels: Sequence[str]) -> Asked:
        """Several boxes for numbers."""
        columns = [[str(self.random.randint(0, 900)) for _ in range(self.size)] for _ in labels]
        return Asked(title, list(labels), columns, "number", [], list(labels))

    def contact(self, title: str, labels: Sequence[str]) -> Asked:
        """Who one is and where one lives."""
        columns = []
        for j, label in enumerate(labels):
            mail = "mail" in label.casefold()
            columns.append(
                [
                    (f"p{k}@example.org" if mail else f"Réponse{j} {k}") if s else ""
                    for k, s in enumerate(self._some(0.5))
                ]
            )
        return Asked(title, list(labels), columns, "text", [], list(labels), personal=True)

    def files(self, title: str) -> Asked:
        """A file sent."""
        cells = [f"plan_{k}.pdf" if s else "" for k, s in enumerate(self._some(0.5))]
        return Asked(title, [self.response], [cells], "text")

    def tested(self, title: str, texts: Sequence[str], options: Sequence[str]) -> Asked:
        """One answer to one of several wordings."""
        seen = self._all_used(texts)
        cells = self._all_used(options)
        return Asked(
            title, ["Question Viewed", self.response], [seen, cells], "single", _used(cells)
        )

    def fixed(self) -> list[list[str]]:
        """The cells of the nine fixed columns."""
        count = range(self.size)
        return [
            [str(114_000_000_000 + 37 * k) for k in count],
            ["227548242" if k % 3 else "409521685" for k in count],
            [f"03/{10 + k % 18:02d}/2023 {1 + k % 11}:{k % 60:02d}:27 PM" for k in count],
            [f"03/{10 + k % 18:02d}/2023 {1 + k % 11}:{k % 60:02d}:59 PM" for k in count],
            [f"192.0.2.{k}" for k in count],
            [f"p{k}@example.org" if k % 4 == 0 else "" for k in count],
            [f"Prénom{k}" if k % 4 == 0 else "" for k in count],
            [f"Nom{k}" if k % 4 == 0 else "" for k in count],
            [f"ref-{k}" if k % 5 == 0 else "" for k in count],
        ]


def _used(cells: Sequence[str]) -> list[str]:
    return [cell for cell in dict.fromkeys(cells) if cell]


COLLECTIVITES = ["Commune", "Département", "Région", "Intercommunalité"]
OFTEN = ["Jamais", "Parfois - rarement", "Souvent", "Toujours"]


def survey(*, language: str = "en", seed: int = 5, size: int = PEOPLE) -> Survey:
    """Return the condensed survey with every kind of question."""
    draw = Draw(seed=seed, language=language, size=size)
    return Survey(
        names=list(NEW),
        fixed=draw.fixed(),
        asked=[
            draw.single_other("Quelle est votre collectivité ?", COLLECTIVITES),
            draw.single("Avez-vous un outil numérique ?", ["Oui", "Non"]),
            draw.multiple(
                "Quels sont vos objectifs ?",
                ["Aucun de ceux-ci", "Informer", "Consulter, puis concerter", "Décider ensemble"],
            ),
            draw.multiple("Avec quels services ?", ["Culture", "Sport", "Voirie"], other=False),
            draw.matrix("À quelle fréquence ?", ["Réunions", "Ateliers - débats", "Votes"], OFTEN),
            draw.ranking("Classez ces critères", ["Prix", "Sécurité", "Ergonomie", "Soutien"]),
            draw.single_comment(
                "Êtes-vous satisfait ?", ["1: pas du tout", "2", "3", "4", "5: très"]
            ),
            draw.scale("Nous recommanderiez-vous ?", [str(k) for k in range(11)]),
            draw.slider("Où vous situez-vous ?"),
            draw.text("Souhaitez-vous ajouter quelque chose ?"),
            draw.number("Combien d’agents ?"),
            draw.date("Depuis quand ?"),
            draw.boxes("Citez trois outils", ["Outil 1", "Outil 2", "Outil 3"]),
            draw.files("Joignez votre plan"),
            draw.contact(
                "Vos coordonnées",
                [
                    "Name",
                    "Company",
                    "City/Town",
                    "ZIP/Postal Code",
                    "Email Address",
                    "Phone Number",
                ],
            ),
        ],
    )


def expanded(*, seed: int = 5, size: int = PEOPLE) -> Survey:
    """Return a survey whose single answers and matrices have a column for each answer."""
    draw = Draw(seed=seed, size=size)
    return Survey(
        names=list(NEW),
        fixed=draw.fixed(),
        asked=[
            draw.single_expanded("Quelle est votre collectivité ?", COLLECTIVITES),
            draw.single_expanded("Avez-vous un outil numérique ?", ["Oui", "Non"]),
            draw.multiple("Quels sont vos objectifs ?", ["Informer", "Consulter", "Décider"]),
            draw.matrix_expanded("À quelle fréquence ?", ["Réunions", "Ateliers - débats"], OFTEN),
            draw.rating_expanded("Êtes-vous satisfait ?", ["1", "2", "3", "4", "5"]),
            draw.text("Souhaitez-vous ajouter quelque chose ?"),
        ],
    )


# --- files ----------------------------------------------------------------------------------


def as_text(rows: Sequence[Sequence[str]], *, delimiter: str = ",", end: str = "\r\n") -> str:
    """Return records as the text of a CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    return stream.getvalue()


def inspected(folder: Path, data: bytes | str, name: str = "enquete.csv") -> Inspection:
    """Return what `inspect` says of a file of these bytes."""
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return inspect_file(path)


def check(found: Inspection, made: Survey, *, shift: int = 0, **other: object) -> None:
    """Compare an inspection with what the survey is by construction, all differences at once.

    Args:
        found: What `inspect` said.
        made: What the file was made from.
        shift: Columns added before the first.
        other: What else than usual must be found; None for what is not compared. `damage` holds
            names of rules, `cells` counts those that came in; `titles`, `kinds`, `sizes`,
            `options` and `items` hold one value for each question.
    """
    wanted: dict[str, object] = {
        "kind": "responses",
        "platform": "surveymonkey",
        "header_rows": 2,
        "n_responses": made.size,
        "n_columns": len(made.titles) + shift,
        "verdict": "accepted",
        "cells": sum(bool(cell.strip()) for row in made.body for cell in row),
        "reasons": [],
        "damage": [],
        "positions": [position + shift for position in made.positions()],
        "titles": [one.title for one in made.asked],
        "kinds": [one.kind for one in made.asked],
        "sizes": [len(one.labels) for one in made.asked],
        "options": [sorted(one.options) for one in made.asked],
        "items": [one.items for one in made.asked],
    } | other
    said = said_of(found)
    wrong = [
        difference
        for key, value in wanted.items()
        if value is not None
        for difference in _differences(key, said[key], value)
    ]
    counted = found.cells
    if counted.came_in != counted.kept + counted.rejected + counted.dropped:
        wrong.append(f"cells do not add up: {counted}")
    assert not wrong, "\n" + "\n".join(wrong)


def said_of(found: Inspection) -> dict[str, object]:
    """Return what an inspection says, in the words of `check`."""
    return {
        "kind": found.kind,
        "platform": found.platform,
        "layout": found.layout,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "header_rows": found.header_rows,
        "n_responses": found.n_responses,
        "n_columns": found.n_columns,
        "verdict": found.verdict,
        "cells": found.cells.came_in,
        "reasons": found.reasons,
        "damage": sorted({one.rule for one in found.damage}),
        "positions": [q.position for q in found.questions],
        "titles": [q.title for q in found.questions],
        "kinds": [q.kind for q in found.questions],
        "sizes": [q.n_columns for q in found.questions],
        "options": [sorted(q.options) for q in found.questions],
        "items": [q.items for q in found.questions],
        "personal": found.personal_columns,
    }


def _differences(key: str, found: object, made: object) -> list[str]:
    if found == made:
        return []
    if isinstance(found, list) and isinstance(made, list) and len(found) == len(made):
        pairs = enumerate(zip(found, made, strict=True))
        return [f"{key}[{k}]: found {a!r}, made {b!r}" for k, (a, b) in pairs if a != b]
    if key in ("positions", "titles", "kinds", "sizes", "options", "items"):
        return [f"{key}: found {found!r}"] if key == "titles" else []
    return [f"{key}: found {found!r}, made {made!r}"]
