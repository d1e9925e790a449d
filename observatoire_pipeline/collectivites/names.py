"""A typed name taken apart: what it says of the type, the place, the identifiers, what is left.

In: text alone. Folding (accents, ligatures, hyphens, St/Ste), type words ("Ville de", "CC",
"CD44"), numbers (SIREN, postcode, département), words of bodies that are no collectivité. Not in:
which units exist; that is `reference`, and `matching` brings the two together.

Nothing here decides. A name that can be read in two ways keeps both readings, and the reference
tells which of them exists: "Ville-d'Avray" is a commune, "Ville d'Angers" is the commune of Angers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

ARTICLES = frozenset({"le", "la", "les", "l"})
CONNECTORS = ARTICLES | frozenset(
    {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "sous", "sur", "dit", "lez"}
)
LOOSE = frozenset(
    {
        "agglo", "agglomeration", "agglomerations", "communaute", "eurometropole", "interco",
        "intercom", "intercommunalite", "metropole", "territoire", "communautes", "communes",
    }
)  # fmt: skip
"""Words that an EPCI has in its name or not as one likes; they are not its type in law."""

WORDS = {
    "st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "snt": "saint",
    "gd": "grand", "gde": "grande", "gds": "grands", "gdes": "grandes", "mt": "mont",
    "mts": "monts", "ht": "haut", "hte": "haute", "hts": "hauts", "htes": "hautes",
    "vx": "vieux", "cne": "commune", "dept": "departement", "dpt": "departement",
    "dep": "departement", "comm": "communaute", "cté": "communaute", "cte": "communaute",
    "ctes": "communes", "cnes": "communes", "cts": "communes", "metrop": "metropole",
    "agglos": "agglo", "lès": "les", "lez": "les", "vals": "val",
}  # fmt: skip

_SIGNS = str.maketrans({
    "œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "&": " et ",
    "+": " et ", "\u2019": " ", "\u2018": " ", "'": " ", "`": " ", "´": " ", "ʼ": " ",
})  # fmt: skip


_COMBINING = re.compile("[\u0300-\u036f]+")


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return a name in lower case without accents, ligatures or signs, St and Ste written out.

    "S" before a stroke is "sur" ("Vitry s/Seine"), "ss" is "sous". One blank parts the words.
    """
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).casefold()
    if "/" in text:
        text = re.sub(r"\bs\s*/\s*s(?:/|\b)\s*", " sous ", text)
        text = re.sub(r"\bs\s*/\s*", " sur ", text)
        text = re.sub(r"\bss\s*/\s*", " sous ", text)
    if not text.isascii():
        text = _COMBINING.sub("", unicodedata.normalize("NFKD", text))
    if "." in text:
        text = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", "", text)  # C.C. and C.A.
    words = re.sub(r"[^0-9a-z]+", " ", text).split()
    return " ".join(WORDS.get(word, word) for word in words)


def without_article(folded: str) -> str:
    """Return a folded name without its leading article ("le havre" → "havre")."""
    first, _, rest = folded.partition(" ")
    return rest if first in ARTICLES and rest else folded


@lru_cache(maxsize=200_000)
def content(folded: str) -> str:
    """Return the words of a folded name that carry its meaning, in their order.

    A name that is nothing but connecting words ("Les", "Sous") is kept.
    """
    kept = [word for word in folded.split() if word not in CONNECTORS]
    return " ".join(kept) or folded


def core_of_epci(folded: str) -> str:
    """Return the content of an EPCI's name without the words that come and go (agglo)."""
    kept = [word for word in content(folded).split() if word not in LOOSE]
    return " ".join(kept)


def repair_mojibake(text: str) -> str:
    """Return UTF-8 text that was read as Windows-1252 as it was; other text unchanged."""
    if not re.search("[ÃÅâ]", text):
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
    return text


def luhn_valid(digits: str) -> bool:
    """Tell whether digits pass the check of ISO/IEC 7812 (Luhn), as SIREN and SIRET do."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# --------------------------------------------------------------------------------- type words

_OF = r"(?: (?:de la|de l|des|du|de|d))?"
_THE = r"(?:(?:la|le|les|l) )?"
_COMMUNITY = r"com+un+au?tes?"

_LEADING: tuple[tuple[str, str, str, str], ...] = (
    (rf"{_COMMUNITY} (?:de |des |d )?com+unes?", "epci", "CC", "strict"),
    (rf"{_COMMUNITY} (?:de |des |d |de l |l )?ag+lom+erations?", "epci", "CA", "strict"),
    (rf"{_COMMUNITY} (?:de |des |d |de l )?agglo", "epci", "CA", "strict"),
    (rf"{_COMMUNITY} urb?aine", "epci", "CU", "strict"),
    (r"com(?: de)? com", "epci", "CC", "strict"),
    (r"com(?= (?:de|d|du|des) )(?! d agglo)", "commune", "", "strict"),
    (r"com d agglo", "epci", "CA", "strict"),
    (r"comcom|codecom|cdc|cc", "epci", "CC", "strict"),
    (r"cda|ca", "epci", "CA", "strict"),
    (r"cu", "epci", "CU", "strict"),
    (r"ag+lom+erations?|agglo", "epci", "CA", "loose"),
    (r"eurometropole|metropole europeenne|metropole", "epci", "METRO", "loose"),
    (r"intercommunalite|interco|intercom|epci", "epci", "", "loose"),
    (_COMMUNITY, "epci", "", "loose"),
    (
        r"conseil departement(?:ale?)?|conseil general|departement|hotel du departement|"
        r"collectivite departementale|cd|cg",
        "departement",
        "",
        "strict",
    ),
    (r"conseil regionale?|region|hotel de region|cr", "region", "", "strict"),
    (
        r"hotel de ville|ville|villes|mairie|mairies|commune nouvelle|commune deleguee|commune|"
        r"municipalite|conseil municipal|maire|(?:mairi|mairei|marie|vile|vill|vlle|comune|commne)"
        r"(?= (?:de|d|du|des) )|adjointe? au maire|conseillere? municipale?",
        "commune",
        "",
        "strict",
    ),
)
_TRAILING: tuple[tuple[str, str, str, str], ...] = (
    (rf"{_COMMUNITY} (?:de |des )?com+unes?", "epci", "CC", "strict"),
    (rf"{_COMMUNITY} (?:d )?ag+lom+eration", "epci", "CA", "strict"),
    (rf"{_COMMUNITY} urbaine", "epci", "CU", "strict"),
    (r"com com|comcom|cc", "epci", "CC", "strict"),
    (r"ag+lom+eration|agglo", "epci", "CA", "loose"),
    (r"eurometropole|metropole", "epci", "METRO", "loose"),
    (r"intercommunalite|interco|epci", "epci", "", "loose"),
    (_COMMUNITY, "epci", "", "loose"),
    (r"conseil departemental|conseil general|departement", "departement", "", "strict"),
    (r"conseil regional|region", "region", "", "strict"),
    (r"hotel de ville|mairie|ville|commune", "commune", "", "strict"),
)
_LEADING_RE = tuple(
    (re.compile(rf"^{_THE}(?:{pattern})(?P<of>{_OF})(?= |$)"), kind, nature, force)
    for pattern, kind, nature, force in _LEADING
)
_TRAILING_RE = tuple(
    (re.compile(rf"(?:^| )(?:{_THE})(?:{pattern})$"), kind, nature, force)
    for pattern, kind, nature, force in _TRAILING
)

_SERVICE = re.compile(
    r"^(?:(?:la|le|l|les) )?(?:services?|directions?|dgs|dga|mission|pole|cabinet|maire|adjointe?|"
    r"elue?|elus|conseillere?|conseillers|chargee?|responsable|agent|secretariat|secretaire|"
    r"direction generale|maires)\b"
)
_INSIDE = re.compile(
    r"\b(?:a la |de la |du |de |au |aux |a l |de l )?"
    r"(ville|mairie|maire|maires|commune|communaute|metropole|eurometropole|agglomeration|agglo|"
    r"conseil departemental|departement|conseil regional|region)\b"
)

OTHER_BODIES = {
    "association": """
        associations?, asso, assoc, amicale, collectif, comite, club, federation, ligue,
        foyer, mjc, union des, union de, amf, amrf, ancv, adcf, france urbaine, villes de
        france, apvf, fncc, les amis, confederation, reseau, on est, alternatiba, attac,
        anacej
    """,
    "company": """
        sarl, sas, sasu, sa, eurl, scop, scic, sci, entreprise, societe, cabinet(?! (?:du
        maire|du president|de la maire)), consulting, conseils, consultants?, startup,
        agence, bureau d etudes?, sem, spl, seml, sncf, edf, engie, veolia, orange, la
        poste, groupe, holding, editions?, imprimerie, banque, credit agricole, credit
        mutuel, boulangerie, garage, solutions?, technologies, transports?, start up,
        assurances?, studio, cap collectif, fluicity, civocracy, bluenove, open source
        politics
    """,
    "school or university": """
        universite, universites, univ, iut, iep, sciences po, lycee, college, ecoles?, cnrs,
        laboratoire, faculte, institut, inra, inrae, ensa, insa, grande ecole, campus,
        doctorante?, etudiante?, crous, rectorat, academie, inspection academique
    """,
    "syndicat": """
        syndicat, syndicats, sivom, sivu, sivos, siaep, siea, siva, smictom, sictom, sitom,
        syctom, sdis, sde, sdea, siel, sieds, petr, pole d equilibre, pole metropolitain,
        pnr, parcs? naturels?, parc national, syndicat mixte, smitom, smd, smde, sdee,
        sigeif, sipperec, siaap, sdef, syane, morbihan energies, scot, gal, leader, ccid,
        epage, eptb, megalis, gip, agence de l eau
    """,
    "State service": """
        direction departementale, direction regionale, direction interregionale, prefecture,
        sous prefecture, prefet, prefete, ddtm, ddt, dreal, direccte, dreets, drac, ddcs,
        ddcspp, ddpp, draaf, drjscs, ars, ministere, ministre, etat, senat, assemblee
        nationale, gouvernement, tribunal, gendarmerie, police, cnil, ademe, cget, anct,
        cerema, caf, cpam, pole emploi, urssaf, tresorerie, dgfip, finances publiques,
        insee, ign, onf, secretariat general, premier ministre, conseil d etat, cese, ceser,
        commission nationale, cndp, cour des comptes, caisse des depots, banque des
        territoires, depute, deputee, senateur, senatrice, ambassade, consulat, cnfpt,
        centre de gestion, cdg, sgar, dila, dinum, dinsic
    """,
    "social or cultural body of a commune": """
        ccas, cias, centre communal d action sociale, centre intercommunal, office de
        tourisme, office du tourisme, office municipal, offices? de tourisme, ot, otsi,
        mediatheque, bibliotheque, musee, theatre, conservatoire, caisse des ecoles, creche,
        maison de quartier, centre social, maison des associations, regie, police
        municipale, piscine, ehpad, residence autonomie, mission locale, maison de l emploi,
        opera, orchestre, cinema, hopital, hopitaux, chu, chru, chi, clinique, centre
        hospitalier, aphp
    """,
    "housing or land agency": """
        oph, opac, opah, hlm, habitat, logement, logis, epf, epfl, epa, etablissement
        public, bailleur, agence d urbanisme, caue, safer, aurg, amenagement, port autonome,
        grand port, aeroport, regie des
    """,
    "consultative body": """
        conseil de developpement, codev, conseil citoyen, conseil de quartier, conseil des
        jeunes, conseil municipal des jeunes, conseil des sages, conseil local, conseil
        economique, comite de quartier, conseil presbyteral
    """,
    "chamber": """
        cci, chambre, chambres, cma, cra, ordre des
    """,
    "political group or person": """
        parti, lrem, la republique en marche, front national, les verts, eelv, groupe d
        opposition, opposition, citoyenne?s?, habitante?s?, particulier, retraitee?,
        syndicat, cgt, cfdt, moi meme, personne physique, liste, monsieur, madame
    """,
    "church": """
        paroisse, diocese, eveche, eglise
    """,
}
"""Kinds of bodies that the reference does not hold, each with the words that give it away: folded,
regular expressions, parted by commas."""

_OTHER_RE = tuple(
    (label, re.compile(rf"\b(?:{'|'.join(' '.join(word.split()) for word in words.split(','))})\b"))
    for label, words in OTHER_BODIES.items()
)

_NOISE_RE = re.compile(
    r"^(?:tests?(?: \d+)?|essai|exemple|aucune?|neant|rien|n a|na|nc|n c|nr|nsp|ne sais? pas|"
    r"je ne sais pas|ras|sans objet|sans reponse|anonyme|inconnue?|autres?|(?:la )?france|europe|"
    r"(?:l )?union europeenne|monde|oui|non|moi|(?:x ?)+|a{2,}|azerty|qwerty|toto|titi|tata|blabla|"
    r"confidentiel|je ne souhaite pas repondre|ne souhaite pas repondre|non renseigne|"
    r"non concerne|idem|collectivite|collectivite territoriale|collectivites|ma collectivite|"
    r"(?:ma|notre) (?:ville|commune|mairie)|"
    r"une collectivite|null|none|nan|lorem ipsum.*|asdf.*|etranger|france entiere|"
    r"republique francaise|national|nationale|\d{1,4}|[b-z])$"
)

EPT = frozenset(
    {
        "est ensemble", "plaine commune", "grand paris seine ouest", "gpso",
        "grand paris grand est", "grand orly seine bievre", "paris est marne bois",
        "grand paris sud est avenir", "gpsea", "boucle nord seine", "paris terres envol",
        "vallee sud grand paris", "paris ouest defense", "pold", "paris ouest la defense",
    }
)  # fmt: skip
"""Établissements publics territoriaux of the Métropole du Grand Paris, as `core_of_epci`: since
1 January 2016 they are no EPCI with their own tax, and the reference does not hold them (CGCT
L5219-2)."""


@dataclass(frozen=True)
class Claim:
    """A type that a name states.

    Attributes:
        kind: commune, epci, departement or region.
        nature: CC, CA, CU, METRO or "".
        leading: Whether its words stand before the name.
        strict: Whether the words are those of the law ("communauté de communes") or of every day
            ("métropole", "agglo"), which EPCI of another type bear too.
    """

    kind: str
    nature: str = ""
    strict: bool = True
    leading: bool = True


@dataclass(frozen=True)
class Reading:
    """One way of reading a name: a type, or none, and what is left.

    Attributes:
        claim: The type that its words state.
        cores: What is left, folded: first as the words before it want it ("du" asks for "le").
        departements: Codes of départements that were read off its end ("Saint-Denis, Réunion").
        regions: Codes of régions, likewise.
        whole: Whether nothing but leading or trailing type words was taken away.
    """

    claim: Claim | None
    cores: tuple[str, ...]
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class TypedName:
    """A typed name taken apart.

    Attributes:
        text: Without identifiers, postcodes and département, as typed otherwise.
        folded: `text`, folded.
        readings: From the most literal to the freest.
        siren: SIREN typed (also out of a SIRET), Luhn-valid or not.
        codes: Five-character codes typed: postcode or COG code.
        departements: Codes of départements that the text states, by number or name.
        regions: Codes of régions that it states beside the name.
        arrondissement: Whether it means a district of Paris, Lyon or Marseille.
        several: Why it means more than one unit, or "".
        other: What kind of body that is no collectivité its words give away, or "".
        other_word: The words that do.
        noise: Whether it names nothing.
        service: Whether it names a service or an elected person of the unit.
        aside: What stands in brackets and says nothing of the place, folded.
        segments: Its parts, where a sign or "et" parts it; what stands in brackets is one.
        domain: A host name found in it, or "".
        repaired: Whether it had been decoded with the wrong encoding.
    """

    text: str
    folded: str
    readings: tuple[Reading, ...] = ()
    siren: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    arrondissement: bool = False
    several: str = ""
    other: str = ""
    other_word: str = ""
    noise: bool = False
    service: bool = False
    aside: str = ""
    segments: tuple[str, ...] = ()
    domain: str = ""
    repaired: bool = False


@dataclass(frozen=True)
class Places:
    """Names of départements and régions, folded and without connecting words → code."""

    departements: Mapping[str, str]
    regions: Mapping[str, str]

    def departement(self, text: str) -> str:
        """Return the code of a département written as number, name or both; "" if it is none."""
        folded = fold(text)
        number = re.match(r"^(?:departement )?(\d{1,3}|2a|2b)\b ?", folded)
        codes = set(self.departements.values())
        if number:
            code = number.group(1).upper().lstrip("0").zfill(2)
            rest = content(folded[number.end() :])
            if code in codes and (not rest or self.departements.get(rest) == code):
                return code
            return ""
        number = re.search(r" (\d{2,3}|2a|2b)$", folded)
        if number and number.group(1).upper() in codes:
            return number.group(1).upper()
        key = content(folded)
        for prefix in ("departement ", "conseil departemental "):
            key = key.removeprefix(prefix)
        return self.departements.get(key, "")


_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?(?:[\w.+-]+@)?((?:[\w-]+\.)+(?:fr|com|org|net|eu|bzh|re|info|paris))\b/?\S*",
    re.IGNORECASE,
)
_SIREN = re.compile(r"(?<!\d)(\d{3}[ .\u00a0\u202f]?\d{3}[ .\u00a0\u202f]?\d{3})"
                    r"(?:[ .\u00a0\u202f]?(\d{5}))?(?!\d)")  # fmt: skip
_CODE5 = re.compile(
    r"(?<![\w])(?:[Ff]-?)?(\d{5}|2[ABab]\d{3})(?!\w)(?:\s*(?i:cedex)(?:\s*\d{1,2})?)?"
)
_BRACKET = re.compile(r"[(\[{]([^)\]}]*)[)\]}]?")
_NUMBER = r"(?:0[1-9]|[1-8]\d|9[0-5]|2[ab]|97[1-6])"
_END_NUMBER = re.compile(rf"(?:\s*[-–,/:]\s*|\s+)(?:dpt|d[ée]p(?:t|artement)?\.?\s*)?"
                         rf"({_NUMBER})\s*$",
                         re.IGNORECASE)  # fmt: skip
_START_NUMBER = re.compile(rf"^\s*({_NUMBER})(?:\s*[-–,/:]\s*|\s+)(?=\D)", re.IGNORECASE)
_COUNCIL_NUMBER = re.compile(
    rf"^\s*(?:le |la )?(cd|cg|d[ée]partement|conseil d[ée]partemental|conseil g[ée]n[ée]ral|"
    rf"d[ée]pt?|dpt)\.?\s*(?:n°\s*)?(?:du\s+|de\s+la\s+|de\s+l['’]\s*|des\s+|-\s*)?({_NUMBER})\b",
    re.IGNORECASE,
)
_ARRONDISSEMENT = re.compile(
    r"\b(?:\d{1,2} ?(?:er|e|eme|ieme|nd|nde)? ?(?:arr(?:ondissement|dt|t)?s?|ardt)\b)|"
    r"\b(?:paris|lyon|marseille) (?:\d{1,2})(?: ?(?:er|e|eme|ieme))\b|"
    r"\bmairie (?:du|de) (?:\d{1,2}) ?(?:er|e|eme|ieme)\b|"
    r"^(?:ville de |mairie de )?(?:paris|lyon|marseille) (?:[1-9]|1\d|20)$|"
    r"\b(?:premier|deuxieme|troisieme|quatrieme|cinquieme|sixieme|septieme|huitieme|neuvieme|dixieme)"
    r" arrondissement"
)
_SEVERAL = re.compile(
    r"\b(?:villes?|mairies?|communes?)\b(?! (?:nouvelle|et communaute)).* et "
    r"(?:de )?(?:la |le |l |son |sa )?"
    r"(?:\w+ ){0,4}(?:agglo|agglomeration|metropole|eurometropole|communaute|cc|ca|cu|ccas|epci|"
    r"interco|intercommunalite|departement)\b|"
    r"\b(?:agglo|agglomeration|metropole|eurometropole|communaute|cc|ca)\b.* et "
    r"(?:de )?(?:la |le |sa )?"
    r"(?:villes?|mairies?|communes?)\b|\bvilles? et (?:metropole|agglo)"
)


def _without_domain(text: str) -> tuple[str, str]:
    """Return the host name in a text, or "", and the text without the address."""
    found = _DOMAIN.search(text)
    if found is None:
        return "", text
    return found.group(1).casefold(), f"{text[: found.start()]} {text[found.end() :]}".strip()


def take_apart(typed: str, *, places: Places) -> TypedName:
    """Take a typed name apart.

    Args:
        typed: As typed, any case, any signs.
        places: Names of départements and régions.
    """
    text = unicodedata.normalize("NFKC", typed)
    mended = repair_mojibake(text)
    repaired = mended != text
    text = " ".join(re.sub(r"[\u200b\ufeff\x00-\x1f]", " ", mended).split())
    domain, text = _without_domain(text)
    siren: list[str] = []
    for match in _SIREN.finditer(text):
        siren.append(re.sub(r"\D", "", match.group(1)))
    text = _SIREN.sub(" ", text)
    if siren:
        text = re.sub(r"\b(?:siren|siret)\b\s*(?:n°)?\s*[:=]?", " ", text, flags=re.IGNORECASE)
    departements: list[str] = []
    regions: list[str] = []
    codes: list[str] = []

    council = _COUNCIL_NUMBER.match(text)
    if council:
        departements.append(council.group(2).upper())
        text = f"Conseil départemental {text[council.end() :]}".strip(" -,")
    codes += [code.upper() for code in _CODE5.findall(text)]
    text = re.sub(r"(?i)\bcedex\b(?:\s*\d{1,2}\b)?", " ", _CODE5.sub(" ", text))
    text = re.sub(r"\b(?:cp|code postal|insee|cog)\b\s*[:=]?\s*(?=$|[-,)])", " ", text, flags=re.I)

    asides: list[str] = []
    articles: list[str] = []  # "Havre (Le)"

    def bracket(match: re.Match[str]) -> str:
        inside = match.group(1).strip()
        if not inside or fold(inside) == "france":
            return " "
        if fold(inside) in ARTICLES:
            articles.append(inside)
        elif code := places.departement(inside):
            departements.append(code)
        elif (region := places.regions.get(content(fold(inside)))) is not None:
            regions.append(region)
        else:
            asides.append(inside)
        return " "

    text = _BRACKET.sub(bracket, text)
    text = " ".join((*articles, text))
    text = " ".join(text.split()).strip(" -–,;:/|.")
    arrondissement = bool(_ARRONDISSEMENT.search(fold(text)))
    if not arrondissement:
        for pattern in (_END_NUMBER, _START_NUMBER):
            if found := pattern.search(text):
                departements.append(found.group(1).upper())
                text = (text[: found.start()] + " " + text[found.end() :]).strip(" -–,;:/|.")
    folded = fold(text)
    folded = _mend_type_words(folded)
    aside = fold(" ".join(asides))
    several = ""
    if _SEVERAL.search(folded) or _SEVERAL.search(f"{folded} {aside}"):
        several = "a commune and a grouping at once"
    readings = tuple(dict.fromkeys(_readings(text, folded, asides, places)))
    other, word = _other_body(f"{folded} {aside}".strip())
    return TypedName(
        text=text,
        folded=folded,
        readings=readings,
        siren=tuple(dict.fromkeys(siren)),
        codes=tuple(dict.fromkeys(codes)),
        departements=tuple(dict.fromkeys(departements)),
        regions=tuple(dict.fromkeys(regions)),
        arrondissement=arrondissement,
        several=several,
        other=other,
        other_word=word,
        noise=bool(_NOISE_RE.match(folded)),
        service=bool(_SERVICE.match(folded)),
        aside=aside,
        segments=tuple(
            dict.fromkeys(
                part.strip()
                for whole in (*_SEGMENTS.split(text), *asides)
                for part in re.split(r"\s+(?:et|ou|&|\+)\s+", whole)
                if part.strip()
            )
        ),
        domain=domain,
        repaired=repaired,
    )


_TYPE_WORDS = (
    "communaute", "communes", "agglomeration", "metropole", "eurometropole", "departement",
    "departemental", "departementale", "municipalite", "regional", "intercommunalite",
    "arrondissement", "association", "prefecture", "universite", "syndicat",
)  # fmt: skip


_NOT_MENDED = frozenset(
    {
        "agglomerations", "communautaire", "communautes", "departementaux", "departements",
        "intercommunal", "intercommunale", "intercommunales", "metropoles", "regionale",
        "associations", "syndicats", "universites",
    }
)  # fmt: skip
"""Words that are right as they are, though near to a type word."""


def _mend_type_words(folded: str) -> str:
    """Spell the long type words right: one slip, two in the longest."""
    return " ".join(_mended(word) for word in folded.split())


@lru_cache(maxsize=100_000)
def _mended(word: str) -> str:
    from rapidfuzz.distance import OSA

    if len(word) < 8 or word in _TYPE_WORDS or word in _NOT_MENDED:
        return word
    for known in _TYPE_WORDS:
        slips = 1 if len(known) < 11 else 2
        if OSA.distance(word, known, score_cutoff=slips) <= slips and word[0] == known[0]:
            return known
    return word


def names_service(text: str) -> bool:
    """Tell whether a text names a service or an elected person ("DGS", "service jeunesse")."""
    return bool(_SERVICE.match(fold(text)))


def _other_body(folded: str) -> tuple[str, str]:
    for label, pattern in _OTHER_RE:
        if found := pattern.search(folded):
            return label, found.group(0)
    return "", ""


def _readings(text: str, folded: str, asides: list[str], places: Places) -> Iterator[Reading]:
    """Yield the readings of a name, from the most literal to the freest."""
    for reading in _readings_of(folded):
        yield replace(reading, whole=True)
    segments = [part for part in _SEGMENTS.split(text) if part.strip()]
    if len(segments) > 1:
        heads, departements, regions = list(segments), [], []
        while len(heads) > 1:
            tail = heads[-1]
            if code := places.departement(tail):
                departements.append(code)
            elif (region := places.regions.get(content(fold(tail)))) is not None:
                regions.append(region)
            else:
                break
            heads.pop()
        if departements or regions:
            rest = _mend_type_words(fold(" ".join(heads)))
            for reading in _readings_of(rest):
                yield replace(reading, departements=tuple(departements), regions=tuple(regions))
    yield from _with_place_at_the_end(folded, places)
    for part in (*segments, *asides) if len(segments) > 1 or asides else ():
        for reading in _readings_of(_mend_type_words(fold(part))):
            if reading.claim is not None:
                yield reading
    if _SERVICE.match(folded):
        found = list(_INSIDE.finditer(folded))
        for match in found:
            tail = folded[match.start(1) :]
            tail = re.sub("^maires? ", "mairie ", tail)
            yield from (r for r in _readings_of(tail) if r.claim is not None)


_SEGMENTS = re.compile(r"\s+[-–—/]\s+|\s*[,;:|–—]\s*|\s+/|/\s+|\s+-|-\s+")


def _with_place_at_the_end(folded: str, places: Places) -> Iterator[Reading]:
    words = folded.split()
    for length in range(1, min(5, len(words) - 1) + 1):
        tail = content(" ".join(words[-length:]))
        if words[-length] in CONNECTORS and length == 1:
            continue
        rest = " ".join(words[:-length])
        code, region = places.departements.get(tail), places.regions.get(tail)
        if code is None and region is None:
            continue
        rest = re.sub(r"(?: (?:de|du|des|d|en|dans|le|la|l|les))+$", "", rest)
        if not rest:
            continue
        for reading in _readings_of(rest):
            if any(reading.cores):
                yield replace(
                    reading,
                    departements=(code,) if code else (),
                    regions=(region,) if region and not code else (),
                )


def _readings_of(folded: str) -> Iterator[Reading]:
    """Yield the literal reading, then those without type words before, after, and both."""
    if not folded:
        return
    yield Reading(None, _variants("", folded))
    for pattern, kind, nature, force in _LEADING_RE:
        match = pattern.match(folded)
        if match is None:
            continue
        claim = Claim(kind, nature, force == "strict")
        of, rest = match.group("of").strip(), folded[match.end() :].strip()
        again = next(
            (
                (claim_again, again)
                for other, kind_again, nature_again, force_again in _LEADING_RE
                if kind_again == kind and (again := other.match(rest)) and again.end() < len(rest)
                for claim_again in (Claim(kind_again, nature_again, force_again == "strict"),)
            ),
            None,
        )
        yield Reading(claim, _variants(of, rest))
        if again is not None:
            stronger = claim if claim.strict or not again[0].strict else again[0]
            yield Reading(
                stronger,
                _variants(again[1].group("of").strip(), rest[again[1].end() :].strip()),
            )
        break
    for pattern, kind, nature, force in _TRAILING_RE:
        match = pattern.search(folded)
        if match is not None and match.start() > 0:
            yield Reading(
                Claim(kind, nature, force == "strict", leading=False),
                _variants("", folded[: match.start()]),
            )
            break


def _variants(of: str, rest: str) -> tuple[str, ...]:
    """Return the ways to write what is left, the one that the word before it asks for first."""
    if not rest:
        return ("",)
    article = {"du": "le", "de la": "la", "de l": "l", "des": "les"}.get(of)
    bare = without_article(rest)
    if article is not None:
        return tuple(dict.fromkeys((f"{article} {rest}", rest)))
    return tuple(dict.fromkeys((rest, bare)))
