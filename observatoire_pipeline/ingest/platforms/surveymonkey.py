"""SurveyMonkey, "All responses data": the names and words that its exports use.

In: how this platform names metadata, how it says "Response", which fields are personal, how it
writes dates. The French names are hypotheses (no file from a French account is public), which is
why `layout` also locates metadata by structure.
Not in: the rules that apply these words (`layout`, `matching`).
"""

from __future__ import annotations

from observatoire_pipeline.ingest.platforms.interface import Platform

SURVEYMONKEY = Platform(
    name="surveymonkey",
    title="SurveyMonkey",
    metadata={
        "respondent_id": (
            "Respondent ID",
            "RespondentID",
            "ID du répondant",
            "ID répondant",
            "Identifiant du répondant",
        ),
        "collector_id": (
            "Collector ID",
            "CollectorID",
            "Collector",
            "ID du collecteur",
            "ID collecteur",
            "Identifiant du collecteur",
            "Collecteur",
        ),
        "started_at": ("Start Date", "StartDate", "Date de début"),
        "ended_at": ("End Date", "EndDate", "Date de fin"),
        "language": ("language", "Langue"),
        "ip_address": (
            "IP Address",
            "IPAddress",
            "Adresse IP",
            "IP-Adresse",
            "Dirección IP",
            "Indirizzo IP",
            "Endereço IP",
            "IP-adres",
            "IP-adress",
            "IP-адрес",
            "IPアドレス",
        ),
        "email": (
            "Email Address",
            "EmailAddress",
            "Email",
            "E-mail",
            "Adresse e-mail",
            "Adresse email",
            "Adresse électronique",
            "E-Mail-Adresse",
            "Dirección de correo electrónico",
            "Indirizzo email",
            "Endereço de e-mail",
            "E-mailadres",
            "E-postadress",
            "Адрес электронной почты",
            "メールアドレス",
        ),
        "first_name": (
            "First Name",
            "FirstName",
            "Prénom",
            "Vorname",
            "Voornaam",
            "Förnamn",
            "Nombre",
            "Nome",
            "Имя",
        ),
        "last_name": (
            "Last Name",
            "LastName",
            "Nom",
            "Nom de famille",
            "Nachname",
            "Apellidos",
            "Cognome",
            "Sobrenome",
            "Achternaam",
            "Efternamn",
            "Фамилия",
        ),
        "custom_data": (
            "CustomData",
            *(
                f"{name}{number}"
                for name in (
                    "Custom Data",
                    "Données personnalisées",
                    "Benutzerdefinierte Daten",
                    "Datos personalizados",
                    "Dati personalizzati",
                    "Dados personalizados",
                    "Aangepaste gegevens",
                    "Anpassade data",
                )
                for number in ("", *(f" {k}" for k in range(1, 11)))
            ),
        ),
    },
    personal=frozenset({"ip_address", "email", "first_name", "last_name", "custom_data"}),
    repeatable=frozenset({"custom_data"}),
    response_words=(
        "Response",
        "Réponse",
        "Antwort",
        "Respuesta",
        "Risposta",
        "Resposta",
        "Antwoord",
        "Svar",
        "Vastaus",
        "Odpowiedź",
        "Yanıt",
        "Ответ",
        "回答",
        "응답",
        "响应",
    ),
    open_words=(
        "Open-Ended Response",
        "Réponse ouverte",
        "Réponse libre",
        "Offene Antwort",
        "Respuesta abierta",
        "Risposta aperta",
        "Resposta aberta",
        "Open antwoord",
        "Öppet svar",
        "Åbent svar",
        "Åpent svar",
        "Avoin vastaus",
        "Odpowiedź otwarta",
        "Открытый ответ",
        "自由回答",
    ),
)
