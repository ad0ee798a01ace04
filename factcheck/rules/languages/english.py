"""The English that the comparison of claims knows: which words say nothing, deny, count, date and name places."""

from factcheck.rules.languages.grammar import Grammar
from factcheck.rules.text.scripts import listed

# Words that stand in any claim, and so tell none from another.
EMPTY = frozenset(
    listed(
        """a about after again all also although an and any are as at be because been before being both but by can
        could did do does during each either even for from had has have he her here him his how however i
        if in into is it its itself just may me might more most much must my nor of off on once only or
        other our out over own per quite rather s same shall she should since so some such than that the
        their them then there these they this those though through thus to too under until up upon us
        very was we were what when where whether which while who whom whose why will with would yet you
        your"""
    )
)
MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1
    )
    for name in names.split()
}  # fmt: skip
UNITS = {
    name: number
    for number, name in enumerate(
        listed(
            """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen"""
        ),
        1,
    )
}
TENS = {
    name: ten
    for ten, name in zip(
        range(20, 100, 10), listed("twenty thirty forty fifty sixty seventy eighty ninety"), strict=True
    )
}
MAGNITUDES: dict[str, float] = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
MAGNITUDES |= {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}
VAGUE: dict[str, float] = {"dozens": 12, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6, "billions": 1e9}
NEGATIONS = frozenset(
    listed(
        """no not never none nobody neither nor cannot zero false untrue isnt wasnt arent werent doesnt didnt dont
        wont wouldnt cant couldnt hasnt havent hadnt shouldnt"""
    )
)
# Of each pair, one statement has the one where the other has the other.
OPPOSITES = [
    tuple(frozenset(side.split("/")) for side in listed(pair))
    for pair in """
    increase/increased/increases/increasing/rise/rises/rose/risen/rising/grew/grow/grown/growing/higher \
        decrease/decreased/decreases/decreasing/fall/falls/fell/fallen/falling/shrank/shrink/declined/lower
    more less/fewer
    most least
    win/wins/won lose/loses/lost
    support/supports/supported oppose/opposes/opposed
    legal illegal
    before after
    above below
    open/opened/opens close/closed/closes
    accept/accepted/accepts/agreed reject/rejected/rejects/refused
    safe dangerous/unsafe
    largest/biggest smallest
    best worst
    highest lowest
    first last
    enter/entered leave/left
    allow/allowed/allows/legalised ban/banned/bans/forbid/forbade
    gain/gained loss/lost
    men women
    north south
    east west
    male female
    rich poor
    import/imports/imported export/exports/exported
    buy/bought/buys sell/sold/sells
    start/started/began end/ended/stopped
    hired fired
    older younger
    true false
    effective ineffective
    arrested released
    doubled halved
    outside inside
    guilty innocent
    """.strip().splitlines()
]
# Adjectives of places, as the place: a reporter writes one where another writes the other.
PLACES = dict(
    pair.split(":")
    for pair in listed(
        """french:france german:germany british:britain uk:britain english:england american:us america:us usa:us
        chinese:china russian:russia nigerien:niger nigerian:nigeria malian:mali spanish:spain
        italian:italy dutch:netherlands swiss:switzerland swedish:sweden danish:denmark norwegian:norway
        finnish:finland polish:poland greek:greece turkish:turkey japanese:japan indian:india
        brazilian:brazil mexican:mexico canadian:canada australian:australia egyptian:egypt
        israeli:israel iranian:iran iraqi:iraq syrian:syria ukrainian:ukraine european:europe
        african:africa irish:ireland scottish:scotland welsh:wales portuguese:portugal austrian:austria
        hungarian:hungary czech:czechia belgian:belgium kenyan:kenya ethiopian:ethiopia
        pakistani:pakistan korean:korea burkinabe:burkina moroccan:morocco algerian:algeria
        spaniard:spain haitian:haiti swede:sweden dane:denmark finn:finland pole:poland turk:turkey
        chilean:chile argentinian:argentina argentine:argentina colombian:colombia peruvian:peru
        vietnamese:vietnam indonesian:indonesia ghanaian:ghana senegalese:senegal sudanese:sudan
        libyan:libya tunisian:tunisia somali:somalia afghan:afghanistan saudi:arabia lebanese:lebanon
        jordanian:jordan palestinian:palestine venezuelan:venezuela cuban:cuba romanian:romania
        bulgarian:bulgaria serbian:serbia croatian:croatia georgian:georgia armenian:armenia
        thai:thailand filipino:philippines"""
    )
)
# Capitals that name an office and nobody.
OFFICES = frozenset(
    listed(
        """president general minister prime mr mrs ms dr king queen senator governor mayor chancellor ambassador
        commission government parliament senate congress army state states united monday tuesday
        wednesday thursday friday saturday sunday"""
    )
)
ENGLISH = Grammar(
    empty=EMPTY,
    negations=NEGATIONS,
    opposites=tuple((one, other) for one, other in OPPOSITES),
    inflected=False,
    months=MONTHS,
    units=UNITS,
    tens=TENS,
    magnitudes=MAGNITUDES,
    vague=VAGUE,
    places=PLACES,
    offices=OFFICES,
)
