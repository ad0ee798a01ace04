# ruff: noqa: E501
"""Pages in the manner of real outlets, in the tests' own words, each with the text that a reader calls the article.

Written here and not taken from anywhere. What surrounds the text is what outlets put there: banners, menus, teasers,
captions, boxes of further reading, and markup that no validator passes.
"""

import json
from dataclasses import dataclass

BANNER = (
    '<div id="cookie-banner" class="cookie-consent" role="dialog"><p>We use cookies to improve this site.</p>'
    "<button>Accept all</button><button>Manage</button></div>"
)


@dataclass(frozen=True)
class Outlet:
    """A page, and what is in it. `charset` is that of the bytes, `said` that of the header."""

    name: str
    html: str
    title: str
    text: str
    published_on: str | None
    language: str
    author: str | None = None
    outlet: str | None = None
    charset: str = "utf-8"
    said: str | None = "utf-8"

    @property
    def body(self) -> bytes:
        return self.html.encode(self.charset)

    @property
    def media_type(self) -> str:
        return "text/html" if self.said is None else f"text/html; charset={self.said}"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{each}</p>\n" for each in text.split("\n"))


def _menu(*words: str) -> str:
    return "<nav><ul>" + "".join(f'<li><a href="/{n}">{word}</a></li>' for n, word in enumerate(words)) + "</ul></nav>"


_EN = """The river authority said on Tuesday that the new barrier at Low Bridge will open eleven weeks late.
Its engineers found cracks in two of the six gates during a trial in heavy rain, and ordered new hinges from a works in Ghent.
“We will not raise a gate that we do not trust,” said Mara Ellwood, who leads the project.
The town council had planned a ceremony for the first of May. It now hopes for the middle of July.
About 4,300 homes lie behind the barrier. In the flood of 2019 water stood in 610 of them, according to the fire service.
Residents of Mill Lane asked for sandbags to stay in place until the gates have passed a second trial.
The delay costs 2.1 million pounds, which the authority expects the builder to pay."""
_DE = """Die Stadtwerke Altmoos senken den Preis für Fernwärme zum ersten Januar um acht Prozent.
Das teilte der Aufsichtsrat am Mittwochabend nach einer Sitzung von fünf Stunden mit.
Für eine Wohnung von siebzig Quadratmetern bedeute das eine Ersparnis von rund 140 Euro im Jahr, sagte Geschäftsführerin Jördis Küßner.
Mieterverbände hatten eine Senkung um zwölf Prozent gefordert und verwiesen auf gefallene Preise für Holz und Gas.
„Wir geben weiter, was wir können“, sagte Küßner. Die Rücklagen müssten für zwei neue Leitungen reichen.
Rund 18 000 Haushalte sind an das Netz angeschlossen. Bis 2030 sollen es doppelt so viele sein."""
_FR = """Le conseil municipal de Saint-Aubry a voté lundi soir la fermeture de la piscine des Tilleuls.
Vingt-trois élus ont voté pour, quatorze contre, et deux se sont abstenus après un débat de quatre heures.
La maire, Élise Fournel, a jugé « impossible » de payer les 3,2 millions d’euros de travaux qu’exige l’état du toit.
L’association des nageurs, qui a réuni 5 400 signatures, annonce un recours devant le tribunal administratif.
Les écoles de la commune iront nager à Verchamp, à dix-sept kilomètres, où des créneaux leur sont réservés.
La fermeture est fixée au trente juin, après la fin des cours de natation."""
_ES = """El puerto de Valdemora recibió el año pasado 1,8 millones de pasajeros, un nueve por ciento más que el anterior.
La autoridad portuaria publicó las cifras este jueves y atribuyó el aumento a las líneas con el norte de África.
«No podemos crecer más sin un segundo muelle», afirmó su presidenta, Nuria Carvajal.
Los vecinos del barrio marinero piden que se limite el paso de camiones entre las diez de la noche y las seis.
El ayuntamiento encargó un estudio del ruido que estará listo en otoño.
La oposición recuerda que un estudio parecido de 2021 nunca llegó a publicarse."""
_PT = """A Câmara de Vila Serena aprovou ontem a proibição de trotinetas nos passeios do centro histórico.
A multa será de sessenta euros e duplica em caso de reincidência, segundo o regulamento.
Nos últimos doze meses o hospital tratou 214 feridos em acidentes com trotinetas, dos quais 31 eram peões.
As empresas de aluguer dizem que faltam lugares para estacionar e pedem mais ciclovias.
«Ninguém quer acabar com as trotinetas, queremos passeios seguros», disse o vereador Rui Bragança.
A regra entra em vigor a quinze de setembro, depois de uma campanha de informação."""
_IT = """La regione ha stanziato undici milioni di euro per riaprire la ferrovia tra Montelupo e Rocca San Piero.
La linea è chiusa dal 1998, quando una frana distrusse due gallerie vicino al fiume.
Secondo il piano, i primi treni torneranno a circolare tra quattro anni, con una corsa ogni ora.
«È una promessa che questa valle aspetta da una generazione», ha detto l’assessora Livia Marchetti.
Il comitato dei pendolari chiede garanzie scritte e ricorda due annunci simili, nel 2007 e nel 2015.
I lavori cominceranno dal ponte più vecchio, costruito nel 1911."""
_NL = """De gemeente Oosterveen krijgt voorlopig geen nieuwe windmolens langs het kanaal.
De rechter oordeelde vrijdag dat het onderzoek naar vogels te oud was en te weinig nachten telde.
Bewoners hadden bezwaar gemaakt omdat vier van de zeven molens op minder dan vijfhonderd meter van huizen zouden staan.
Wethouder Joris Hamstra noemt de uitspraak een tegenvaller, maar zegt dat het plan niet van tafel is.
Een nieuw onderzoek kost ongeveer drie ton en duurt ten minste een jaar.
De molens hadden stroom moeten leveren voor elfduizend huishoudens."""
_PL = """Szpital w Zalesiu Górnym zamknie we wrześniu oddział dziecięcy z powodu braku lekarzy.
Dyrekcja szukała przez dziewięć miesięcy trzech pediatrów, lecz zgłosił się tylko jeden.
„Nie możemy ryzykować zdrowia dzieci”, powiedziała dyrektorka Żaneta Łęcka na spotkaniu z mieszkańcami.
Najbliższy oddział znajduje się w Brzozowie, czterdzieści dwa kilometry dalej.
Rada powiatu obiecała dodatkowy autobus i mieszkania dla lekarzy, którzy zechcą się przeprowadzić.
W ubiegłym roku na oddziale leczono 1260 dzieci."""
_RU = """Городской совет Северогорска отложил решение о закрытии трамвайной линии до конца февраля.
За перенос проголосовали девятнадцать депутатов, против выступили двенадцать.
Линия перевозит около восьми тысяч пассажиров в день, это втрое меньше, чем двадцать лет назад.
«Мы хотим сначала увидеть расчёты, а потом решать», сказала депутат Ирина Ельцова.
Перевозчик оценивает ремонт путей в 740 миллионов рублей и предлагает заменить трамвай автобусом.
Жители Заречья собрали больше одиннадцати тысяч подписей за сохранение линии."""
_TR = """Belediye, sahil yolundaki otuz yedi ağacın kesilmesini bir hafta erteledi.
Karar, mahalle sakinlerinin dün gece parkta toplanmasının ardından açıklandı.
Başkan Gülşah Işıkçı, uzmanların her ağaç için ayrı bir rapor hazırlayacağını söyledi.
Yolun genişletilmesi için açılan ihale geçen yıl on altı milyon liraya verilmişti.
Mimarlar odası ise projenin trafiği azaltmayacağını, yalnızca hızlandıracağını savunuyor.
Raporların cuma günü tamamlanması bekleniyor."""
_AR = """أعلنت وزارة المياه يوم الأحد أن مخزون السد الكبير ارتفع إلى سبعين في المئة من سعته.
وقالت الوزارة إن الأمطار التي هطلت خلال ثلاثة أسابيع أضافت مئتي مليون متر مكعب.
وأكد المهندس سامي الحداد أن هذه الكمية تكفي المدن الثلاث الكبرى حتى نهاية الصيف.
لكن المزارعين في السهل الشرقي يقولون إن القنوات القديمة تفقد نصف ما يصل إليها.
وتخطط الوزارة لإصلاح مئة وعشرين كيلومترا من القنوات قبل موسم الزراعة المقبل.
وتبلغ كلفة المشروع خمسة وثلاثين مليون دينار."""
_JA = """港町の市議会は火曜日、老朽化した灯台を来年春から一般に公開する案を可決した。
灯台は一九二四年に建てられ、十二年前から使われていない。
市は耐震工事に一億八千万円を充て、入場料で維持費の半分をまかなう計画だ。
佐久間市長は「町の記憶を残したい」と述べた。
反対した議員は、観光客の数の見込みが高すぎると指摘している。
工事は十月に始まり、来年三月に終わる予定である。"""
_ZH = """市政府星期三宣布，老城区的六条街道从下月起禁止货车在白天通行。
交通部门说，去年这些街道发生了四十三起事故，其中一半与货车有关。
商户担心送货时间太短，要求把夜间通行提前到晚上八点。
负责人林若兰表示，三个月后会根据数据决定是否调整。
居民普遍支持这项决定，不过也有人认为应当先修好环城路。
违反规定的司机将被罚款五百元。"""
_SV = """Kommunen stänger badplatsen vid Lillsjön efter att höga halter av alger hittats i vattnet.
Proverna togs i måndags och visade fyra gånger så mycket som gränsvärdet tillåter.
”Vi vet att det är varmt, men ingen ska behöva bli sjuk”, säger miljöchefen Åsa Bergqvist.
Nya prover tas på torsdag, och svaret väntas komma dagen efter.
Hundägare uppmanas att hålla sina djur borta från stranden.
Förra sommaren var badplatsen stängd i sammanlagt nitton dagar."""


def _linked(**said: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **said})}</script>'


OUTLETS = (
    Outlet(
        "banner",
        f"""<!doctype html><html lang="en"><head><title>Flood barrier to open late | The Low Bridge Courier</title>
<meta property="og:title" content="Flood barrier to open late"><meta property="og:site_name" content="The Low Bridge Courier">
{_linked(**{"@type": "NewsArticle", "headline": "Flood barrier to open late", "datePublished": "2026-03-17T18:05:00+00:00",
            "author": {"@type": "Person", "name": "Tom Ashdown"}})}</head><body>{BANNER}
{_menu("News", "Sport", "Weather", "Jobs")}<main><article><h1>Flood barrier to open late</h1>
<figure><img src="a.jpg" alt="Gates"><figcaption>The gates last week. Photo: R. Penn</figcaption></figure>
{_paragraphs(_EN)}<aside class="related"><h2>More on this</h2><ul><li><a href="/1">Ten years of floods</a></li></ul></aside>
</article></main><footer><p>© 2026 The Low Bridge Courier. All rights reserved.</p></footer></body></html>""",
        "Flood barrier to open late", _EN, "2026-03-17", "en", "Tom Ashdown", "The Low Bridge Courier",
    ),
    Outlet(
        "latin1-said-utf8",
        f"""<html lang="de"><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>Fernwärme wird billiger - Altmooser Bote</title><meta name="author" content="Ute Sörgel"><meta property="article:published_time"
content="2026-11-18T21:40:00+01:00"></head><body><div id="menu">{_menu("Stadt", "Land", "Sport")}</div><div class="content"><h1>Fernwärme wird billiger</h1>
{_paragraphs(_DE)}</div><div class="footer"><p>Impressum</p></div></body></html>""",
        "Fernwärme wird billiger", _DE, "2026-11-18", "de", "Ute Sörgel", None, "cp1252", "utf-8",
    ),
    Outlet(
        "utf8-said-latin1",
        f"""<!doctype html><html lang="fr"><head><title>La piscine des Tilleuls fermera | L’Écho d’Aubry</title><meta property="og:site_name"
content="L’Écho d’Aubry"></head><body><header>{_menu("Accueil", "Politique", "Culture")}</header><article><h1>La piscine des Tilleuls fermera</h1>
<p class="meta">Publié le <time datetime="2026-02-09T20:11:00+01:00">9 février 2026</time> par <span rel="author" class="author">Bastien Grandval</span></p>
{_paragraphs(_FR)}<p class="abo"><a href="/abo">Abonnez-vous pour lire la suite de nos dossiers</a></p></article></body></html>""",
        "La piscine des Tilleuls fermera", _FR, "2026-02-09", "fr", None, "L’Écho d’Aubry", "utf-8", "iso-8859-1",
    ),
    Outlet(
        "list-and-table",
        f"""<!doctype html><html lang="es-ES"><head><title>El puerto bate su récord</title><meta property="og:title" content="El puerto bate su récord">
<meta property="article:published_time" content="2026-01-15"></head><body>{_menu("Portada", "Economía")}<article><header><h1>El puerto bate su récord</h1></header>
{_paragraphs(_ES)}</article><section class="lo-mas-leido"><h3>Lo más leído</h3><ol><li><a href="/a">Otra noticia</a></li></ol></section></body></html>""",
        "El puerto bate su récord", _ES, "2026-01-15", "es-ES",
    ),
    Outlet(
        "graph",
        f"""<!doctype html><html lang="pt-PT"><head><title>Jornal</title>{_linked(**{"@graph": [{"@type": "WebSite", "name": "Jornal da Serra"},
{"@type": ["NewsArticle"], "headline": "Trotinetas proibidas nos passeios", "datePublished": "2026-08-04", "publisher": {"@type": "Organization", "name": "Jornal da Serra"},
"author": [{"@type": "Person", "name": "Inês Calado"}, {"@type": "Person", "name": "Hugo Prado"}]}]})}</head><body>{BANNER}
<div class="page"><div class="story"><h1>Trotinetas proibidas nos passeios</h1><div class="share"><a href="#">Partilhar</a></div>{_paragraphs(_PT)}</div></div></body></html>""",
        "Trotinetas proibidas nos passeios", _PT, "2026-08-04", "pt-PT", "Inês Calado; Hugo Prado", "Jornal da Serra",
    ),
    Outlet(
        "lazy-markup",
        f"""<html><head><title>Torna il treno nella valle</title><meta name="date" content="2026-05-22"></head><body bgcolor=white><table width=100%><tr><td>
{_menu("Cronaca", "Politica")}<td><h1>Torna il treno nella valle</h1><p>{_IT.replace(chr(10), "<p>")}</table></body>""",
        "Torna il treno nella valle", _IT, "2026-05-22", "it",
    ),
    Outlet(
        "no-language",
        f"""<!doctype html><html><head><title>Geen windmolens langs het kanaal</title><meta property="article:published_time" content="2026-10-02T14:00:00Z"></head>
<body><div class="article-body"><h1>Geen windmolens langs het kanaal</h1>{_paragraphs(_NL)}</div></body></html>""",
        "Geen windmolens langs het kanaal", _NL, "2026-10-02", "nl", said=None,
    ),
    Outlet(
        "latin2-meta",
        f"""<!doctype html><html lang="pl"><head><meta charset="iso-8859-2"><title>Zalesie traci oddział dziecięcy</title><meta property="article:published_time"
content="2026-06-30"></head><body><article><h1>Zalesie traci oddział dziecięcy</h1>{_paragraphs(_PL.replace("„", '"').replace("”", '"'))}</article></body></html>""",
        "Zalesie traci oddział dziecięcy", _PL.replace("„", '"').replace("”", '"'), "2026-06-30", "pl", charset="iso-8859-2", said=None,
    ),
    Outlet(
        "windows-1251",
        f"""<!doctype html><html lang="ru"><head><title>Трамвай пока остаётся</title><meta property="article:published_time" content="2026-01-28T09:00:00+03:00">
</head><body>{_menu("Новости", "Город")}<article><h1>Трамвай пока остаётся</h1>{_paragraphs(_RU)}</article></body></html>""",
        "Трамвай пока остаётся", _RU, "2026-01-28", "ru", charset="cp1251", said="windows-1251",
    ),
    Outlet(
        "iso-8859-9",
        f"""<!doctype html><html lang="tr"><head><title>Ağaçlar bir hafta bekleyecek</title><meta property="article:published_time" content="2026-04-12"></head>
<body><article><h1>Ağaçlar bir hafta bekleyecek</h1>{_paragraphs(_TR)}</article></body></html>""",
        "Ağaçlar bir hafta bekleyecek", _TR, "2026-04-12", "tr", charset="iso-8859-9", said="ISO-8859-9",
    ),
    Outlet(
        "right-to-left",
        f"""<!doctype html><html lang="ar" dir="rtl"><head><title>ارتفاع مخزون السد الكبير</title><meta property="article:published_time" content="2026-02-22"></head>
<body>{_menu("الرئيسية", "اقتصاد")}<article><h1>ارتفاع مخزون السد الكبير</h1>{_paragraphs(_AR)}</article></body></html>""",
        "ارتفاع مخزون السد الكبير", _AR, "2026-02-22", "ar",
    ),
    Outlet(
        "shift-jis",
        f"""<!doctype html><html lang="ja"><head><meta charset="Shift_JIS"><title>灯台を公開へ</title><meta property="article:published_time" content="2026-09-08"></head>
<body>{_menu("ニュース", "天気")}<article><h1>灯台を公開へ</h1>{_paragraphs(_JA)}</article></body></html>""",
        "灯台を公開へ", _JA, "2026-09-08", "ja", charset="cp932", said=None,
    ),
    Outlet(
        "gb2312",
        f"""<!doctype html><html lang="zh"><head><title>老城区白天禁止货车</title><meta property="article:published_time" content="2026-07-15"></head>
<body>{_menu("首页", "本地")}<article><h1>老城区白天禁止货车</h1>{_paragraphs(_ZH)}</article></body></html>""",
        "老城区白天禁止货车", _ZH, "2026-07-15", "zh", charset="gb18030", said="gb2312",
    ),
    Outlet(
        "hidden-behind-a-script",
        f"""<!doctype html><html lang="sv"><head><title>Badplatsen stängs</title>{_linked(**{"@type": "NewsArticle", "headline": "Badplatsen vid Lillsjön stängs",
"datePublished": "2026-07-21", "articleBody": _SV, "publisher": {"name": "Sjöbygdens Tidning"}})}</head><body>
<article><h1>Badplatsen vid Lillsjön stängs</h1><p>{_SV.partition(chr(10))[0]}</p><p class="paywall">Logga in för att läsa mer.</p></article></body></html>""",
        "Badplatsen vid Lillsjön stängs", _SV, "2026-07-21", "sv", None, "Sjöbygdens Tidning",
    ),
)  # fmt: skip
