"""`workflow-release plan`: what would be made and where it would go."""

from __future__ import annotations

import argparse

from workflow_release.commands.interface import Shell
from workflow_release.model import Plan
from workflow_release.planning.destinations import locations
from workflow_release.planning.plan import document, expected_name, platforms_of
from workflow_release.planning.prepare import prepare
from workflow_sbom.terminal.console import Console


def run(asked: argparse.Namespace, shell: Shell) -> int:
    """Print the plan as a table, or with `--json` for a CI matrix. Nothing is changed."""
    plan = prepare(shell.repository(asked.repository_path)).plan
    answer(plan, shell.console, as_json=asked.json)
    if not asked.json:
        shell.console.next_step("workflow-release cut --verify")
    return 0


def answer(plan: Plan, console: Console, *, as_json: bool) -> None:
    """The plan as it was asked for: for a program or for a person."""
    if as_json:
        console.json(document(plan))
    else:
        show(plan, console)


def show(plan: Plan, console: Console) -> None:
    """The plan for a person: version, source, artifacts, targets, and what stands in the way."""
    source = plan.source
    origin = source.tag or source.branch or "a detached commit"
    console.result(f"{plan.name} {plan.version}  from {source.commit[:12]} ({origin})")
    since = f"since {plan.previous}" if plan.previous else "since the beginning"
    count = "1 change" if len(plan.changes) == 1 else f"{len(plan.changes)} changes"
    console.result(f"{count} {since}")
    console.result("")
    rows = [
        (recipe.id, expected_name(recipe, plan.version), ", ".join(platforms_of(recipe)))
        for recipe in plan.recipes
    ]
    console.table(("artifact", "file", "platforms"), rows)
    console.result("")
    for target in (plan if plan.version.publishable else plan.local).targets:
        when = "" if target.kind == "directory" else ", with --publish"
        for location in locations(plan, target):
            console.result(f"goes to {location}{when}")
    for reason in obstacles(plan):
        console.say(f"note: {reason}")


def obstacles(plan: Plan) -> tuple[str, ...]:
    """Why this commit could not be released as it is, in sentences."""
    source = plan.source
    said = (
        (not source.clean, "the working tree has uncommitted changes; cut refuses until committed"),
        (not source.on_main, "the commit is not on the main branch; its version stays local"),
        (bool(source.refused_tags), f"no SemVer tag: {', '.join(source.refused_tags)}"),
    )
    return tuple(text for applies, text in said if applies)
