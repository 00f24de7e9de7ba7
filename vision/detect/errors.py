"""What can go wrong with a model or with the loop that runs it."""

from __future__ import annotations


class ModelError(ValueError):
    """A model cannot be used. The message names the file (and line or key) and what to do about it."""


class DetectorError(RuntimeError):
    """A look got no answer from the detection loop."""


class Superseded(DetectorError):  # noqa: N818  nothing went wrong: a newer look took its place
    """The same camera asked again before its older look was begun; only the newer one is answered."""


class DetectorStuckError(DetectorError):
    """The detector has not come back from a batch within the guard's time."""


class DetectorStoppedError(DetectorError):
    """The loop was stopped before the look was begun."""
