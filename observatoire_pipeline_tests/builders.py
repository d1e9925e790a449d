"""Small things that tests are made of, first of all a codebook that fits on one screen.

In: builders of knowledge (a codebook). Not in: exports and frames, which each room's tests write by
hand, so that what they document stands beside them.

The survey, in the order of its questionnaire:

==============  ========  =====================================================================
variable        kind      what it shows
==============  ========  =====================================================================
profil          single    `autre` has its free text beside it; `declined` was offered; `region`
                          exists from 2018 on
equipe          single    oui/non; the filter of the repeated block
objectifs       multiple  `aucun` is exclusive, `autre` is typed text, `decider` is asked in 2018
                          only
difficultes     matrix    labels hold ` - `; offers do-not-know; ordered with poles; comment box
priorites       ranking   three items
budget          bracket   three intervals and do-not-know
agents          number
commentaire     text      2018 only
contact         text      personal
outil_type      single    repeated block `outils` (2 instances), asked when `equipe` is `oui`
outil_usages    multiple  repeated
outil_nom       text      repeated
==============  ========  =====================================================================
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from observatoire_pipeline.codebook.codebook import Codebook
from observatoire_pipeline.codebook.models import (
    Block,
    Bracket,
    Brackets,
    Code,
    ColumnText,
    Comparability,
    Document,
    Edition,
    Filter,
    Item,
    MissingLabel,
    PublishedFigure,
    Recode,
    SampleAim,
    Scale,
    Survey,
    Unit,
    Variable,
)

EDITIONS = ("2017", "2018")

_DO_NOT_KNOW = MissingLabel(kind="do_not_know", label="Ne sait pas", raw=("NSP",))
_DECLINED = MissingLabel(kind="declined", label="Ne souhaite pas répondre")

_WORDS: dict[tuple[str, str | None], tuple[str, str]] = {
    # (variable, item): (words in 2017, words in 2018)
    ("profil", None): ("Vous êtes ?", "Quelle est votre collectivité ?"),
    ("profil", "autre"): ("Autre (veuillez préciser)", "Autre (veuillez préciser)"),
    ("equipe", None): ("Avez-vous un outil numérique ?", "Avez-vous un outil numérique ?"),
    ("objectifs", None): ("Quels étaient vos objectifs ?", "Quels sont vos objectifs ?"),
    ("objectifs", "informer"): ("Informer les habitants", "Informer les habitants"),
    ("objectifs", "consulter"): ("Consulter les habitants", "Consulter les habitant·e·s"),
    ("objectifs", "decider"): ("not_asked", "Décider avec les habitants et les associ[…]"),
    ("objectifs", "aucun"): ("Aucun", "Aucun"),
    ("objectifs", "autre"): ("Autre (veuillez préciser)", "Autre (veuillez préciser)"),
    ("difficultes", None): (
        "Rencontrez-vous ces difficultés ?",
        "Rencontrez-vous ces difficultés ?",
    ),
    ("difficultes", "moyens"): ("Manque de moyens", "Manque de moyens"),
    ("difficultes", "temps"): ("Temps - calendrier", "Temps - calendrier"),
    ("difficultes", "precision"): ("Commentaires :", "Commentaires :"),
    ("priorites", None): ("Classez vos priorités", "Classez vos priorités"),
    ("priorites", "cout"): ("Le coût", "Le coût"),
    ("priorites", "securite"): ("La sécurité", "La sécurité"),
    ("priorites", "ergonomie"): ("L’ergonomie", "L’ergonomie"),
    ("budget", None): ("Quel budget annuel ?", "Quel budget annuel ?"),
    ("agents", None): ("Combien d’agents ?", "Combien d’agents ?"),
    ("commentaire", None): ("not_asked", "Souhaitez-vous ajouter quelque chose ?"),
    ("contact", None): ("Votre adresse électronique", "Votre adresse électronique"),
    ("outil_type", None): ("Outil {instance} : quel type ?", "Outil {instance} : quel type ?"),
    ("outil_usages", None): (
        "Outil {instance} : quels usages ?",
        "Outil {instance} : quels usages ?",
    ),
    ("outil_usages", "idees"): ("Boîte à idées", "Boîte à idées"),
    ("outil_usages", "budget_participatif"): ("Budget participatif", "Budget participatif"),
    ("outil_nom", None): ("Outil {instance} : quel nom ?", "Outil {instance} : quel nom ?"),
}


def small_codebook(**overrides: Any) -> Codebook:
    """Return a checked-by-hand codebook of two editions with one question of each kind.

    Args:
        **overrides: Fields of `Codebook` that replace those made here (`columns=`, `recodes=`...).
    """
    parts: dict[str, Any] = {
        "root": Path("small_codebook"),
        "sha256": "0" * 64,
        "survey": Survey(
            survey="petite_enquete",
            title="Petite enquête",
            publisher="Un observatoire",
            source_note="Source : petite enquête.",
            licence="Licence Ouverte 2.0 (etalab-2.0)",
        ),
        "units": _named(
            "unit",
            Unit(unit="collectivite", label="collectivité", plural="collectivités"),
            Unit(unit="outil", label="outil", plural="outils"),
        ),
        "editions": _named(
            "edition",
            Edition(edition="2017", title="Édition 2017", day_first=True, evidence="assumed"),
            Edition(edition="2018", title="Édition 2018", evidence="printed"),
        ),
        "blocks": _named(
            "block",
            Block(block="profil", title="Votre collectivité", unit="collectivite"),
            Block(block="outils", title="Vos outils", unit="outil", instances=2),
        ),
        "variables": _named("variable", *_variables()),
        "scales": _named("scale", *_scales()),
        "columns": tuple(
            ColumnText(variable=variable, item=item, edition=edition, text=text)
            for (variable, item), texts in _WORDS.items()
            for edition, text in zip(EDITIONS, texts, strict=True)
        ),
        "recodes": (
            Recode(
                scale="profil", edition="2017", label="Mairie", code="commune", evidence="assumed"
            ),
        ),
        "corrections": (),
        "comparability": _comparability(),
        "documents": _named(
            "document", Document(document="rapport_2018", title="Rapport 2018", state="final")
        ),
        "published": _named(
            "figure",
            PublishedFigure(
                figure="equipe_oui_2018",
                edition="2018",
                document="rapport_2018",
                variable="equipe",
                codes=("oui",),
                value=67,
                rounding="half_up",
                sample=SampleAim(aims=True),
            ),
        ),
        "timeline": (),
    }
    return Codebook(**(parts | overrides))


def _named(key: str, *entries: Any) -> dict[str, Any]:
    return {getattr(entry, key): entry for entry in entries}


def _scales() -> list[Scale | Brackets]:
    return [
        Scale(
            scale="profil",
            codes=(
                Code(code="commune", label="Commune", raw=("Une commune",)),
                Code(code="departement", label="Département"),
                Code(code="region", label="Région", editions=("2018",)),
                Code(code="autre", label="Autre", raw=("Autre (veuillez préciser)",)),
            ),
            missing=(_DECLINED,),
        ),
        Scale(
            scale="oui_non",
            codes=(
                Code(code="oui", label="Oui", pole="positive"),
                Code(code="non", label="Non", pole="negative"),
            ),
        ),
        Scale(
            scale="frequence",
            ordered=True,
            codes=(
                Code(code="jamais", label="Jamais", pole="positive"),
                Code(code="parfois", label="Parfois - rarement", pole="neutral"),
                Code(code="souvent", label="Souvent", pole="negative"),
            ),
            missing=(_DO_NOT_KNOW,),
        ),
        Scale(
            scale="type_outil",
            codes=(
                Code(code="plateforme", label="Plateforme"),
                Code(code="application", label="Application"),
            ),
        ),
        Brackets(
            brackets="budget",
            unit_of_measure="EUR",
            codes=(
                Bracket(code="moins_5000", label="Moins de 5 000 €", lower=0, upper=5000),
                Bracket(
                    code="de_5000_a_20000", label="De 5 000 à 20 000 €", lower=5000, upper=20000
                ),
                Bracket(code="plus_20000", label="20 000 € et plus", lower=20000, upper=None),
            ),
            missing=(_DO_NOT_KNOW,),
        ),
    ]


def _variables() -> list[Variable]:
    def variable(name: str, label: str, kind: str, block: str = "profil", **more: Any) -> Variable:
        return Variable(
            variable=name, label=label, kind=kind, block=block, evidence="printed", **more
        )

    equipped = Filter(variable="equipe", codes=("oui",))
    universe = "les collectivités équipées"
    return [
        variable("profil", "Type de collectivité", "single", scale="profil", other="autre"),
        variable("equipe", "Équipement", "single", scale="oui_non"),
        variable(
            "objectifs",
            "Objectifs",
            "multiple",
            items=(
                Item(item="informer", label="Informer"),
                Item(item="consulter", label="Consulter"),
                Item(item="decider", label="Décider"),
                Item(item="aucun", label="Aucun", exclusive=True),
                Item(item="autre", label="Autre", text=True),
            ),
        ),
        variable(
            "difficultes",
            "Difficultés",
            "matrix",
            scale="frequence",
            items=(
                Item(item="moyens", label="Moyens"),
                Item(item="temps", label="Temps"),
            ),
            comment="precision",
        ),
        variable(
            "priorites",
            "Priorités",
            "ranking",
            items=(
                Item(item="cout", label="Coût"),
                Item(item="securite", label="Sécurité"),
                Item(item="ergonomie", label="Ergonomie"),
            ),
        ),
        variable("budget", "Budget annuel", "bracket", scale="budget"),
        variable("agents", "Agents", "number", unit_of_measure="agent", minimum=0, maximum=100000),
        variable("commentaire", "Commentaire", "text"),
        variable("contact", "Adresse", "text", personal=True),
        variable(
            "outil_type",
            "Type d’outil",
            "single",
            "outils",
            scale="type_outil",
            filter=equipped,
            universe=universe,
        ),
        variable(
            "outil_usages",
            "Usages de l’outil",
            "multiple",
            "outils",
            items=(
                Item(item="idees", label="Boîte à idées"),
                Item(item="budget_participatif", label="Budget participatif"),
            ),
            filter=equipped,
            universe=universe,
        ),
        variable(
            "outil_nom", "Nom de l’outil", "text", "outils", filter=equipped, universe=universe
        ),
    ]


def _comparability() -> tuple[Comparability, ...]:
    reworded = ("profil", "objectifs")
    return tuple(
        Comparability(
            variable=variable.variable,
            among=EDITIONS,
            grade="reworded" if variable.variable in reworded else "identical",
            reason="Same question in other words."
            if variable.variable in reworded
            else "Same words, same answers.",
        )
        for variable in _variables()
        if variable.variable != "commentaire"
    )
