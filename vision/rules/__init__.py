"""One file per event."""

from vision.rules.incident import Actor, Incident, IncidentKind, Reason, Still

__all__ = ["Actor", "Incident", "IncidentKind", "Reason", "Still"]
