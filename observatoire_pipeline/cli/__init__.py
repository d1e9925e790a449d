"""The `observatoire` command, one module for each command or family of commands.

In: reading arguments, launching jobs, printing. Not in: any rule about the survey or its data.
`survey` holds the options that commands share, `execution` how a job is executed here. A new
command is a module of its own and one line below. Nothing slower than click is imported before a
command runs.
"""

from __future__ import annotations

import click

from observatoire_pipeline.cli import (
    audit,
    codebook,
    coding,
    dictionary,
    download,
    inspect,
    match,
    quality,
    run,
    sample,
    table,
    trace,
    ui,
)


@click.group()
def main() -> None:
    """From raw survey exports to comparable series, honest figures and charts."""


main.add_command(run.run)
main.add_command(ui.ui)
main.add_command(quality.quality)
main.add_command(sample.sample)
main.add_command(download.download)
main.add_command(inspect.inspect)
main.add_command(codebook.codebook_group)
main.add_command(coding.coding_group)
main.add_command(dictionary.dictionary)
main.add_command(audit.audit_percentages)
main.add_command(match.match)
main.add_command(table.table)
main.add_command(trace.trace)
