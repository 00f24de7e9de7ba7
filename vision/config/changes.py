"""What differs between two configurations, and so what a running worker has to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from vision.config.site import Site


@dataclass(frozen=True, slots=True)
class SiteChange:
    """Cameras by id, sections by name.

    Attributes:
        added, removed: cameras that came or went (or were switched on or off).
        restarted: cameras whose stream must be opened anew.
        updated: cameras whose zones, rules, masks or location changed; their stream goes on.
        site_wide: sections other than cameras that changed; they are taken at the next start of the worker.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    site_wide: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.restarted, self.updated, self.site_wide))


def diff_sites(old: Site, new: Site) -> SiteChange:
    """Compare two configurations of one site."""
    before = {camera.id: camera for camera in old.cameras if camera.enabled}
    after = {camera.id: camera for camera in new.cameras if camera.enabled}
    both = [name for name in after if name in before]
    restarted = [name for name in both if before[name].stream_settings() != after[name].stream_settings()]
    updated = [name for name in both if name not in restarted and before[name] != after[name]]
    sections = [name for name in type(new).model_fields if name != "cameras"]
    return SiteChange(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        restarted=tuple(restarted),
        updated=tuple(updated),
        site_wide=tuple(name for name in sections if getattr(old, name) != getattr(new, name)),
    )
