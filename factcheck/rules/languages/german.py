"""German: how it denies, counts and opposes. Every noun has a capital, so a capital names nobody."""

from factcheck.rules.languages.grammar import Grammar, counted, folded, numbered, opposed

GERMAN = Grammar(
    empty=folded(
        """der die das den dem des ein eine einen einem einer eines und oder ist sind war waren in im an am auf zu zum
        zur von vom mit für durch bei nach aus als um es er sie sich hat haben hatte wurde wurden wird werden worden
        dass auch laut"""
    ),
    negations=folded(
        "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts nein weder ohne falsch unwahr"
    ),
    opposites=opposed(
        """
        steigt stieg gestiegen erhöht zugenommen zunahme wächst|sinkt sank gesunken gefallen abgenommen abnahme
        mehr|weniger
        meisten|wenigsten
        gewinnt gewann gewonnen|verliert verlor verloren
        unterstützt unterstützte|bekämpft lehnt
        legal|illegal
        vor|nach
        über|unter
        öffnet öffnete geöffnet|schließt schloss geschlossen
        angenommen akzeptiert|abgelehnt zurückgewiesen
        sicher|gefährlich unsicher
        größte größter größtes|kleinste kleinster kleinstes
        höchste|niedrigste
        erste erster erstes|letzte letzter letztes
        erlaubt erlaubte|verboten verbietet verbot
        kauft kaufte gekauft|verkauft verkaufte
        importiert importe einfuhr|exportiert exporte ausfuhr
        männer|frauen
        norden|süden
        osten|westen
        reiche reichen|arme armen
        wahr richtig|falsch unwahr
        schuldig|unschuldig
        wirksam|unwirksam
        verdoppelt|halbiert
        festgenommen verhaftet|freigelassen
        """,
        "de",
    ),
    months=numbered("januar/jänner februar märz april mai juni juli august september oktober november dezember"),
    units=numbered(
        """ein/eins/eine zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
        siebzehn achtzehn neunzehn zwanzig"""
    ),
    tens={"dreissig": 30, "vierzig": 40, "funfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90},
    magnitudes=counted(e2="hundert", e3="tausend", e6="million millionen mio", e9="milliarde milliarden mrd",
                       e12="billion billionen"),
    vague={"dutzende": 12, "hunderte": 100, "tausende": 1000},
    capitals=False,
)  # fmt: skip
