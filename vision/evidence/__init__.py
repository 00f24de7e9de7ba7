"""Stills and clips of each case, on disk, hashed, masked and swept with age."""

from vision.evidence.remux import Clip, RemuxError, remux_clip
from vision.evidence.store import EvidenceCounters, EvidenceStore, SavedEvidence, StoredFile

__all__ = [
    "Clip",
    "EvidenceCounters",
    "EvidenceStore",
    "RemuxError",
    "SavedEvidence",
    "StoredFile",
    "remux_clip",
]
