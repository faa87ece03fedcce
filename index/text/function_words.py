"""The words that tell languages in Latin script: function words, letters, endings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index.text.words import STOP_WORDS

ENGLISH_WORDS = STOP_WORDS | frozenset(
    """many much long often get gets got need needs needed want make makes use using used like one
    may shall two first new without within since per via any every anyone someone something work
    works happen happens way still even take takes give ai act sent send""".split()  # noqa: SIM905
)
"""Words that an English text is full of."""

_IN_NAMES = frozenset(
    "sans avec sin con são eu ai los el von van der del ben son me kim data".split()  # noqa: SIM905
)
"""Words of other languages that stand in names and in terms of English texts."""


@dataclass(frozen=True)
class FunctionWords:
    """How a language in Latin script is told."""

    firm: frozenset[str]
    """Function words that are neither English words nor parts of names."""
    shared: frozenset[str]
    """Words of the language that may stand in an English text as well; they only support."""
    letters: frozenset[str]
    """Letters that hardly any other language has."""
    endings: re.Pattern[str] | None = None
    """Endings of verbs and nouns that do what function words do elsewhere."""


def _language(firm: str, shared: str, letters: str = "", endings: str = "") -> FunctionWords:
    pattern = re.compile(endings) if endings else None
    # A single plain letter is as often an abbreviation, or a number of a list.
    words = {word for word in firm.split() if len(word) > 1 or not word.isascii()}
    certain = frozenset(words) - ENGLISH_WORDS - _IN_NAMES
    return FunctionWords(
        certain, frozenset([*firm.split(), *shared.split()]) - certain, frozenset(letters), pattern
    )


LATIN_LANGUAGES: dict[str, FunctionWords] = {
    "German": _language(
        """wie wer wo wann warum wieso weshalb welche welcher welches welchen welchem wem wen
        wieviel ich du er sie wir ihr mich mir dich dir uns euch ihnen mein meine meinen meinem
        meiner dein unser unsere unseren unserem und oder aber nicht kein keine keinen ist sind
        wird werden wurde wurden bin bist seid habe hast haben hatte kann kannst können muss
        musst müssen darf darfst dürfen soll sollte sollen möchte gibt gilt gelten macht machen
        geht passiert brauche braucht der das dem ein eine einen einem einer eines für mit von
        zum zur bei beim nach aus über unter auf auch als wenn dass ob sich zu im vom bis durch
        ohne gegen sein seine ihre noch nur schon sehr mehr viel viele dieser diese dieses
        bekomme bekommt lange""",
        "die den des am an in so was war hat man muss er van",
        "ßäöü",
    ),
    "French": _language(
        """où quand pourquoi combien quel quelle quels quelles qui que quoi je tu il elle nous vous
        ils elles mon ma mes notre nos votre vos leur leurs cette ces ce est sont suis êtes
        sommes ont avez avons peut peux peuvent doit dois doivent faut faire fait puis et ou
        mais pas ne plus dans avec sans chez vers aux une qu'est s'il c'est n'est qu'il d'un
        d'une quels lorsque aussi très même être avoir été pendant après avant depuis lequel
        laquelle si combien jusqu'à auprès""",
        "le la les de du des au un en sur par pour son sa se comment on me te tous tout",
        "éèêàçùœîô",
    ),
    "Spanish": _language(
        """qué cómo cuándo dónde cuál cuáles quién quiénes cuánto cuánta cuántos cuántas por qué
        que el los una unos unas es son está están hay puedo puede pueden debo debe deben tengo
        tiene tienen hacer hace quiero necesito yo él ella nosotros ustedes mi mis su sus
        nuestro nuestra nuestros y pero porque para con sin sobre entre desde hasta cuando donde
        si también muy más esta este estos estas eso esto ser estar fue era se del al lo nos le
        les después antes cada cuanto cual quien hacerlo""",
        "de la las un en a o no como como me te del ha han",
        "ñ¿¡áíóú",
    ),
    "Portuguese": _language(
        """qual quais quando onde quem quanto quanta quantos quantas porque porquê como que não sim
        uma uns umas é são está estão há posso pode podem devo deve devem tenho tem têm fazer
        faço faz quero preciso eu ele ela nós vocês você meu minha meus minhas seu sua seus suas
        nosso nossa mas para com sem sobre entre desde até também muito mais este esta isso isto
        ser estar foi se pelo pela pelos pelas ao aos à às num numa depois antes cada""",
        "de do da dos das em no na nos nas um os as o a e ou por",
        "ãõçâêôàéíú",
    ),
    "Italian": _language(
        """quando dove perché quale quali chi cosa quanto quanta quanti quante che il gli una uno è
        sono sei siamo posso può possono devo deve devono ho hai abbiamo hanno fare faccio fa
        voglio serve io lui lei noi voi loro mio mia miei mie tuo suo sua nostro nostra nostri
        vostro ma non con senza su tra fra fino anche molto più questo questa questi queste
        essere avere stato viene della dello dei degli delle del dal dalla nel nella nei nelle
        sul sulla al alla ai alle agli si ci c'è cos'è qual'è dopo prima ogni come""",
        "di da in per la lo le i e o a un mi ti se",
        "èòìàù",
    ),
    "Dutch": _language(
        """hoe wat wie waar waarom wanneer welke welk hoeveel ik jij je hij zij ze wij jullie mijn
        jouw zijn haar onze ons hun het een de en maar niet geen ben bent heb hebt heeft hebben
        had kan kunnen mag mogen moet moeten wil willen zal zullen wordt worden werd gaat doen
        doet met voor van naar bij uit aan op om te tot door zonder tegen ook als dat dit deze
        die er nog alleen veel meer zich krijgt krijg staat lang""",
        "is was we in of over me u hij den al had van de",
        "",
    ),
    "Turkish": _language(
        """ne nasıl neden niçin nerede nereden nereye kaç hangi hangisi kimin kime mı mi mu mü
        mıyım miyim muyum müyüm mısınız ve veya ama ile için gibi kadar göre sonra önce daha çok
        bir bu şu ben sen biz siz onlar benim bizim sizin onun var yok değil olan olarak olur
        oldu olmalı gerek gerekir gerekiyor gereken edilir ediyor yapmalıyım yapabilirim yapılır
        alabilir alabilirim zaman eğer hem her bile da de ki nelerdir nedir kimdir midir mıdır""",
        "kim o on her en de da ben sen bile",
        "ığş",
        r".{2}(?:[ıiuü]yor\w{0,5}|[ae]bilir\w{0,5}|[ae]c[ae][kğ]\w{0,4}|l[ae]r[ıi]\w{0,4})$",
    ),
    "Polish": _language(
        """jak kto gdzie kiedy dlaczego ile jaki jaka jakie jakich jakim który która które których
        co czy nie się jest są być był była było mogę może można muszę musi trzeba mam masz mamy
        mają i oraz ale lub albo z ze w we na po przez przed przy od dla bez pod nad za jako gdy
        jeśli żeby który mój moja moje nasz nasza nasze ja ty on ona oni my wy mnie mi tego tej
        ten ta tym tylko już też bardzo więcej jednego""",
        "do to i a o we on my by co za na",
        "ąęłńśźżó",
    ),
    "Swedish": _language(
        """hur vad vem var varför när vilken vilket vilka jag du han hon vi ni mig dig oss och
        eller men inte är som på av för med till från om ett det den att har hade kan måste ska
        skall vill får finns mycket mer min mitt mina din vår vårt våra deras utan efter över
        under också bara blir göra gör""",
        "en i de den men man all till",
        "åäö",
    ),
    "Danish": _language(
        """hvordan hvad hvem hvor hvorfor hvornår hvilken hvilket hvilke hvilken jeg du han hun vi
        mig dig os og eller men ikke er som på af for med til fra om et det den at har havde kan
        må skal vil får meget mere min mit mine vores deres uden efter også bare bliver gør
        mange""",
        "en i de for at den man all til",
        "æøå",
    ),
    "Finnish": _language(
        """miten mikä mitä missä milloin miksi kuka kuinka montako paljonko mistä mihin ja tai
        mutta ei en on ovat oli olla voi voin voiko pitää täytyy minä sinä hän me te he minun
        sinun meidän tämä se että jos kun kuin myös vain ennen jälkeen ilman kanssa onko saako
        saa tulee""",
        "me on he en se",
        "äö",
    ),
    "Czech": _language(
        """jak kdo kde kdy proč kolik jaký jaká jaké který která které co je jsou být byl byla bylo
        není mohu může musím musí lze mám máme mají a nebo ale ne se si v ve na po při od pro
        bez pod nad za jako když pokud aby můj moje náš naše já ty on ona my vy mě to toho ten
        ta tím jen už také velmi více""",
        "do to a i on my by na za co je",
        "ěščřžůť",
    ),
    "Romanian": _language(
        """cum cine unde când cât câte câți câtă care ce este sunt suntem am ai avem au pot poate
        trebuie fac face vreau și sau dar nu cu fără din pentru pe la despre între până dacă ca
        că eu tu el ea noi voi ei meu mea mele nostru noastră un o unei unui să se fi fost mai
        foarte după înainte""",
        "am a in la o un ca pot face ai au",
        "ăâîșțşţ",
    ),
    "Hungarian": _language(
        """hogyan mi ki hol mikor miért mennyi hány melyik milyen mit és vagy de nem van vannak
        volt lesz kell lehet tudok tudom az egy ez hogy ha mint csak is még már meg nekem én te
        ő mi ti ők között után előtt nélkül szerint""",
        "a is mint meg ha de van",
        "őűáéíóöúü",
    ),
    "Indonesian": _language(
        """bagaimana apa siapa dimana mana kapan mengapa kenapa berapa yang dan atau tetapi tidak
        bukan adalah dengan untuk dari ke pada oleh ini itu saya kamu anda kami kita mereka dia
        bisa dapat harus akan sudah belum ada jika apakah dalam setelah sebelum""",
        "di ada a mana",
        "",
    ),
    "Vietnamese": _language(
        """làm sao gì ai đâu khi nào tại vì bao nhiêu và hoặc nhưng không là của cho với từ trong
        ngoài trên dưới này đó tôi bạn chúng ta họ có thể phải được các những một nếu thì như
        rất hơn cần""",
        "ta ai sao",
        "đơưạảấầẩậắặẹẻẽếềểệỉịọỏốồổộớờởợụủứừửựỳỵ",
    ),
}
"""How each language in Latin script is told, by its English name."""
