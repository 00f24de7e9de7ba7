"""Asking the batching loop for one look, and waiting for it."""

from __future__ import annotations

from vision.detect import BatchingDetector, Detections, Look, Superseded, prepare_look

TIMEOUT_S = 60.0
"""The batching loop fails stuck looks itself after 30 s; this is the belt to its braces."""


def ask(detector: BatchingDetector, camera_id: str, look: Look) -> Detections | None:
    """What the detector sees at that look; None when a newer look of the camera took its place.

    Raises:
        DetectorError, TimeoutError: it failed.
    """
    prepared = prepare_look(look, detector.detector.input_size)
    try:
        return detector.submit(camera_id, prepared.images, prepared.regions).result(TIMEOUT_S)
    except Superseded:
        return None
