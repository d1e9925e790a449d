"""Typeform: choices are columns without their question, so they are told by their cells."""

from __future__ import annotations

from observatoire_pipeline_tests.unit.ingest.platform_files import export_of, records_of, roles

SIZE = 8


def every(*cells):
    return [cells[k % len(cells)] for k in range(SIZE)]


def test_choices_side_by_side_are_one_question_until_other_or_a_repeat():
    export = export_of(
        records_of(
            [
                ("#", [f"{k:032x}" for k in range(SIZE)]),
                ("Are you *new*?", every("1", "0")),
                ("Python", every("Python", "")),
                ("Julia", every("")),
                ("<strong>R</strong>", every("", "R")),
                ("Other", every("", "", "my own")),
                ("Paris", every("Paris", "")),
                ("Lyon", every("", "Lyon")),
                ("Other", every("")),
                ("Your age?", [str(20 + k) for k in range(SIZE)]),
                ("Start Date (UTC)", every("2022-01-01 10:00:00")),
                ("Submit Date (UTC)", every("2022-01-01 10:05:00")),
                ("Network ID", every("abcdef0123")),
            ]
        )
    )
    assert export.platform == "typeform"
    assert [(q.title, q.kind, q.items) for q in export.questions] == [
        ("Are you new?", "single", ()),
        ("", "multiple", ("Python", "Julia", "R", "Other")),
        ("", "multiple", ("Paris", "Lyon", "Other")),
        ("Your age?", "number", ()),
    ]
    assert roles(export, "metadata") == [1, 11, 12]
    assert roles(export, "personal") == [13]
