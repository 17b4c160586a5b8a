"""What somebody who mistyped may have meant."""

from __future__ import annotations

import re

from workflow_sbom.tables import did_you_mean

_CHOICE = re.compile(r"(?:argument (\S+): )?invalid choice: '(.*)' \(choose from (.*)\)", re.DOTALL)
_UNKNOWN = re.compile(r"unrecognized arguments: (--[^\s=]+).*", re.DOTALL)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def suggested(message: str, usage: str) -> str:
    """What argparse says against a command line, with the nearest word that it would take.

    `usage` is the parser's own usage line, which names every option.
    """
    if found := _CHOICE.fullmatch(message):
        choices = [choice.strip("' ") for choice in found[3].split(",")]
        what = found[1] or "choice"
        return f"no such {what}: {found[2]!r}; {did_you_mean(found[2], choices)}"
    if found := _UNKNOWN.fullmatch(message):
        options = {"--help", *_OPTION.findall(usage)}
        return f"no such option: {found[1]!r}; {did_you_mean(found[1], options)}"
    return message
