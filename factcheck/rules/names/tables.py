"""The tables of names: titles, small words, and letters that sound alike."""

from factcheck.rules.text.words import fold

# What stands before or behind a name and is no part of it. One that is the whole name stays.
_HONORIFICS = """
    mr mrs ms mx miss mister dr doctor prof professor sir dame lord lady rev reverend fr hon honorable honourable
    president minister senator governor mayor ambassador judge justice general gen colonel col captain capt major
    lieutenant lt sergeant sgt king queen prince princess sheikh shaikh sheik imam ayatollah rabbi pope saint
    m mm mme mlle monsieur madame mademoiselle me maitre docteur professeur ministre senateur gouverneur maire juge
    herr frau dipl ing doktor prasident prasidentin minister ministerin
    sr sra srta don dona senor senora senorita doctora presidente presidenta ministro ministra profesor profesora
    senhor senhora dom doutor doutora sig signor signora dott dottor dottoressa avv onorevole
    bay bayan sayin hoca
    господин госпожа президент министр профессор доктор генерал пан пани
    κ κος κα κυρια κυριος δρ καθηγητης προεδρος υπουργος
    السيد السيدة الدكتور دكتور الشيخ شيخ الاستاذ استاذ الرئيس رئيس الوزير وزير الملك الامير اللواء
    מר גב גברת דר פרופ פרופסור הרב השר נשיא
    श्री श्रीमती डॉ डा प्रो श्रीमान पंडित
"""
HONORIFICS = frozenset(map(fold, _HONORIFICS.split()))
# The same in scripts that write them onto the name.
SUFFIXES = (
    "先生", "女士", "小姐", "博士", "教授", "主席", "总统", "總統", "总理", "總理", "部长", "部長",
    "さん", "様", "氏", "씨", "님", "대통령", "총리", "장관", "교수", "박사",
)  # fmt: skip

# Words that names and initials leave out: "Organisation du traité de l'Atlantique nord" is OTAN.
_SMALL = """
    a an and at by for in of on the to
    à au aux d de des du en et l la le les pour sur
    am an das dem den der des die fur im in und vom von zu zum zur
    de del e el en la las los para por y da das do dos
    di della delle dei degli il lo per
    van het een voor
    и по на в во за со с для
    του της των και για
    al el ul ibn bin bint ben
"""
SMALL = frozenset(map(fold, _SMALL.split()))

# Pairs of Greek letters that are one sound, by ELOT 743 (ISO 843); all but the last at the beginning of a word.
GREEK = {"μπ": "b", "ντ": "d", "γκ": "g", "ου": "ou"}

# Letters of names in Latin letters that different transliterations write for one sound, the longest first.
SOUNDS = (
    ("shch", "s"), ("tsch", "s"), ("sch", "s"), ("tch", "s"), ("zh", "s"), ("sh", "s"), ("ch", "s"), ("ts", "s"),
    ("tz", "s"), ("dj", "s"), ("kh", "k"), ("gh", "k"), ("ph", "p"), ("th", "t"), ("dh", "t"), ("ck", "k"),
    ("b", "p"), ("p", "p"), ("f", "p"), ("v", "p"),
    ("c", "k"), ("k", "k"), ("q", "k"), ("g", "k"), ("x", "k"),
    ("j", "s"), ("s", "s"), ("z", "s"), ("d", "t"), ("t", "t"), ("l", "l"), ("r", "l"), ("m", "m"), ("n", "n"),
)  # fmt: skip
