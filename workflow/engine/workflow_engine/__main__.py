"""`workflow-server`: serve a configuration."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workflow_engine import __version__, console
from workflow_engine.host import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line, read."""

    config: Path
    env: str
    host: str | None
    log_level: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; gives its exit code."""
    return console.guarded(lambda: _run(_options(arguments)))


def _options(arguments: Sequence[str] | None) -> Options:
    parser = console.Parser(prog="workflow-server", description="Serve a workflow configuration.")
    parser.add_argument("--config", required=True, type=Path, metavar="FILE")
    parser.add_argument("--env", default="", help="environment to resolve modules for")
    parser.add_argument("--host", help="listen here, whatever host the addresses say")
    parser.add_argument(
        "--log-level", default="info", choices=["debug", "info", "warning", "error"]
    )
    parser.add_argument("--version", action="version", version=f"workflow-server {__version__}")
    return Options(**vars(parser.parse_args(arguments)))


def _run(options: Options) -> int:
    from workflow_engine import load
    from workflow_engine.serve import Serving, serve

    host = Host.detect()
    blueprint = load.from_file(options.config, env=options.env, variables=host.environment)
    serving = Serving(
        clock=host.clock,
        log=console.logger(options.log_level),
        announce=lambda name, url: console.say(f"{name} on {url}"),
        host=options.host,
    )
    serve(blueprint, serving)
    return 0


if __name__ == "__main__":
    sys.exit(main())
