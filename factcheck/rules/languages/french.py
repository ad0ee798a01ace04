"""French: how it denies, counts and opposes."""

from factcheck.rules.languages.grammar import Grammar, counted, folded, numbered, opposed

FRENCH = Grammar(
    empty=folded(
        """le la les l un une des de du d et ou est sont a ont au aux en dans sur par pour avec que qui qu ce cette ces
        se s il elle ils elles on y été être avoir son sa ses leur leurs plus"""
    ),
    negations=folded("ne n pas non jamais aucun aucune rien personne ni nul nulle faux fausse sans"),
    opposites=opposed(
        """
        augmente augmenté augmentation hausse croît progresse|diminue diminué diminution baisse baissé recule chute
        plus|moins
        gagne gagné gagner|perd perdu perdre
        soutient soutenu soutenir|combat opposé oppose
        légal légale|illégal illégale
        avant|après
        ouvre ouvert ouverte ouvrir|ferme fermé fermée fermer
        accepte accepté accepter|refuse refusé refuser rejette rejeté
        autorise autorisé autoriser|interdit interdire interdite
        achète acheté acheter|vend vendu vendre
        importe importé importations|exporte exporté exportations
        premier première|dernier dernière
        vrai vraie|faux fausse
        coupable|innocent innocente
        nord|sud
        est|ouest
        riches riche|pauvres pauvre
        hommes|femmes
        efficace|inefficace
        arrêté arrêter|libéré libérer relâché
        embauché embaucher|licencié licencier
        """,
        "fr",
    ),
    months=numbered("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    units=numbered("un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"),
    tens={"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60},
    magnitudes=counted(e2="cent cents", e3="mille", e6="million millions", e9="milliard milliards"),
    vague={"dizaines": 10, "centaines": 100, "milliers": 1000},
    offices=folded("lundi mardi mercredi jeudi vendredi samedi dimanche monsieur madame m mme"),
)
