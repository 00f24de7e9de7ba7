"""The detector that a site asks for."""

from __future__ import annotations

from pathlib import Path

from vision.config import Site
from vision.detect import BatchingDetector, load_classifier, load_detector


def load_site_detector(site: Site, threads: int | None = None) -> BatchingDetector:
    """The detector of a site's configuration, behind the batching loop; `threads` instead of those configured.

    Raises:
        ModelError: it cannot be loaded.
    """
    settings = site.detector
    return _loaded(site, settings.model, threads or settings.threads)


def load_shadow_detector(site: Site) -> BatchingDetector | None:
    """The candidate's detector, if there is a candidate; otherwise as the one in force.

    Raises:
        ModelError: it cannot be loaded.
    """
    shadow = site.detector.shadow
    return None if shadow is None else _loaded(site, shadow.model, site.detector.threads)


def model_asked(site: Site, name: str) -> str | Path:
    """A model as `load_detector` takes it: a name of a models folder, or a path from the configuration's folder."""
    return site.resolve(name) if "/" in name or Path(name).suffix else name


def _loaded(site: Site, name: str, threads: int | None) -> BatchingDetector:
    settings = site.detector
    detector = load_detector(
        model_asked(site, name),
        device=settings.device,
        backend=settings.backend,
        precision=settings.precision,
        threads=threads,
        overview=settings.overview,
    )
    classifier = None if settings.classifier is None else load_classifier(model_asked(site, settings.classifier))
    return BatchingDetector(detector, classifier, max_batch=settings.max_batch)
