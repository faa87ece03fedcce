"""Recognition of printed text in pictures, by models that stand in an installed package.

`rapidocr` finds the lines and reads them. It would fetch a model that it lacks; here it is given
the files that its package carries, and nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeAlias

Painting: TypeAlias = Callable[[], Any]
"""Makes a picture: bytes of red, green and blue, shape (height, width, 3), at most `MAX_SIDE` long.

It is called by what reads it, as it may take much memory.
"""

Corners: TypeAlias = tuple[tuple[float, float], ...]
"""Four points of a picture in pixels, clockwise from the first letter's upper left corner."""

MAX_SIDE = 2_000
"""Pixels of the longer side of a picture that is read: 170 dots per inch of a letter's page.

More is scaled down before anything is looked for, so it would only take memory.
"""

_DETECTION_SIDE = 1_280
"""Pixels of the longer side in which lines are looked for; reading them uses all there are.

With 2,000 it takes 300 MB more and a second longer, and finds no line more on our pages.
"""

_MODELS = {"Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx"}


_NO_MEMORY = re.compile(r"alloc|nsufficient memory|failed to map segment")
"""How the libraries below say what Python would raise MemoryError for."""


class ReadLine(NamedTuple):
    """A line of text in a picture."""

    text: str
    corners: Corners
    confidence: float
    """0 to 1: the mean probability of its letters."""


class ReadPicture(NamedTuple):
    """What stands in a picture."""

    lines: list[ReadLine]
    """In no certain order."""
    width: int
    """In pixels."""
    height: int


class Recogniser(Protocol):
    """Reads the lines of a picture."""

    def read(self, paint: Painting) -> ReadPicture:
        """Return the lines of a picture; raises ModuleNotFoundError where the extra is missing."""
        ...


def can_recognise() -> bool:
    """Say whether what reads pictures is installed."""
    return find_spec("rapidocr") is not None and find_spec("PIL") is not None


class TextRecogniser:
    """Reads with the models of `rapidocr`, which are opened for the first picture."""

    def __init__(self) -> None:
        self._engine: Any = None

    def read(self, paint: Painting) -> ReadPicture:
        """Return the lines of a picture; see `Recogniser`."""
        try:
            self._engine = self._engine or _opened()
            pixels = paint()
            height, width = pixels.shape[:2]
            found = self._engine(pixels[:, :, ::-1])  # it wants blue first
        except Exception as error:
            if _NO_MEMORY.search(str(error)):
                raise MemoryError(str(error)) from error
            raise
        if found.boxes is None or found.txts is None:
            return ReadPicture([], width, height)
        lines = [
            ReadLine(text, tuple((float(x), float(y)) for x, y in corners), float(confidence))
            for corners, text, confidence in zip(found.boxes, found.txts, found.scores, strict=True)
        ]
        return ReadPicture(lines, width, height)


def _opened() -> Any:
    import rapidocr

    folder = Path(rapidocr.__file__).parent / "models"
    threads = max(1, (os.cpu_count() or 1) // 2)
    options = {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.text_score": 0.0,
        "Global.max_side_len": MAX_SIDE,
        "Det.limit_type": "max",
        "Det.limit_side_len": _DETECTION_SIDE,
        # One line at a time takes no longer, and a sixth of the memory.
        "Rec.rec_batch_num": 1,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    models = {f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()}
    return rapidocr.RapidOCR(params=options | models)
