"""Who waits for the detector, and whose turn it is. No threads here: the loop holds its lock around the queue."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field

from vision.detect.detections import Detections
from vision.sources import Box, Image


@dataclass(slots=True, eq=False)
class Request:
    """One camera's look: the pictures, what each shows, and the answer that is promised.

    `submitted` is a monotonic clock's seconds; `taken` counts the pictures that have gone into a batch.
    """

    camera_id: str
    images: tuple[Image, ...]
    regions: tuple[Box, ...]
    submitted: float
    future: Future[Detections] = field(default_factory=Future)
    found: dict[int, Detections] = field(default_factory=dict)
    taken: int = 0

    @property
    def complete(self) -> bool:
        return len(self.found) == len(self.images)

    def parts(self) -> list[tuple[Box, Detections]]:
        """Each region with what was found in it."""
        return [(region, self.found[i]) for i, region in enumerate(self.regions)]

    def answer(self, found: Detections) -> bool:
        """Give the answer to whoever waits; False if the request was answered, failed or cancelled before."""
        try:
            self.future.set_result(found)
        except InvalidStateError:
            return False
        return True

    def fail(self, error: Exception) -> bool:
        """Give an error to whoever waits; False if the request was answered, failed or cancelled before."""
        try:
            self.future.set_exception(error)
        except InvalidStateError:
            return False
        return True


Picture = tuple[Request, int]
"""One picture of a request, by its position."""


@dataclass(slots=True)
class _Slot:
    begun: Request | None = None
    waiting: Request | None = None


class RequestQueue:
    """At most one begun and one waiting request a camera; cameras take turns picture by picture."""

    def __init__(self) -> None:
        self._slots: OrderedDict[str, _Slot] = OrderedDict()

    def put(self, request: Request) -> Request | None:
        """Let a request wait; returns the older one of the same camera that it replaces. The camera keeps its turn."""
        slot = self._slots.setdefault(request.camera_id, _Slot())
        replaced, slot.waiting = slot.waiting, request
        return replaced

    def __len__(self) -> int:
        """Requests that are not answered yet."""
        return sum((slot.begun is not None) + (slot.waiting is not None) for slot in self._slots.values())

    @property
    def cameras(self) -> int:
        """Cameras with pictures that no batch has taken yet."""
        return sum(any(_untaken(slot)) for slot in self._slots.values())

    @property
    def pictures(self) -> int:
        """Pictures that no batch has taken yet."""
        return sum(sum(_untaken(slot)) for slot in self._slots.values())

    def take(self, limit: int) -> list[Picture]:
        """The next batch: one picture of each camera in turn until `limit` or nothing is left."""
        batch: list[Picture] = []
        progress = True
        while progress and len(batch) < limit:
            progress = False
            for camera_id in list(self._slots):
                if len(batch) == limit:
                    break
                request = self._begin(camera_id)
                if request is None or request.taken == len(request.images):
                    continue
                batch.append((request, request.taken))
                request.taken += 1
                self._slots.move_to_end(camera_id)
                progress = True
        return batch

    def finish(self, requests: Sequence[Request]) -> None:
        """Forget begun requests, answered or failed."""
        for request in requests:
            slot = self._slots.get(request.camera_id)
            if slot is None or slot.begun is not request:
                continue
            slot.begun = None
            if slot.waiting is None:
                del self._slots[request.camera_id]

    def clear(self) -> list[Request]:
        """Take everything out: begun and waiting requests."""
        slots = list(self._slots.values())
        self._slots.clear()
        return [entry for slot in slots for entry in (slot.begun, slot.waiting) if entry is not None]

    def _begin(self, camera_id: str) -> Request | None:
        slot = self._slots[camera_id]
        if slot.begun is None and slot.waiting is not None:
            slot.begun, slot.waiting = slot.waiting, None
            if not slot.begun.future.set_running_or_notify_cancel():
                slot.begun = None
        if slot.begun is None and slot.waiting is None:
            del self._slots[camera_id]
            return None
        return slot.begun


def _untaken(slot: _Slot) -> Iterator[int]:
    for request in (slot.begun, slot.waiting):
        if request is not None:
            yield len(request.images) - request.taken
