"""Stills and clips of each case, on disk, hashed, masked and swept with age."""

from vision.evidence.recording import CameraRecord, RecordingCounters, RecordingStore
from vision.evidence.recording_files import Recording, recordings_of
from vision.evidence.remux import Clip, RemuxError, remux_clip
from vision.evidence.store import EvidenceCounters, EvidenceStore, SavedEvidence, StoredFile, evidence_path

__all__ = [
    "CameraRecord",
    "Clip",
    "EvidenceCounters",
    "EvidenceStore",
    "Recording",
    "RecordingCounters",
    "RecordingStore",
    "RemuxError",
    "SavedEvidence",
    "StoredFile",
    "evidence_path",
    "recordings_of",
    "remux_clip",
]
