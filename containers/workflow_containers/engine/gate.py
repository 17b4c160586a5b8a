"""The gate an image passes before it goes out: loaded, checked, tried, and nothing left behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workflow_containers.engine.interface import Engine
from workflow_containers.engine.loading import Loaded, load
from workflow_containers.engine.machine import Machine
from workflow_containers.engine.trying import Outcome, Patience, Trial, attempt
from workflow_containers.smoke import Smoke
from workflow_sbom.terminal.progress import Progress, stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An image that passed; `loaded_after` is in seconds."""

    loaded: Loaded
    loaded_after: float
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Tries images on an engine; tells whoever watches of the two steps that take time."""

    engine: Engine
    machine: Machine
    progress: Progress
    patience: Patience = field(default_factory=Patience)

    def passed(self, archive: Path, smoke: Smoke) -> Passed:
        """Try an archive's image; images that the engine had not before are removed again.

        Raises what `load` and `attempt` raise.
        """
        self.progress.expect(2)
        begin = self.machine.now()
        loading, trying = f"load {archive.name}", f"try {archive.name}"
        with stage(self.progress, loading):
            loaded = load(self.engine, archive)
        loaded_after = self.machine.now() - begin
        try:
            with stage(self.progress, trying):
                trial = Trial(loaded=loaded, smoke=smoke, patience=self.patience)
                outcome = attempt(self.engine, trial, self.machine)
        finally:
            for digest in loaded.brought:
                self.engine.forget(digest)
        return Passed(loaded=loaded, loaded_after=loaded_after, outcome=outcome)
