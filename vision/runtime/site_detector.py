"""The detector that a site asks for."""

from __future__ import annotations

from pathlib import Path

from vision.config import Site
from vision.detect import BatchingDetector, load_detector


def load_site_detector(site: Site, threads: int | None = None) -> BatchingDetector:
    """The detector of a site's configuration, behind the batching loop; `threads` instead of those configured.

    Raises:
        ModelError: it cannot be loaded.
    """
    settings = site.detector
    model: str | Path = settings.model
    if "/" in settings.model or Path(settings.model).suffix:
        model = site.resolve(settings.model)
    detector = load_detector(
        model,
        device=settings.device,
        backend=settings.backend,
        precision=settings.precision,
        threads=threads or settings.threads,
    )
    return BatchingDetector(detector, max_batch=settings.max_batch)
