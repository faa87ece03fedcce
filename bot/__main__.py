"""Entry point of `quoth` and of `python -m bot`."""

from __future__ import annotations

import os
import sys

from bot.cli.unchanged_sync import quick_sync


def main() -> None:
    """Run the command line."""
    # NumPy's products are small here; threads for them only spin, an eighth of all that is spent.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = quick_sync(sys.argv[1:], os.environ, os.getcwd())  # noqa: PTH109 - pathlib is slow
    if code is not None:
        sys.exit(code)
    try:
        from bot.cli.main import cli
    except KeyboardInterrupt:  # while it starts
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
