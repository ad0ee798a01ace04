"""Turkish: how it denies, counts and opposes. A verb denies by a syllable before its tense."""

import regex

from factcheck.rules.languages.grammar import Grammar, counted, folded, numbered, opposed

TURKISH = Grammar(
    empty=folded("ve veya ile bir bu şu o da de için olarak olan göre kadar gibi daha çok en ki mi mı mu mü ise"),
    negations=folded("değil değildir yok yoktur hayır hiç hiçbir asla olmadan yalan yanlış"),
    # As folded: -madı, -memiş, -mıyor, -mayacak, -meyen, -maz. What must be done (-malı, -meli) denies nothing.
    denied=regex.compile(
        r"(?!namaz)\p{L}{2,}(?:m[ae](?:di|mis|yaca[kg]|yece[kg]|yan|yen|z(?:lar|ler|di|mis)?$)|m[iu]yor)"
    ),
    opposites=opposed(
        """
        arttı artırdı artış yükseldi yükseliş çoğaldı|azaldı azalttı azalış düştü düşüş geriledi
        fazla|az
        kazandı kazandılar|kaybetti kaybettiler
        destekledi destekliyor|karşı
        yasal|yasadışı
        önce|sonra
        üstünde|altında
        açtı açıldı açık|kapattı kapandı kapalı
        kabul|ret reddetti
        güvenli|tehlikeli
        izin|yasak yasakladı
        aldı|sattı
        ithalat|ihracat
        büyük|küçük
        ilk|son
        erkekler erkek|kadınlar kadın
        kuzey|güney
        doğu|batı
        zengin zenginler|yoksul fakir
        doğru|yanlış
        suçlu|suçsuz masum
        tutuklandı gözaltına|serbest
        """,
        "tr",
    ),
    months=numbered("ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık"),
    units=numbered("bir iki üç dört beş altı yedi sekiz dokuz"),
    tens={
        "on": 10,
        "yirmi": 20,
        "otuz": 30,
        "kirk": 40,
        "elli": 50,
        "altmis": 60,
        "yetmis": 70,
        "seksen": 80,
        "doksan": 90,
    },
    magnitudes=counted(e2="yüz", e3="bin", e6="milyon", e9="milyar", e12="trilyon"),
    vague={"onlarca": 10, "yuzlerce": 100, "binlerce": 1000},
    offices=folded("pazartesi salı çarşamba perşembe cuma cumartesi pazar cumhurbaşkanı başbakan bakan bay bayan"),
)
