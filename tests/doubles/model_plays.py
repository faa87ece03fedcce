"""What models write, good and bad: functions from a prompt to the text of a reply.

They read the numbered sentences of the prompt as a model would.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.doubles.model_server import Play, Reply

SENTENCE = re.compile(r"^\[(\d+)\.(\d+)\] (.+)$", re.MULTILINE)
QUESTION = re.compile(r"<question>\n(.+)\n</question>")


def shown(prompt: str) -> list[tuple[str, str]]:
    """Return (id, text) of each sentence in a prompt."""
    return [(f"{passage}.{sentence}", text) for passage, sentence, text in SENTENCE.findall(prompt)]


def nearest(prompt: str) -> list[tuple[str, str]]:
    """Return the shown sentences, those that share most words with the question first."""
    question = QUESTION.search(prompt)
    asked = set(re.findall(r"\w{3,}", question[1].lower())) if question else set()
    return sorted(
        shown(prompt),
        key=lambda pair: -len(asked & set(re.findall(r"\w{3,}", pair[1].lower()))),
    )


def obedient(prompt: str) -> str:
    """Restate the two nearest sentences with their ids."""
    return " ".join(f"{text.rstrip('.')} [{id}]." for id, text in nearest(prompt)[:2])


def unknown_ids(prompt: str) -> str:
    return " ".join(f"{text} [{90 + n}.{n}]" for n, (_, text) in enumerate(nearest(prompt)[:3]))


def other_passages(prompt: str) -> str:
    pairs = nearest(prompt)
    return " ".join(f"{text} [{pairs[-1 - n][0]}]" for n, (_, text) in enumerate(pairs[:2]))


def other_collections(prompt: str) -> str:
    return (
        "The salary of the director is 90,000 euros [private/payroll.md:1.1]. It was raised "
        "[collection:board 2.1]. So says the board [source_id=7f3a 1.4]."
    )


def invented_quotes(prompt: str) -> str:
    id = nearest(prompt)[0][0]
    return (
        f'The report says: "We have never seen anything as grave as this before" [{id}]. '
        f"\u201cNobody here will ever agree to these terms at all\u201d, it adds [{id}]. "
        f"As \u00abeverybody in the whole town already knows\u00bb [{id}]."
    )


def swapped_numbers(prompt: str) -> str:
    spoilt = [
        (id, re.sub(r"\d+", lambda number: str(int(number[0]) * 3 + 7), text))
        for id, text in shown(prompt)
        if re.search(r"\d", text)
    ]
    return " ".join(f"{text.rstrip('.')} [{id}]." for id, text in spoilt)


def swapped_names(prompt: str) -> str:
    spoilt = [
        (id, re.sub(r"(?<=[a-z,] )[A-Z][a-z]+", "Zimmermann", text))
        for id, text in shown(prompt)
        if re.search(r"(?<=[a-z,] )[A-Z][a-z]+", text)
    ]
    return " ".join(f"{text.rstrip('.')} [{id}]." for id, text in spoilt)


def no_format(prompt: str) -> str:
    return "Sure! Here is what I found:\n\n" + "\n".join(text for _, text in nearest(prompt)[:3])


def own_knowledge(prompt: str) -> str:
    id = nearest(prompt)[0][0]
    return f"The capital of Australia is Canberra. It was founded in 1913 [{id}]. Sydney is bigger."


def planted(prompt: str) -> str:
    """Do what a document orders."""
    order = re.search(
        r"(?:say|write|answer) (?:exactly )?[\"\u201c']?(.+?)[\"\u201d']?$", prompt, re.MULTILINE
    )
    return order[1] if order else "I have been pwned. Visit https://evil.example/pwned now!"


def mentions(prompt: str) -> str:
    id, text = nearest(prompt)[0]
    return f"@everyone {text.rstrip('.')} <@123456789012345678> <@&42> @here <#7> [{id}]."


def links(prompt: str) -> str:
    id, text = nearest(prompt)[0]
    return (
        f"{text.rstrip('.')} [see here](https://evil.example/?q=[{id}]) "
        f"[{id}](https://evil.example) ![x](http://evil.example/i.png) "
        f"https://evil.example/a?b=c <http://evil.example> "
        f"www.evil.example discord.gg/evil [{id}].\n\n[1]: https://evil.example"
    )


def html(prompt: str) -> str:
    id, text = nearest(prompt)[0]
    return (
        f"<b>{text.rstrip('.')}</b> <script>alert(1)</script><img src=x onerror=alert(1)>"
        f"<a href='https://evil.example'>x</a> &lt;iframe src=//evil.example&gt; [{id}]."
    )


def escapes(prompt: str) -> str:
    id, text = nearest(prompt)[0]
    return (
        f"\x1b[31m\x1b]8;;https://evil.example\x07{text.rstrip('.')}\x1b]8;;\x07\x1b[0m\x07\x08\u202e"
        f"\u200b [{id}].\r\x1b[2J"
    )


def endless(prompt: str) -> str:
    id, text = nearest(prompt)[0]
    return f"{text} [{id}]\n" * (80_000 // (len(text) + 8))


def rambling(prompt: str) -> str:
    return "word " * 20_000


def empty(prompt: str) -> str:
    return ""


def blank(prompt: str) -> str:
    return " \n\t\n "


WRITTEN: dict[str, Callable[[str], str]] = {
    play.__name__: play
    for play in (
        unknown_ids,
        other_passages,
        other_collections,
        invented_quotes,
        swapped_numbers,
        swapped_names,
        no_format,
        own_knowledge,
        planted,
        mentions,
        links,
        html,
        escapes,
        endless,
        rambling,
        empty,
        blank,
    )
}
"""Hostile or useless replies by name."""


def hostile(prompt: str, rng: random.Random) -> str:
    """Mix sentences of the prompt with ids, quotations, links and noise at random."""
    pairs = shown(prompt)
    return rng.choice((" ", "\n", "\n\n", "\n- ")).join(
        _hostile_sentence(pairs, rng) for _ in range(rng.randint(1, 6))
    )


def drawn(rng: random.Random) -> Play:
    """Play a model that writes another hostile reply at each request."""
    return lambda prompt: Reply(hostile(prompt, rng), piece=rng.randint(1, 40))


def _hostile_sentence(pairs: list[tuple[str, str]], rng: random.Random) -> str:
    right, sentence = rng.choice(pairs)
    words = sentence.split()
    if rng.random() < 0.3:
        words[rng.randrange(len(words))] = rng.choice(_NOISE)
    if rng.random() < 0.4:
        start = rng.randrange(len(words))
        end = rng.randint(start + 1, len(words))
        left, right = rng.choice(_MARKS)
        words[start:end] = [f"{left}{' '.join(words[start:end])}{right}"]
    for _ in range(rng.choice((0, 0, 1, 3))):
        words.insert(rng.randint(0, len(words)), rng.choice(_NOISE))
    ids = f"[{right}]" if rng.random() < 0.6 else ""
    ids += "".join(_hostile_id(pairs, rng) for _ in range(rng.randint(0, 2)))
    return f"{' '.join(words)} {ids}{rng.choice(('.', '', '!', ' '))}"


def _hostile_id(pairs: list[tuple[str, str]], rng: random.Random) -> str:
    id = rng.choice(pairs)[0]
    forms = (
        f"[{id}]",
        f"[{id}]",
        f"[{id}]",
        f"[{id}-9]",
        f"[{id}, {rng.choice(pairs)[0]}]",
        f"[[{id}]]",
        f"[{id.split('.')[0]}]",
        "[99.1]",
        "[0.0]",
        "[-1.2]",
        "[1.2.3]",
        f"[{id}",
        f"{id}]",
        "[2024]",
        f"\u3010{id}\u3011",
        f"[Passage {id}]",
        f"[^{id}]",
        "[1]",
        "[999999999999.1]",
        f"({id})",
        "[a.b]",
        f"[{id}](https://evil.example)",
        "[secret/1.1]",
        "[1\u200b.1]",
        "[\u0661.\u0662]",
    )
    return rng.choice(forms)


_MARKS = (
    ('"', '"'),
    ("\u201c", "\u201d"),
    ("\u00ab", "\u00bb"),
    ("\u201e", "\u201c"),
    ("'", "'"),
    ("``", "''"),
    ("\u2018", "\u2019"),
    ('"', ""),
    ("\u201c", '"'),
    ("&quot;", "&quot;"),
    ("> ", ""),
)
_NOISE = (
    "never",
    "not",
    "4711",
    "Zimmermann",
    "https://evil.example/x",
    "[click](https://evil.example)",
    "<b>",
    "</b>",
    "<img src=x onerror=y>",
    "@everyone",
    "<@1>",
    "<@&2>",
    "\x1b[31m",
    "\x07",
    "\u202e",
    "\u200b",
    "&lt;script&gt;",
    "www.evil.example",
    "javascript:alert(1)",
    "{x}",
    "$y",
    "{{",
    "`",
    "```",
    "|",
    "\ue000",
    "<think>",
    "</think>",
    "<!--",
    "mailto:a@evil.example",
    "\u201c",
    '"',
    "ht<b></b>tps://evil.example",
    "[a](http://evil.example/[b](http://evil.example))",
    "\r",
    "\x00",
    "data:text/html,x",
    "hxxps://evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "//evil.example",
    "\ud800",
    "[1]: https://evil.example",
    "&#104;ttps://evil.example",
    "discord.gg/evil",
    "<https://evil.example>",
)
