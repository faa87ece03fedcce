"""Entry point of `quoth` and of `python -m bot`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from bot.cli import cli

    cli.main()


if __name__ == "__main__":
    main()
