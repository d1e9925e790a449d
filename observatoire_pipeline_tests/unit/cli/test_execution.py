"""A job that fails is told in words: whose fault it is, and where."""

import dagster as dg
import pytest

from observatoire_pipeline.cli.execution import execute
from observatoire_pipeline.ingest.refusal import refuse


def complaint(error, capsys):
    @dg.op
    def step():
        raise error

    @dg.job
    def failing():
        step()

    definitions = dg.Definitions(jobs=[failing], executor=dg.in_process_executor)
    with dg.DagsterInstance.ephemeral() as instance:
        assert not execute(definitions, instance, "failing", label="a step")
    return capsys.readouterr().err


def test_a_refusal_is_told_in_its_own_words(capsys):
    told = complaint(refuse("a.csv", "", found="an empty file", expected="an export"), capsys)
    assert "step: export refused, 1 problem:" in told
    assert "a.csv: found an empty file; expected an export" in told
    assert "fault of the pipeline" not in told


def test_a_fault_of_the_pipeline_is_called_so_with_its_place(capsys):
    told = complaint(AttributeError("'Member' object has no attribute 'content'"), capsys)
    assert "'Member' object has no attribute 'content'" in told
    assert "a fault of the pipeline, not of the file: File " in told
    assert "test_execution.py" in told


@pytest.mark.parametrize("error", [PermissionError(13, "denied"), MemoryError()])
def test_what_the_machine_does_is_no_fault_of_the_pipeline(error, capsys):
    assert "fault of the pipeline" not in complaint(error, capsys)
