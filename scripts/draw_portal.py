"""Draw docs/pictures/portal.png and permissions.png: what to look for on Discord's own pages.

They are drawings in the look of Discord, not pictures of it: nobody can photograph a page behind a
login, and it changes. The permissions are those that the bot's invitation asks for.

    python -m scripts.draw_portal [BROWSER]
"""

from __future__ import annotations

import asyncio
import sys

from bot.discord_bot.invite import PERMISSIONS
from scripts.make_pictures import TARGET, open_browser

NAMES = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What Discord calls each permission, in the order of its page."""

INTENTS = {
    "Presence Intent": ("off", "leave it off"),
    "Server Members Intent": ("off", "leave it off"),
    "Message Content Intent": ("choice", "only for channels as sources, or without mentions"),
}  # fmt: skip

STYLE = """
body { margin: 0; width: 640px; padding: 22px 26px; background: #313338; color: #dbdee1;
  font: 16px/1.4 "Noto Sans", "DejaVu Sans", sans-serif; box-sizing: border-box; }
h1 { font-size: 19px; color: #f2f3f5; margin: 0 0 14px; }
h1 small { float: right; font-size: 12px; font-weight: 400; color: #949ba4; }
.row { display: flex; align-items: center; background: #2b2d31; border-radius: 6px;
  padding: 9px 14px; margin-bottom: 6px; }
.row span { flex: 1; } .row em { display: block; color: #949ba4; font: 13px/1.3 inherit;
  font-style: normal; }
.tick { width: 20px; height: 20px; border-radius: 4px; background: #5865f2; color: #fff;
  text-align: center; line-height: 20px; font-size: 14px; margin-right: 12px; }
.switch { width: 40px; height: 24px; border-radius: 12px; background: #80848e; position: relative; }
.switch::after { content: ""; position: absolute; left: 3px; top: 3px; width: 18px; height: 18px;
  border-radius: 50%; background: #fff; }
.choice { outline: 3px dashed #f0b232; outline-offset: 3px; }
.button { background: #5865f2; color: #fff; border-radius: 4px; padding: 6px 16px; }
.bar { color: #949ba4; font-size: 13px; margin: 14px 0 8px; }
"""


def page(title: str, rows: str) -> str:
    """Return a whole page."""
    head = f"<h1><small>drawn, not photographed</small>{title}</h1>"
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{head}{rows}</body>"


def portal() -> str:
    """Return the page on which a bot gets its token."""
    token = (
        '<div class="row"><span>Token<em>shown once; copy it</em></span>'
        '<div class="button">Reset Token</div></div>'
    )
    switches = "".join(
        f'<div class="row"><span>{name}<em>{said}</em></span>'
        f'<div class="switch {look}"></div></div>'
        for name, (look, said) in INTENTS.items()
    )
    return page("Bot", f'{token}<div class="bar">Privileged Gateway Intents</div>{switches}')


def permissions() -> str:
    """Return the page on which a bot is let into a server."""
    assert NAMES.keys() == PERMISSIONS.keys()
    rows = "".join(
        f'<div class="row"><div class="tick">✓</div><span>{name}</span></div>'
        for name in NAMES.values()
    )
    asks = '<div class="bar">Quoth asks for these permissions in your server:</div>'
    return page("Add to Server", f'{asks}{rows}<div class="bar">and for nothing else</div>')


async def main(program: str) -> None:
    """Write both pictures."""
    async with open_browser(program) as browser:
        for name, html in {"portal": portal(), "permissions": permissions()}.items():
            (TARGET / f"{name}.png").write_bytes(await browser.picture(html))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "chromium"))
