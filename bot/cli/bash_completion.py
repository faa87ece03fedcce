"""Completion in bash of names with spaces and colons, of which click's own knows nothing.

Bash cuts words at colons, so an address is several of them, and takes what it is given as it will
stand in the line. So the line itself is read here, names are written with backslashes, and of an
address that has been begun only what is behind the last colon is given.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    add_completion_class,
    split_arg_string,
)

_SCRIPT = """\
%(complete_func)s() {
    local response line type value
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1")
    COMPREPLY=()
    while IFS= read -r line; do
        type=${line%%%%,*}
        value=${line#*,}
        case $type in
            file) compopt -o default ;;
            dir) compopt -o dirnames ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


_SPECIAL = re.compile(r"([^\w@%+=:,./-])")
_ESCAPED = r"\\\1"


class LineComplete(BashComplete):
    """Completes the line up to the cursor."""

    source_template = _SCRIPT

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one at the cursor, and that word."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        self._is_quoted = _has_open_quote(line)
        self._typed = words.pop() if words and not self._begins_word(line) else ""
        return words[1:], self._typed

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Write an offer as bash puts it into the line, behind what stays there."""
        if item.type != "plain":
            return f"{item.type},"
        behind = self._typed.rfind(":") + 1
        value = str(item.value)[behind:]
        return f"plain,{value if self._is_quoted else _SPECIAL.sub(_ESCAPED, value)}"

    def _begins_word(self, line: str) -> bool:
        """Say whether nothing of the word at the cursor is typed yet."""
        bare = line.rstrip(" ")
        return bare != line and not self._is_quoted and not bare.endswith("\\")


def _has_open_quote(line: str) -> bool:
    try:
        shlex.split(line.removesuffix("\\"))
    except ValueError:
        return True
    return False


def use_in_bash() -> None:
    """Have click complete in bash like this."""
    add_completion_class(LineComplete)
