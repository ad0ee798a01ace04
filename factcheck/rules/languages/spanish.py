"""Spanish: how it denies, counts and opposes."""

from factcheck.rules.languages.grammar import Grammar, counted, folded, numbered, opposed

SPANISH = Grammar(
    empty=folded(
        """el la los las un una unos unas de del y o e es son a al en por para con que se su sus lo ha han fue como este
        esta más ya"""
    ),
    negations=folded("no nunca jamás ningún ninguno ninguna nadie nada tampoco ni sin falso falsa"),
    opposites=opposed(
        """
        aumenta aumentó aumentado aumento sube subió subida crece creció|disminuye disminuyó baja bajó bajada cae cayó
        más|menos
        gana ganó ganado|pierde perdió perdido
        apoya apoyó apoyado|opone opuso opuesto
        legal|ilegal
        antes|después
        abre abrió abierto abierta|cierra cerró cerrado cerrada
        acepta aceptó aceptado|rechaza rechazó rechazado
        permite permitió permitido autoriza autorizó|prohíbe prohibió prohibido
        compra compró comprado|vende vendió vendido
        importa importó importaciones|exporta exportó exportaciones
        primero primera primer|último última
        verdadero verdadera|falso falsa
        culpable|inocente
        norte|sur
        este|oeste
        ricos rico|pobres pobre
        hombres|mujeres
        eficaz|ineficaz
        detenido detenida detuvo|liberado liberada liberó
        """,
        "es",
    ),
    months=numbered("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    units=numbered("uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"),
    tens={"veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
          "noventa": 90},
    magnitudes=counted(e2="cien ciento cientos", e3="mil", e6="millón millones", e12="billón billones"),
    vague={"decenas": 10, "miles": 1000},
    offices=folded("lunes martes miércoles jueves viernes sábado domingo señor señora"),
)  # fmt: skip
