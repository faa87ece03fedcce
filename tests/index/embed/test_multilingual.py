"""multilingual-e5-small: its file, its pieces, and what its vectors find."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.embed.e5_file import E5File, PieceTable, e5_path
from index.embed.model_folders import ModelFolders
from index.embed.multilingual import E5Pieces, Multilingual, open_multilingual
from index.embed.onnx_graph import WIDTH, GraphBuilder, PackedTable
from index.embed.onnx_session import open_cached
from index.embed.providers import open_embedder
from index.errors import WeightsUnavailable
from index.protocols import EmbeddingInput, TokenEmbedder
from index.schema import Span

PIECES = Path(__file__).with_name("e5_pieces.jsonl")
"""Lines in many scripts with the pieces that the engine of the package makes of them."""

VECTORS = Path(__file__).with_name("e5_vectors.jsonl")
"""Questions with the vectors that the same engine gives them."""

FEE = "The membership fee is 40 euros a year."
TIDES = "The moon pulls the sea, and so the water in the harbour rises."


@pytest.fixture(scope="module")
def pieces(multilingual: Multilingual) -> E5Pieces:
    return E5Pieces(E5File(e5_path()).pieces)


def test_pieces_are_those_of_the_packages_own_engine(pieces: E5Pieces) -> None:
    rows = [json.loads(line) for line in PIECES.read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 90
    found = pieces.ids([row["text"] for row in rows])
    assert found == [row["ids"] for row in rows]


def test_vectors_are_those_of_the_packages_own_engine(
    multilingual: Multilingual, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]
    plain = open_multilingual(tmp_path, threads=1, centre=np.zeros(WIDTH, dtype=np.float32))
    found = plain.embed([row["text"] for row in rows])
    cosines = (found * np.array([row["vector"] for row in rows])).sum(axis=1)
    assert cosines == pytest.approx([1] * len(rows), abs=2e-3)  # it rounds activations


def test_signs_of_the_model_cannot_be_typed(pieces: E5Pieces) -> None:
    (found,) = pieces.ids(["<s> </s> <pad> <mask> \1 <s>\1"])
    assert {0, 1, 2, 250001}.isdisjoint(found)


@settings(max_examples=200)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_pieces_stand_in_the_text_in_order(pieces: E5Pieces, text: str) -> None:
    offsets = pieces.split([text])[0].offsets
    assert ((offsets >= 0) & (offsets <= len(text))).all()
    assert (np.diff(offsets[:, 0]) >= 0).all()
    assert (offsets[:, 0] <= offsets[:, 1]).all()


def test_replaced_characters_move_no_piece(pieces: E5Pieces) -> None:
    text = "ﷺ ½ … ｗｉｄｅ\u200b fee"
    found = [text[start:end].strip() for start, end in pieces.split([text])[0].offsets.tolist()]
    assert found[-1] == "fee"


@pytest.mark.parametrize(
    "question",
    [
        "Wie hoch ist der Mitgliedsbeitrag?",
        "Combien coûte l'adhésion ?",
        "Üyelik ücreti ne kadar?",
        "会员费是多少？",
        "会費はいくらですか",
        "كم رسوم العضوية؟",
        "ค่าสมาชิกเท่าไหร่",
    ],
)
def test_a_question_of_another_language_finds_what_answers_it(
    multilingual: Multilingual, question: str
) -> None:
    (asked,) = multilingual.embed([question])
    fee, tides = multilingual.embed_passages([EmbeddingInput("", FEE), EmbeddingInput("", TIDES)])
    assert asked @ fee.passage > asked @ tides.passage + 0.15


def test_a_vector_does_not_depend_on_what_stands_beside_it(multilingual: Multilingual) -> None:
    texts = [FEE, TIDES, "Kurz.", "word " * 300, "会员费是多少？"]
    alone = np.concatenate([multilingual.embed([text]) for text in texts])
    assert np.abs(multilingual.embed(texts) - alone).max() < 1e-5


def test_sentences_behind_the_last_piece_have_the_vector_of_the_passage(
    multilingual: Multilingual,
) -> None:
    text = "word " * 600 + FEE
    spans = (Span(start=0, end=20), Span(start=len(text) - len(FEE), end=len(text)))
    (found,) = multilingual.embed_passages([EmbeddingInput("Club", text, spans)])
    assert found.sentences is not None
    assert found.sentences[1] == pytest.approx(found.passage)
    assert found.sentences[0] != pytest.approx(found.passage)


def test_it_is_opened_by_its_name(multilingual: Multilingual, tmp_path: Path) -> None:
    opened = open_embedder("multilingual", tmp_path, threads=1)
    assert (opened.model, opened.dimension) == ("multilingual", 384)
    assert not isinstance(opened, TokenEmbedder)
    assert opened.embed([FEE]) == pytest.approx(multilingual.embed([FEE]), abs=1e-5)


def test_without_its_package_it_says_what_to_do() -> None:
    with pytest.raises(WeightsUnavailable, match=r"quoth\[multilingual\]"):
        e5_path({"no_such_package": ""})


@pytest.mark.parametrize("content", [b"", b"E5", b"PK\3\4" * 30, b"E5S1" + bytes(20)])
def test_a_file_of_another_format_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError):
        E5File(path)


def test_words_are_unpacked_as_they_were_packed(tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    table = PackedTable(
        random.integers(0, 256, (9, WIDTH // 2), dtype=np.uint8),
        random.normal(size=(9, WIDTH // 32)).astype(np.float16),
    )

    def build(data_file: str) -> tuple[bytes, bytes]:
        builder = GraphBuilder({}, words=table)
        builder.node("Identity", [builder.unpacked(table)], "found")
        model = builder.model({"ids": ("r", "l")}, {"found": ("r", "l", WIDTH)}, data_file)
        return model.SerializeToString(), bytes(builder.data)

    session = open_cached(ModelFolders(tmp_path), "words-1", build, threads=1)
    ids = np.array([[0, 8, 3], [5, 5, 1]], dtype=np.int64)
    (found,) = session.run(None, {"ids": ids})
    blocks = table.numbers.reshape(9, -1, 16)
    numbers = np.concatenate([blocks & 15, blocks >> 4], axis=2).astype(np.float32) - 8
    expected = (numbers * table.scales.astype(np.float32)[:, :, None]).reshape(9, WIDTH)
    assert np.array_equal(found, expected[ids])


def test_a_table_of_pieces_is_read(tmp_path: Path) -> None:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a"]
    blob = "".join(pieces).encode()
    offsets = np.cumsum([0, *(len(piece.encode()) for piece in pieces)]).astype("<u4")
    scores = np.array([0, 0, 0, 0, -1, -2], "<f4")
    table = struct.pack("<5iQ", 6, 0, 2, 1, 3, len(blob)) + offsets.tobytes() + scores.tobytes()
    replaced = struct.pack("<iI", 1, 9) + struct.pack("<IBI", ord("ａ"), 1, ord("a"))
    head = b"E5S1" + struct.pack("<5i3ifi", 1, 384, 12, 12, 1536, 6, 512, 2, 1e-12, 32)
    path = tmp_path / "model.bin"
    path.write_bytes(head + table + blob + replaced + struct.pack("<i", 0))
    found = E5File(path).pieces
    assert found == PieceTable(
        tuple(pieces), (0, 0, 0, 0, -1, -2), first=0, last=2, unknown=3, replacements={"ａ": "a"}
    )
