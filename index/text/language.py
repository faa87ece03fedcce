"""Which language a text seems to be in, told only where it is clearly not English.

Scripts other than Latin name themselves. In Latin script function words tell, because they are in
every sentence: those of a language against those of English. Names, code and keywords have none, so
nothing is said of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.text.words import STOP_WORDS

READ = 6000
"""Characters of a long text that are looked at, in three stretches: enough for some 900 words."""

LEAST_SCORE = 1.5
"""What speaks for a language at least: with this, no English question of 2,192 was misjudged."""

LEAST_SHARE = 0.08
"""Share of function words below which a text is no prose: running text has 0.3 to 0.5."""

_WORD = re.compile(r"(?<![\w./@:#-])[¿¡]?[^\W\d_]+(?:['’][^\W\d_]+)*(?![\w@/]|[.:]\w)")
"""A word of prose: what stands in an address, a path, a name of code or a version is none."""
_SCRIPTS: tuple[tuple[str, str], ...] = (
    ("kana", "\u3040-\u30ff\u31f0-\u31ff"),
    ("Korean", "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"),
    ("Chinese", "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"),
    ("cyrillic", "\u0400-\u052f"),
    ("arabic", "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff"),
    ("Greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("Hebrew", "\u0590-\u05ff"),
    ("Hindi", "\u0900-\u097f"),
    ("Bengali", "\u0980-\u09ff"),
    ("Punjabi", "\u0a00-\u0a7f"),
    ("Gujarati", "\u0a80-\u0aff"),
    ("Tamil", "\u0b80-\u0bff"),
    ("Telugu", "\u0c00-\u0c7f"),
    ("Kannada", "\u0c80-\u0cff"),
    ("Malayalam", "\u0d00-\u0d7f"),
    ("Sinhala", "\u0d80-\u0dff"),
    ("Thai", "\u0e00-\u0e7f"),
    ("Lao", "\u0e80-\u0eff"),
    ("Burmese", "\u1000-\u109f"),
    ("Georgian", "\u10a0-\u10ff"),
    ("Amharic", "\u1200-\u137f"),
    ("Khmer", "\u1780-\u17ff"),
    ("Armenian", "\u0530-\u058f"),
)
_IN_SCRIPT = re.compile("|".join(f"([{letters}])" for _, letters in _SCRIPTS))
_IN_ANY_SCRIPT = re.compile(f"[{''.join(letters for _, letters in _SCRIPTS)}]")
_DENSE = frozenset(("kana", "Korean", "Chinese"))
"""Scripts in which one character says as much as three Latin letters."""
_ALSO_SYMBOLS = frozenset(("Greek",))
"""Scripts whose single letters stand for quantities in any language."""
_CYRILLIC = (("Ukrainian", "іїєґ"), ("Serbian", "ђћџљњј"), ("Kazakh", "әғқңұһ"))
_ARABIC = (("Urdu", "ٹڈڑںے"), ("Persian", "پچژگی"))


_ENGLISH = STOP_WORDS | frozenset(
    """many much long often get gets got need needs needed want make makes use using used like one
    may shall two first new without within since per via any every anyone someone something work
    works happen happens way still even take takes give ai act sent send""".split()  # noqa: SIM905
)
_IN_NAMES = frozenset(
    "sans avec sin con são eu ai los el von van der del ben son me kim data".split()  # noqa: SIM905
)
"""Words of other languages that stand in names and in terms of English texts."""


@dataclass(frozen=True)
class _Words:
    """How a language in Latin script is told."""

    firm: frozenset[str]
    """Function words that are neither English words nor parts of names."""
    shared: frozenset[str]
    """Words of the language that may stand in an English text as well; they only support."""
    letters: frozenset[str]
    """Letters that hardly any other language has."""
    endings: re.Pattern[str] | None = None
    """Endings of verbs and nouns that do what function words do elsewhere."""


def _language(firm: str, shared: str, letters: str = "", endings: str = "") -> _Words:
    pattern = re.compile(endings) if endings else None
    # A single plain letter is as often an abbreviation, or a number of a list.
    words = {word for word in firm.split() if len(word) > 1 or not word.isascii()}
    certain = frozenset(words) - _ENGLISH - _IN_NAMES
    return _Words(
        certain, frozenset([*firm.split(), *shared.split()]) - certain, frozenset(letters), pattern
    )


_LATIN: dict[str, _Words] = {
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


def language_of(text: str) -> str | None:
    """Return the English name of the language a text seems to be in; None for English."""
    text = _sampled(unicodedata.normalize("NFC", text))
    return _by_script(text) or _by_words(_WORD.findall(text))


def _sampled(text: str) -> str:
    """Return a long text's beginning, middle and end."""
    if len(text) <= READ:
        return text
    third = READ // 3
    middle = (len(text) - third) // 2
    return "\n".join((text[:third], text[middle : middle + third], text[-third:]))


def _by_script(text: str) -> str | None:
    """Return the language of a script other than Latin that most of a text is written in."""
    if not _IN_ANY_SCRIPT.search(text):
        return None
    counts = Counter(_SCRIPTS[(found.lastindex or 1) - 1][0] for found in _IN_SCRIPT.finditer(text))
    # Han and kana are one writing; a Japanese text has both.
    kana = counts.pop("kana", 0)
    if kana:
        counts["Japanese"] = kana + counts.pop("Chinese", 0)
    script, count = counts.most_common(1)[0]
    latin = sum(map(str.isalpha, text)) - sum(counts.values())
    weight = 3 if script in _DENSE or script == "Japanese" else 1
    if count * weight <= latin or count < (4 if script in _ALSO_SYMBOLS else 2):
        return None
    if script == "cyrillic":
        return _marked(text, _CYRILLIC, "Russian")
    return _marked(text, _ARABIC, "Arabic") if script == "arabic" else script


def _marked(text: str, marks: Sequence[tuple[str, str]], otherwise: str) -> str:
    """Return the first language that has letters of its own in a text."""
    return next((name for name, own in marks if not set(own).isdisjoint(text.lower())), otherwise)


def _by_words(found: Sequence[str]) -> str | None:
    """Return the language whose function words a text has, where English ones are few."""
    if not found:
        return None
    words = _Vocabulary.of([word.replace("İ", "i").lower().replace("’", "'") for word in found])
    scores = {name: _score(words, known) for name, known in _LATIN.items()}
    name = max(scores, key=lambda each: scores[each])
    return name if scores[name] >= max(LEAST_SCORE, LEAST_SHARE * len(found)) else None


@dataclass(frozen=True)
class _Vocabulary:
    """The different words of a text, and how often each stands there."""

    counts: Counter[str]
    bare: Counter[str]
    """The same without the marks that Spanish opens a question with."""
    english: Counter[str]
    """Those that are English."""
    letters: frozenset[str]

    @classmethod
    def of(cls, words: Sequence[str]) -> _Vocabulary:
        counts, bare = Counter(words), Counter[str]()
        for word, count in counts.items():
            bare[word.lstrip("¿¡")] += count
        english = Counter({word: count for word, count in counts.items() if _is_english(word)})
        return cls(counts, bare, english, frozenset().union(*counts))


def _score(words: _Vocabulary, known: _Words) -> float:
    """Return how many words speak for a language; 0 where none does surely, or English does too."""
    firm = _count(words.bare, known.firm) + _ending(words, known)
    if not firm:
        return 0.0
    shared = _count(words.counts, known.shared)
    english = words.english.total() - _count(words.english, known.shared)
    marked = 0
    if not known.letters.isdisjoint(words.letters):
        marked = sum(n for w, n in words.counts.items() if not known.letters.isdisjoint(w))
    score = firm + 0.5 * shared + 0.75 * min(marked, 2 + words.counts.total() // 10)
    return score if score > 2 * english else 0.0


def _count(counts: Counter[str], known: frozenset[str]) -> int:
    return sum(counts[word] for word in known.intersection(counts))


def _ending(words: _Vocabulary, known: _Words) -> int:
    """Count the words that are not known but end as those of a language do."""
    if known.endings is None:
        return 0
    found = ((word, count) for word, count in words.counts.items() if known.endings.search(word))
    return sum(count for word, count in found if word.lstrip("¿¡") not in known.firm)


def _is_english(word: str) -> bool:
    return word.replace("'", "") in _ENGLISH


def languages_of(texts: Iterable[str]) -> dict[str, int]:
    """Count texts that seem not to be English, by language, the most frequent first."""
    found = Counter(name for name in map(language_of, texts) if name)
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))
