"""Portuguese: how it denies, counts and opposes."""

from factcheck.rules.languages.grammar import Grammar, counted, folded, numbered, opposed

PORTUGUESE = Grammar(
    empty=folded(
        """o a os as um uma uns umas de do da dos das e ou é são ao aos à às em no na nos nas por para com que se seu
        sua foi ser tem pelo pela mais já"""
    ),
    negations=folded("não nunca jamais nenhum nenhuma ninguém nada nem tampouco sem falso falsa"),
    opposites=opposed(
        """
        aumenta aumentou aumentado aumento sobe subiu subida cresce cresceu|diminui diminuiu cai caiu queda reduziu
        mais|menos
        ganha ganhou vence venceu|perde perdeu perdido
        apoia apoiou|opõe opôs rejeita
        legal|ilegal
        antes|depois
        abre abriu aberto aberta|fecha fechou fechado fechada
        aceita aceitou aceite|recusa recusou rejeita rejeitou
        permite permitiu autoriza autorizou|proíbe proibiu proibido
        compra comprou|vende vendeu
        importa importou importações|exporta exportou exportações
        primeiro primeira|último última
        verdadeiro verdadeira|falso falsa
        culpado culpada|inocente
        norte|sul
        leste|oeste
        ricos rico|pobres pobre
        homens|mulheres
        eficaz|ineficaz
        preso presa prendeu|solto solta libertado libertou
        """,
        "pt",
    ),
    months=numbered("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
    units=numbered("um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze"),
    tens={"vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80,
          "noventa": 90},
    magnitudes=counted(e2="cem cento centenas", e3="mil", e6="milhão milhões", e9="bilhão bilhões"),
    vague={"dezenas": 10, "milhares": 1000},
    offices=folded("segunda terça quarta quinta sexta sábado domingo senhor senhora"),
)  # fmt: skip
