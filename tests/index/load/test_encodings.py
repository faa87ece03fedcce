"""Texts in the encodings that files still have are read as they were written, short ones too."""

from __future__ import annotations

import pytest

from index.errors import LoadError
from index.load.decode import decode
from index.load.loaders import load_bytes

# fmt: off
TEXTS = {
    "windows-1250": ("cp1250", "Schůze se koná v úterý v deset hodin v zasedací síni."),
    "windows-1250, Czech": ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy."),
    "windows-1250, Polish": ("cp1250", "Zażółć gęślą jaźń, a potem idź do łóżka i śpij."),
    "windows-1250, Hungarian": ("cp1250", "A könyvtár hétfőtől péntekig hatig tart nyitva."),
    "windows-1251": ("cp1251", "Ключи от склада лежат в верхнем ящике стола."),
    "windows-1251, Ukrainian": ("cp1251", "Бібліотека відкрита з понеділка до п'ятниці."),
    "windows-1251, Bulgarian": ("cp1251", "Библиотеката е отворена от понеделник до петък."),
    "windows-1252": ("cp1252", "La bibliothèque est ouverte du lundi au vendredi."),
    "windows-1252, German": ("cp1252", "Der Schlüssel für das Lager hängt neben der Tür."),
    "windows-1252, English": ("cp1252", "The price is £5 — “quoted” text, and that’s all."),
    "windows-1252, Swedish": ("cp1252", "Nyckeln till förrådet hänger bredvid dörren."),
    "windows-1252, Italian": ("cp1252", "Il ragazzo è già andato via, ma la città è bella."),
    "windows-1253": ("cp1253", "Η βιβλιοθήκη είναι ανοιχτή από Δευτέρα έως Παρασκευή."),
    "windows-1254": ("cp1254", "Toplantı salı günü saat onda başlayacak, geç kalmayın."),
    "windows-1255": ("cp1255", "הספרייה פתוחה מיום ראשון עד יום חמישי."),
    "windows-1256": ("cp1256", "مفاتيح المخزن موجودة في الدرج العلوي من المكتب."),
    "windows-1257": ("cp1257", "Bibliotēka ir atvērta no pirmdienas līdz piektdienai."),
    "windows-1257, Lithuanian": ("cp1257", "Šeštadienį biblioteka uždaryta, nes švenčiame."),
    "KOI8-R": ("koi8-r", "Библиотека открыта с понедельника по пятницу."),
    "ISO-8859-2": ("iso8859-2", "Žádost podejte nejpozději týden před začátkem dovolené."),
    "Shift_JIS": ("shift_jis", "倉庫の鍵は机の一番上の引き出しにあります。"),
    "EUC-JP": ("euc_jp", "図書館は月曜日から金曜日まで開いています。"),
    "ISO-2022-JP": ("iso2022_jp", "図書館は月曜日から金曜日まで開いています。"),
    "GB18030": ("gb18030", "仓库的钥匙放在办公桌最上面的抽屉里。"),
    "Big5": ("big5", "圖書館星期一至星期五開放，週末關閉。"),
    "EUC-KR": ("euc_kr", "도서관은 월요일부터 금요일까지 문을 엽니다."),
    "UTF-16, little end first": ("utf-16-le", "Ключи от склада лежат в верхнем ящике стола."),
    "UTF-16, big end first": ("utf-16-be", "La bibliothèque est ouverte du lundi au vendredi."),
    "UTF-16, Japanese": ("utf-16-le", "倉庫の鍵は机の一番上の引き出しにあります。"),
    "UTF-16, Chinese": ("utf-16-be", "仓库的钥匙，放在办公桌最上面的抽屉里。"),
    "UTF-16 with a mark": ("utf-16", "המפתחות של המחסן נמצאים במגירה העליונה."),
    "UTF-8 with a mark": ("utf-8-sig", "المكتبة مفتوحة من الأحد إلى الخميس."),
    "UTF-8": ("utf-8", "Kütüphane hafta sonu kapalıdır."),
}
# fmt: on

STATED = ("UTF-8", "UTF-16 with a mark", "UTF-8 with a mark", "ISO-2022-JP")
"""What the bytes themselves tell without a doubt."""


@pytest.mark.parametrize("times", [1, 40], ids=["short", "long"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_as_it_was_written(name: str, times: int) -> None:
    encoding, sentence = TEXTS[name]
    text = "\n".join([sentence] * times)
    found = decode(text.encode(encoding), name="old.txt")
    assert found.text == text
    assert found.guessed == (name not in STATED)


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("cp1255", "windows-1255"), ("shift_jis", "Shift_JIS"), ("koi8-r", "KOI8-R")],
)
def test_a_guess_is_told(encoding: str, named: str) -> None:
    text = next(text for used, text in TEXTS.values() if used == encoding)
    assert load_bytes(text.encode(encoding), name="old.txt").warnings == (
        f"Read as {named}, which was guessed: the file does not say its encoding. "
        "Where letters are wrong, save it as UTF-8.",
    )


def test_what_a_server_declares_is_no_guess() -> None:
    encoding, text = TEXTS["KOI8-R"]
    loaded = load_bytes(text.encode(encoding), name="old.txt", charset="koi8-r")
    assert (loaded.text, loaded.warnings) == (text, ())


def test_a_character_cut_off_at_the_end_of_the_sample_does_no_harm() -> None:
    encoding, text = TEXTS["GB18030"]
    for shift in range(2):
        data = ("." * shift + text * 3000).encode(encoding)
        assert decode(data, name="old.txt").text.endswith(text)


def test_the_first_letter_that_is_not_ascii_may_stand_far_below() -> None:
    text = "All is well.\n" * 20_000 + TEXTS["windows-1251"][1]
    assert decode(text.encode("cp1251"), name="old.txt").text == text


@pytest.mark.parametrize("data", [bytes(range(256)) * 40, bytes(range(128, 256)) + b"\0\1\2" * 30])
def test_bytes_of_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(LoadError):
        decode(data, name="old.txt")
