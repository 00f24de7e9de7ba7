"""Who made an event: this program, this model, this configuration."""

from __future__ import annotations

from datetime import datetime

import vision
from vision.cases import BookSettings, CategoryTable, Producer, load_categories
from vision.config import Site
from vision.detect import Detector


def producer(site: Site, detector: Detector) -> Producer:
    """What goes into each event so that it can be explained later."""
    return Producer(
        worker=site.runtime.worker,
        version=vision.__version__,
        model=detector.name,
        model_sha256=detector.model_sha256,
        config_sha256=site.fingerprint(),
    )


def categories(site: Site) -> CategoryTable:
    """The site's table of categories.

    Raises:
        ConfigError: the site's own file cannot be used.
    """
    return load_categories(site.resolve(site.runtime.categories) if site.runtime.categories else None)


def book_settings(site: Site, detector: Detector) -> BookSettings:
    """What the case book needs to know of the site."""
    street = site.site.name or site.site.id
    return BookSettings(
        site.site.id, street, site.site.zone, categories(site), producer(site, detector), site.cases,
        hold_for_review=site.console.hold_for_review,
    )  # fmt: skip


def local_time(site: Site, moment: datetime) -> datetime:
    """An aware time in the site's timezone."""
    return moment.astimezone(site.site.zone)
