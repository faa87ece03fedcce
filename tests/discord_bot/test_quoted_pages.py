"""An uploaded PDF over a local Discord and the real index: a quote is shown on its page."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.doubles.discord.fixtures import staged_for_real
from tests.doubles.discord.server import Upload

RULES = (
    "Rules of the harbour",
    "Ships longer than ninety metres need two tugs.",
    "Boats pay nothing in winter.",
)


def rules() -> bytes:
    """Return a PDF of one page."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(500, 700))
    for number, line in enumerate(RULES):
        canvas.drawString(60, 600 - 40 * number, line)
    canvas.save()
    return file.getvalue()


async def test_an_uploaded_pdf_is_shown_until_it_is_removed(own_folder: Path) -> None:
    async with staged_for_real(own_folder) as stage:
        acme = stage.discord.guild("Acme")
        general, kim = acme.text("general"), stage.discord.owner(acme)
        await stage.start()
        used = await kim.slash("source add", file1=Upload("harbour.pdf", rules()), in_=general)
        await kim.sees("1 added", to=used)
        question = "How many tugs do ships longer than ninety metres need?"
        shown = await kim.sees(to=await kim.slash("ask", question=question, in_=general))
        card = await kim.sees(to=await kim.click(shown, "Show 1"))
        (attached,) = card.attachments
        assert "two tugs" in attached["description"]
        part = Image.open(BytesIO(stage.discord.world.files[attached["id"]].content))
        _, saturation, _ = part.convert("HSV").split()
        assert saturation.getextrema()[1] > 100  # it is marked
        card = await kim.sees(to=await kim.click(card, "Whole page"))
        whole = Image.open(BytesIO(stage.discord.world.files[card.attachments[0]["id"]].content))
        assert whole.height > 2 * part.height
        home = own_folder / ".quoth"
        assert len(list(home.glob("originals/*"))) == 1 and len(list(home.glob("pages/*/*"))) == 2
        offered = await kim.autocomplete("source remove", source="", in_=general)
        await kim.sees(to=await kim.slash("source remove", source=offered[0][1], in_=general))
        assert not list(home.glob("originals/*")) and not list(home.glob("pages/*"))
        gone = await kim.sees(to=await kim.click(shown, "Show 1"))
        assert "has been removed since" in gone.text and not gone.attachments
