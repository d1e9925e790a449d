"""Rules that hold between the entries of a codebook.

In: cross-references, coverage, labels that collide: each rule yields the entry at fault and what
its editor should know. Not in: where the entry stands in its file (`reader` knows), and rules that
one entry can check alone (`models`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from itertools import combinations

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    MISSING_KINDS,
    NOT_ASKED_MARK,
    OFFERED_MISSING,
    Bracket,
    Brackets,
    Code,
    CodedText,
    ColumnText,
    Entry,
    Scale,
    Variable,
)

Finding = tuple[Entry | None, str]


def find_inconsistencies(
    codebook: Codebook, *, broken: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """Yield every broken rule as (entry at fault, message); None stands for comparability.yaml.

    The later rules look names up: variables with a name that leads nowhere are left out of them,
    and so is what could only be said because an entry is missing.

    Args:
        codebook: The entries that could be read.
        broken: Names of entries that could not.
    """
    unresolved = list(_references(codebook))
    lost = broken | unresolved_variables(unresolved)
    sound = replace(
        codebook,
        variables={name: v for name, v in codebook.variables.items() if name not in lost},
    )
    rules = (
        _columns,
        _filters,
        _headings,
        _recodes,
        _corrections,
        _published,
        _comparability,
        _quality,
        _codings,
        _identity,
    )
    findings = [*_scales(codebook), *(finding for rule in rules for finding in rule(sound))]
    follows = [re.compile(rf"\b{re.escape(name)}\b") for name in sorted(lost)]
    declared = [re.compile(rf"\b{re.escape(name)}\b") for name in sorted(broken)]
    yield from (f for f in unresolved if not any(word.search(f[1]) for word in declared))
    yield from (f for f in findings if not any(word.search(f[1]) for word in follows))


def meant(name: str, known: Iterable[str]) -> str:
    """Return the known name that a misspelled one resembles, as the end of a message."""
    near = get_close_matches(name, [str(one) for one in known], n=1, cutoff=0.7)
    return f"; did you mean '{near[0]}'?" if near else ""


def unresolved_variables(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the variables that findings say use a name which leads nowhere."""
    return frozenset(
        entry.variable
        for entry, message in findings
        if isinstance(entry, Variable) and re.search(r"^(block|scale)\b|needs .*scale", message)
    )


def _per_edition(value: object) -> dict[str, str]:
    return dict(value) if isinstance(value, dict) else {}


def _references(codebook: Codebook) -> Iterator[Finding]:
    for block in codebook.blocks.values():
        if block.unit not in codebook.units:
            hint = meant(block.unit, codebook.units)
            yield block, f"unit '{block.unit}' is not declared in editions.yaml{hint}"
        for edition in _per_edition(block.instances):
            if edition not in codebook.editions:
                yield block, f"instances: edition '{edition}' is not declared"
    for variable in codebook.variables.values():
        yield from _references_of(codebook, variable)


def _references_of(codebook: Codebook, variable: Variable) -> Iterator[Finding]:
    name = variable.variable
    asked = [key for key in codebook.editions if codebook.asked(name, key)]
    blocks = _per_edition(variable.block) or {key: str(variable.block) for key in asked}
    for block in sorted(set(blocks.values()) - set(codebook.blocks)):
        yield variable, f"block '{block}' is not declared{meant(block, codebook.blocks)}"
    repeated = {codebook.blocks[b].repeated for b in blocks.values() if b in codebook.blocks}
    if len(repeated) > 1:
        yield variable, "its blocks are repeated in some editions and asked once in others"
    for what, given in (
        ("block", _per_edition(variable.block)),
        ("scale", _per_edition(variable.scale)),
        ("evidence", _per_edition(variable.evidence)),
    ):
        if given:
            for edition in sorted(set(given) - set(codebook.editions)):
                yield variable, f"{what}: edition '{edition}' is not declared in editions.yaml"
            for edition in [key for key in asked if key not in given and what != "evidence"]:
                yield variable, f"{what}: edition '{edition}' asks it, but has no {what}"
    if not asked and any(column.variable == name for column in codebook.columns):
        yield variable, f"no edition asks {name} (columns/*.csv): remove it, or give its words"
    for scale in _scale_names(variable):
        if scale not in codebook.scales:
            hint = meant(scale, codebook.scales)
            yield (
                variable,
                f"scale '{scale}' is not declared in scales.yaml or brackets.yaml{hint}",
            )
        elif isinstance(codebook.scales[scale], Brackets) != (variable.kind == "bracket"):
            kind = "brackets" if variable.kind == "bracket" else "a scale"
            yield variable, f"'{scale}': a {variable.kind} question needs {kind}"
        elif variable.other is not None and variable.other not in [
            code.code for code in codebook.scales[scale].codes
        ]:
            codes = [code.code for code in codebook.scales[scale].codes]
            hint = meant(variable.other, codes) or f": {', '.join(codes)}"
            yield variable, f"other: '{variable.other}' is not a code of '{scale}'{hint}"
    if variable.kind == "multiple":
        for item in variable.items:
            if item.exclusive and item.text:
                yield variable, f"item '{item.item}' cannot be both exclusive and a text"


def _scale_names(variable: Variable) -> list[str]:
    if variable.scale is None:
        return []
    if isinstance(variable.scale, str):
        return [variable.scale]
    return list(dict.fromkeys(variable.scale.values()))


def _scales(codebook: Codebook) -> Iterator[Finding]:
    for scale in codebook.scales.values():
        first: dict[str, Code] = {}
        for code in scale.codes:
            if first.setdefault(code.code, code) is not code:
                other = first[code.code].label
                yield (
                    code,
                    f"'{scale.scale}' gives the code '{code.code}' twice, first to {other!r}",
                )
            if code.code in MISSING_KINDS:
                yield code, f"code '{code.code}' is the name of a kind of missing: use 'missing:'"
        for code in scale.codes:
            for edition in code.editions or ():
                if edition not in codebook.editions:
                    yield code, f"code '{code.code}': edition '{edition}' is not declared"
        yield from _one_meaning(codebook, scale)
        if isinstance(scale, Brackets):
            yield from _bracket_order(scale, editions=tuple(codebook.editions))
    for variable in codebook.variables.values():
        meanings: dict[str, str] = {}
        for used in _scale_names(variable):
            own: dict[str, Code] = {}
            for code in codebook.scales[used].codes if used in codebook.scales else ():
                if own.setdefault(code.code, code) is not code:
                    continue  # it was said that the scale gives it twice
                if meanings.setdefault(code.code, code.label) != code.label:
                    yield (
                        variable,
                        f"code '{code.code}' has two labels in its scales: "
                        f"{meanings[code.code]!r} and {code.label!r}",
                    )


def _one_meaning(codebook: Codebook, scale: Scale | Brackets) -> Iterator[Finding]:
    """Yield the labels that mean two answers, at the code or the recode that comes second."""
    from observatoire_pipeline.codebook.labels import normalise_label

    said: set[int] = set()
    for edition in codebook.editions:
        meanings: dict[str, tuple[str, Entry]] = {}
        labels: list[tuple[str, str, Entry]] = []
        for code in scale.codes:
            if code.editions is None or edition in code.editions:
                labels += [(label, code.code, code) for label in (code.label, *code.raw)]
        for missing in scale.missing:
            labels += [(label, missing.kind, missing) for label in (missing.label, *missing.raw)]
        labels += [
            (recode.label, recode.code, recode)
            for recode in codebook.recodes
            if recode.scale == scale.scale and recode.edition in ("*", edition)
        ]
        for label, meaning, entry in labels:
            known, _ = meanings.setdefault(normalise_label(label), (meaning, entry))
            if known != meaning and id(entry) not in said:
                said.add(id(entry))
                yield (
                    entry,
                    f"{label!r} already means '{known}' in '{scale.scale}'; it cannot mean "
                    f"'{meaning}' too (edition {edition})",
                )


def _bracket_order(scale: Brackets, *, editions: tuple[str, ...]) -> Iterator[Finding]:
    """Yield brackets out of order, and values between two that none holds."""
    said: set[int] = set()
    for edition in editions:
        offered = [c for c in scale.codes if c.editions is None or edition in c.editions]
        for position, code in enumerate(offered):
            before = offered[position - 1] if position else None
            message = _misplaced(code, before, last=position == len(offered) - 1)
            if message and id(code) not in said:
                said.add(id(code))
                yield code, message


def _misplaced(code: Bracket, before: Bracket | None, *, last: bool) -> str:
    if code.upper is None and not last:
        return f"bracket '{code.code}' is open above, but is not the last"
    if before is None or before.upper is None:
        return ""
    if code.lower is None:
        return f"bracket '{code.code}' is open below, but is not the first"
    if code.lower < before.upper:
        return f"bracket '{code.code}' begins at {code.lower:.15g}, below {before.upper:.15g}"
    if code.lower > before.upper:
        return (
            f"no bracket holds {before.upper:.15g} to {code.lower:.15g}: '{code.code}' should "
            f"begin where '{before.code}' ends (lower is included, upper is not)"
        )
    return ""


_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")


def _words(codebook: Codebook, column: ColumnText) -> Iterator[Finding]:
    """Yield words that were meant as a mark and are none."""
    text = column.text
    if text != NOT_ASKED_MARK and text.casefold().replace("-", " ").replace("_", " ").split() in (
        ["not", "asked"],
        ["notasked"],
    ):
        yield column, f"{column.edition}: found {text!r}; write {NOT_ASKED_MARK}"
    for found in _PLACEHOLDER.finditer(text):
        if found[0] != "{instance}" and get_close_matches(found[1].lower(), ["instance"]):
            yield column, f"{column.edition}: found {found[0]!r}; write {{instance}}"
    if "{instance}" in text and codebook.asked(column.variable, column.edition):
        block = codebook.block_of(column.variable, column.edition)
        if not block.repeated:
            yield (
                column,
                f"{column.edition}: {{instance}} in the words of {column.variable}, but the block "
                f"'{block.block}' is asked once (instances, in variables.yaml)",
            )


def _columns(codebook: Codebook) -> Iterator[Finding]:
    for column in codebook.columns:
        variable = codebook.variables.get(column.variable)
        if variable is None:
            if column.edition == next(iter(codebook.editions)):
                hint = meant(column.variable, codebook.variables)
                message = f"variable '{column.variable}' is not declared in variables.yaml{hint}"
                yield column, message
            continue
        yield from _words(codebook, column)
        known = [item.item for item in variable.items]
        known += [name for name in (variable.other, variable.comment) if name]
        first = column.edition == next(iter(codebook.editions))
        if first and column.item is not None and column.item not in known:
            hint = meant(column.item, known) or f" (items: {', '.join(known) or 'none'})"
            yield column, f"'{column.item}' is no item of {column.variable}{hint}"
        asked = codebook.asked(column.variable, column.edition)
        if column.item is not None and column.text != NOT_ASKED_MARK and not asked:
            yield column, f"{column.edition} words the item, but does not ask {column.variable}"
    given = {(column.variable, column.item) for column in codebook.columns}
    for variable in codebook.variables.values():
        wanted: list[str | None] = [None, *(item.item for item in variable.items)]
        wanted += [name for name in (variable.other, variable.comment) if name]
        for item in wanted:
            if (variable.variable, item) not in given and (
                item is None or (variable.variable, None) in given
            ):
                what = f"item '{item}' of {variable.variable}" if item else variable.variable
                yield (
                    variable,
                    f"columns/*.csv has no row for {what}: add {variable.variable},{item or ''},… "
                    "with its words, or not_asked, for each edition",
                )


def _filters(codebook: Codebook) -> Iterator[Finding]:
    order = list(codebook.variables)
    for variable in codebook.variables.values():
        rule = variable.filter
        if rule is None:
            continue
        target = codebook.variables.get(rule.variable)
        if target is None:
            hint = meant(rule.variable, codebook.variables)
            yield variable, f"filter: variable '{rule.variable}' is not declared{hint}"
            continue
        if order.index(rule.variable) >= order.index(variable.variable):
            yield variable, f"filter: '{rule.variable}' must come before it in variables.yaml"
        if bool(target.items) != (rule.item is not None):
            yield (
                variable,
                f"filter: '{rule.variable}' {'needs an' if target.items else 'has no'} item",
            )
        elif rule.item is not None and rule.item not in [item.item for item in target.items]:
            yield variable, f"filter: '{rule.item}' is no item of '{rule.variable}'"
        allowed = {*codebook.codes_of(rule.variable), *OFFERED_MISSING}
        for code in rule.codes:
            if code not in allowed:
                hint = meant(code, allowed)
                yield variable, f"filter: '{code}' is no answer of '{rule.variable}'{hint}"
        if codebook.is_repeated(rule.variable) and not codebook.is_repeated(variable.variable):
            yield variable, "filter: a question asked once cannot depend on a repeated one"
        for edition in codebook.editions:
            if codebook.asked(variable.variable, edition) and not codebook.asked(
                rule.variable, edition, item=rule.item
            ):
                yield variable, f"filter: edition {edition} does not ask '{rule.variable}'"


def _headings(codebook: Codebook) -> Iterator[Finding]:
    """No two columns of one edition may show the same heading, but for instances of one question.

    Where a file shows one title for every instance, their order tells them apart.
    """
    from observatoire_pipeline.codebook.labels import normalise_label

    for edition in codebook.editions:
        seen: dict[tuple[str, str], str] = {}
        for column in codebook.expected_columns(edition):
            key = (normalise_label(column.title), normalise_label(column.label or ""))
            name = f"{column.variable} {column.item or ''}".strip()
            if seen.get(key, name) != name and column.variable in codebook.variables:
                yield (
                    codebook.variables[column.variable],
                    f"edition {edition}: {name} has the same heading as {seen[key]}",
                )
            seen.setdefault(key, name)


def _recodes(codebook: Codebook) -> Iterator[Finding]:
    for recode in codebook.recodes:
        if recode.edition != "*" and recode.edition not in codebook.editions:
            yield recode, f"edition '{recode.edition}' is not declared"
        scale = codebook.scales.get(recode.scale)
        if scale is None:
            hint = meant(recode.scale, codebook.scales)
            yield recode, f"scale '{recode.scale}' is not declared{hint}"
            continue
        known = [code.code for code in scale.codes]
        if recode.code not in (*known, *OFFERED_MISSING):
            yield recode, f"'{recode.code}' is no code of '{recode.scale}': {', '.join(known)}"


def _corrections(codebook: Codebook) -> Iterator[Finding]:
    for correction in codebook.corrections:
        if correction.edition not in codebook.editions:
            yield correction, f"edition '{correction.edition}' is not declared"
        elif correction.variable is not None:
            if correction.variable not in codebook.variables:
                hint = meant(correction.variable, codebook.variables)
                yield correction, f"variable '{correction.variable}' is not declared{hint}"
            elif not codebook.asked(correction.variable, correction.edition, item=correction.item):
                yield correction, f"edition {correction.edition} does not ask this"


def _published(codebook: Codebook) -> Iterator[Finding]:
    for figure in codebook.published.values():
        if figure.document not in codebook.documents:
            hint = meant(figure.document, codebook.documents)
            yield figure, f"document '{figure.document}' is not declared{hint}"
        if figure.edition not in codebook.editions:
            yield figure, f"edition '{figure.edition}' is not declared"
            continue
        if figure.variable not in codebook.variables:
            hint = meant(figure.variable, codebook.variables)
            yield figure, f"variable '{figure.variable}' is not declared{hint}"
            continue
        if not codebook.asked(figure.variable, figure.edition, item=figure.item):
            what = " ".join(filter(None, (figure.variable, figure.item)))
            if any(column.variable == figure.variable for column in codebook.columns):
                yield figure, f"edition {figure.edition} does not ask {what}"
        if bool(codebook.variables[figure.variable].items) != (figure.item is not None):
            yield figure, "item: needed for a battery, and only for a battery"
        allowed = {*codebook.codes_of(figure.variable), *OFFERED_MISSING}
        for code in figure.codes:
            if code not in allowed:
                hint = meant(code, allowed) or f": {', '.join(sorted(allowed))}"
                yield figure, f"'{code}' is no code of {figure.variable}{hint}"
        if figure.rounding == "largest_remainder" and figure.group is None:
            yield figure, "largest_remainder needs the group of figures that sum to 100"
    groups = Counter(f.group for f in codebook.published.values() if f.group)
    for group, count in groups.items():
        if count == 1:
            alone = next(f for f in codebook.published.values() if f.group == group)
            yield alone, f"group '{group}' has one figure only"


def _comparability(codebook: Codebook) -> Iterator[Finding]:
    keys = list(codebook.editions)
    declared: Counter[tuple[str, str | None, str, str]] = Counter()
    for entry in codebook.comparability:
        variable = codebook.variables.get(entry.variable)
        if variable is None:
            hint = meant(entry.variable, codebook.variables)
            yield entry, f"variable '{entry.variable}' is not declared{hint}"
            continue
        unknown = {*(entry.among or ()), *(entry.earlier or ()), *(entry.later or ())} - set(keys)
        if unknown:
            yield entry, f"editions not declared: {', '.join(sorted(unknown))}"
            continue
        items = [item.item for item in variable.items]
        for item in entry.items or ():
            if item not in items:
                yield entry, f"'{item}' is no item of {entry.variable}"
        if entry.grade == "not_asked":
            yield entry, "not_asked needs no declaration: columns/*.csv says it"
        for first, second in pairs_of(entry, keys):
            if keys.index(first) >= keys.index(second):
                yield entry, f"{first} is not before {second}"
            graded: list[str | None] = [*(entry.items or items)]
            for row in graded or [None]:
                both = all(codebook.asked(entry.variable, e, item=row) for e in (first, second))
                if not both and (entry.items is not None or not items):
                    yield entry, f"{first}–{second}: one of them does not ask {row or 'it'}"
                declared[entry.variable, row, first, second] += 1
    for (name, graded_item, first, second), count in declared.items():
        if count > 1:
            entry = next(c for c in codebook.comparability if c.variable == name)
            yield entry, f"{graded_item or name} {first}–{second} is graded {count} times"
    for variable in codebook.variables.values():
        for first, second in combinations(keys, 2):
            items_named: list[str | None] = [i.item for i in variable.items]
            missing = [
                item
                for item in items_named or [None]
                if all(codebook.asked(variable.variable, e, item=item) for e in (first, second))
                and not declared[variable.variable, item, first, second]
            ]
            if missing:
                words = ", ".join(item for item in missing if item)
                entries = [c for c in codebook.comparability if c.variable == variable.variable]
                yield (
                    entries[-1] if entries else None,
                    f"no grade for {variable.variable} {first}–{second}"
                    + (f" (items: {words})" if words else ""),
                )


def _quality(codebook: Codebook) -> Iterator[Finding]:
    for name in codebook.survey.quality.organisation:
        variable = codebook.variables.get(name)
        if variable is None or variable.kind != "text" or variable.personal:
            what = "is not declared" if variable is None else "is not a text that is kept"
            yield codebook.survey, f"quality.organisation: variable '{name}' {what}"


def _codings(codebook: Codebook) -> Iterator[Finding]:
    declared: dict[tuple[str, str | None], set[str]] = {}
    alone: dict[tuple[str, str | None], set[str]] = {}
    for coding in codebook.codings:
        key = (coding.variable, coding.item)
        if key in declared:
            yield (
                coding,
                f"{coding.variable} {coding.item or ''} has two codings".replace("  ", " "),
            )
        declared[key] = {theme.code for theme in coding.codes}
        alone[key] = {theme.code for theme in coding.codes if theme.exclusive}
        variable = codebook.variables.get(coding.variable)
        if variable is None:
            yield coding, f"variable '{coding.variable}' is not declared"
        elif coding.item not in _typed(variable):
            boxes = ", ".join(box or "none" for box in _typed(variable)) or "nothing is typed there"
            yield coding, f"{coding.variable}: item {coding.item or 'none'}; expected {boxes}"
    seen: dict[tuple[str, str | None, str], CodedText] = {}
    for text in codebook.coded_texts:
        key = (text.variable, text.item)
        codes = declared.get(key)
        where = f"{text.variable}{f', item {text.item}' if text.item else ''}"
        if codes is None:
            yield text, f"codings.yaml declares no coding of {where}"
        else:
            known = ", ".join(sorted(codes))
            for code in text.themes:
                if code not in codes:
                    yield text, f"code '{code}' is not declared for {where} (codings.yaml): {known}"
                elif code in alone[key] and text.themes[1:]:
                    yield text, f"{text.code}: '{code}' is exclusive, no other code goes with it"
        first = seen.setdefault((text.variable, text.item, text.text_sha256), text)
        if first is not text:
            yield text, f"this text of {where} has the code '{first.code}' on an earlier line"


def _typed(variable: Variable) -> list[str | None]:
    """Return what of a question holds typed text: itself (None), or boxes of it."""
    if variable.kind == "text":
        return [] if variable.personal else [None]
    boxes = [variable.other, variable.comment, *(i.item for i in variable.items if i.text)]
    return [box for box in boxes if box is not None]


def pairs_of(entry: Entry, keys: list[str]) -> list[tuple[str, str]]:
    """Return the pairs of editions (earlier, later) that a comparability entry grades."""
    among = getattr(entry, "among", None)
    if among is not None:
        return list(combinations(sorted(among, key=keys.index), 2))
    earlier, later = getattr(entry, "earlier", None) or (), getattr(entry, "later", None) or ()
    return [(first, second) for first in earlier for second in later]


_IDENTITY_KINDS = {
    "name": ("text",),
    "type": ("single",),
    "departement": ("single", "text"),
    "postcode": ("text",),
    "region": ("single",),
    "size": ("bracket",),
}


def _identity(codebook: Codebook) -> Iterator[Finding]:
    survey = codebook.survey
    identity = survey.identity
    asked = [(role, getattr(identity, role), kinds) for role, kinds in _IDENTITY_KINDS.items()]
    asked += [("per_inhabitant", name, ("bracket",)) for name in identity.per_inhabitant]
    for role, name, kinds in asked:
        if name is None:
            continue
        variable = codebook.variables.get(name)
        if variable is None:
            hint = meant(name, codebook.variables)
            yield survey, f"identity.{role}: variable '{name}' is not declared{hint}"
        elif variable.kind not in kinds:
            wanted = " or ".join(kinds)
            yield survey, f"identity.{role}: {name} is a {variable.kind} question, not {wanted}"
        elif codebook.is_repeated(name):
            yield survey, f"identity.{role}: {name} is asked of each instance of a repeated block"
        elif role == "per_inhabitant":
            for scale in codebook.scales_of(name):
                if isinstance(scale, Brackets) and scale.unit_of_measure != "€":
                    yield (
                        survey,
                        f"identity.per_inhabitant: {name} is in {scale.unit_of_measure}, not in €",
                    )
    if identity.type is None and identity.types:
        yield survey, "identity.types reads the answers to identity.type, which is not given"
    elif identity.type in codebook.variables:
        codes = {code.code for scale in codebook.scales_of(identity.type) for code in scale.codes}
        for code in sorted(set(identity.types) - codes):
            hint = meant(code, codes)
            yield survey, f"identity.types: '{code}' is no answer to {identity.type}{hint}"
        for code in sorted(codes - set(identity.types)):
            yield survey, f"identity.types: the answer '{code}' of {identity.type} has no type"
    listed = survey.population.unit
    if listed is not None and listed not in codebook.units:
        yield survey, f"population.unit: no unit '{listed}'{meant(listed, codebook.units)}"
    sizes = {name for group in survey.weighting.sizes for name in group}
    if sizes and identity.size is None:
        yield survey, "weighting.sizes are answers to identity.size, which is not given"
    elif sizes and identity.size in codebook.variables:
        codes = {code.code for scale in codebook.scales_of(identity.size) for code in scale.codes}
        for code in sorted(sizes - codes):
            hint = meant(code, codes)
            yield survey, f"weighting.sizes: '{code}' is no answer to {identity.size}{hint}"
        for code in sorted(codes - sizes):
            yield survey, f"weighting.sizes: the answer '{code}' of {identity.size} is left out"
