"""The rolling record: what a camera sent can be replayed later, in its own time, whatever happened to the worker."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.conftest import wait_until
from tests.end_to_end.conftest import to_h265
from vision.config import Camera, RecordingSettings
from vision.evidence import CameraRecord, RecordingStore, recordings_of
from vision.evidence import recording as recording_module
from vision.evidence.recording_files import Segment, mend, start_name, start_of
from vision.sources import CodecParameters, FileReplay, PacketStream, StoredPacket, Timeline

CLIP = Path(__file__).parents[2] / "sample_clips" / "dumping" / "clip.mp4"
START = 1795339812.4


def packets_of(path: Path, start: float = START) -> tuple[CodecParameters, list[StoredPacket]]:
    with PacketStream(Camera(id="a", source=str(path)), str(path), Timeline(start)) as stream:
        return stream.codec, list(stream.packets())


Stores = Callable[..., RecordingStore]


@pytest.fixture
def store_in(tmp_path: Path) -> Iterator[Stores]:
    stores = []

    def make(*, started: bool = True, min_free: int = 0, **settings: object) -> RecordingStore:
        keep = RecordingSettings(**settings)
        made = (tmp_path / "tryouts",)
        store = RecordingStore(tmp_path / "recordings", keep, min_free=min_free, made_of=made)
        if started:
            store.start()
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.stop()


def feed(record: CameraRecord, path: Path = CLIP, start: float = START) -> list[StoredPacket]:
    codec, packets = packets_of(path, start)
    record.set_codec(codec)
    for packet in packets:
        record.append(packet)
    return packets


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("keyframes_only", [True, False])
def test_record_is_replayed_in_the_time_in_which_it_was_made(
    store_in: Stores, tmp_path: Path, codec: str, keyframes_only: bool
) -> None:
    clip = CLIP if codec == "h264" else to_h265(CLIP, tmp_path / "clip265.mp4")
    store = store_in(keyframes_only=keyframes_only)
    packets = feed(store.camera("a", on=True), clip)
    store.stop()
    (one,) = recordings_of(tmp_path / "recordings" / "a", "a")
    assert one.path.name == "20261122T093012.400Z.mkv"
    assert one.start == START
    wanted = [packet.time for packet in packets if packet.keyframe or not keyframes_only]
    assert one.seconds == pytest.approx(wanted[-1] - START, abs=3)
    replayed_codec, replayed = packets_of(one.path, one.start)
    assert replayed_codec.name == codec
    assert [packet.time for packet in replayed] == pytest.approx(wanted, abs=0.002)
    frames = list(FileReplay(one.path, Camera(id="a", source="x"), one.start))
    assert len(frames) >= len([packet for packet in packets if packet.keyframe]) - 1


def test_pictures_that_are_shown_later_than_decoded_keep_their_time(tmp_path: Path) -> None:
    codec, packets = packets_of(CLIP)
    codec = replace(codec, time_base=Fraction(1, 1000))
    order = [0, 3, 1, 2]
    segment = Segment(tmp_path, codec, START)
    for decoded, shown in enumerate(order):
        packet = replace(packets[decoded], pts=shown * 100, dts=decoded * 100 - 200, time=START + shown * 0.1)
        segment.add(packet)
    segment.close()
    with av.open(str(next(tmp_path.glob("*.mkv")))) as container:
        shown_at = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert shown_at == [0, 300, 100, 200]


def test_files_begin_anew_after_their_length_and_a_long_silence(store_in: Stores, tmp_path: Path) -> None:
    store = store_in(segment="10s")
    record = store.camera("a", on=True)
    packets = feed(record)
    feed(record, start=packets[-1].time + 7200)
    store.stop()
    starts = [one.start - START for one in recordings_of(tmp_path / "recordings" / "a", "a")]
    assert starts[:5] == pytest.approx([0, 10, 20, 30, 40], abs=0.01)
    assert starts[5] == pytest.approx(packets[-1].time - START + 7200, abs=0.01)


def test_worker_killed_while_it_writes_loses_at_most_the_last_seconds(store_in: Stores, tmp_path: Path) -> None:
    store = store_in()
    packets = feed(store.camera("a", on=True))
    folder = tmp_path / "recordings" / "a"
    keyframes = [packet for packet in packets if packet.keyframe]
    assert wait_until(lambda: store.counters.bytes_written >= sum(len(packet.data) for packet in keyframes))
    part = next(folder.glob("*.part"))
    killed = tmp_path / "killed"
    killed.mkdir()
    shutil.copyfile(part, killed / part.name)
    assert mend(killed / part.name)
    (one,) = recordings_of(killed, "a")
    _codec, kept = packets_of(one.path, one.start)
    assert [packet.time for packet in kept] == pytest.approx([p.time for p in keyframes[: len(kept)]], abs=0.002)
    assert keyframes[-1].time - kept[-1].time < 5
    assert len(kept) >= len(keyframes) - 2
    assert one.seconds == pytest.approx(kept[-1].time - START, abs=3)
    assert [path.name for path in killed.iterdir()] == [one.path.name]


def test_next_start_mends_what_a_crash_left_and_removes_what_cannot_be_read(store_in: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "a"
    codec, packets = packets_of(CLIP)
    segment = Segment(folder, codec, START)
    for packet in packets[:30]:
        segment.add(packet)
    (folder / f"{start_name(START + 900)}.mkv.part").write_bytes(b"\x1a\x45\xdf\xa3 cut")
    crashed = folder / "crashed"
    shutil.copyfile(next(folder.glob(f"{start_name(START)}*")), crashed)
    segment.close()
    (folder / f"{start_name(START)}.mkv").unlink()
    crashed.rename(folder / f"{start_name(START)}.mkv.part")
    store_in()
    assert wait_until(lambda: not list(folder.glob("*.part")))
    assert [path.name for path in folder.iterdir()] == ["20261122T093012.400Z.mkv"]


def test_oldest_goes_when_it_is_too_much_or_too_old(store_in: Stores, tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "a"
    folder.mkdir(parents=True)
    for number in range(4):
        (folder / f"{start_name(START + 60 * number)}.mkv").write_bytes(b"x" * 600_000)
    store = store_in(max_bytes=1_900_000)
    feed(store.camera("a", on=True), start=START + 6000)
    store.stop()
    kept = recordings_of(folder, "a", lengths=False)
    assert kept[-1].start == pytest.approx(START + 6000)
    assert sum(one.size for one in kept) <= 1_900_000
    assert store.counters.removed == 4 - (len(kept) - 1) > 0


def test_reader_never_waits_and_what_is_not_written_is_counted(
    store_in: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "MOST_WAITING_BYTES", 200_000)
    store = store_in(started=False, keyframes_only=False)
    record = store.camera("a", on=True)
    began = time.monotonic()
    packets = feed(record)
    assert time.monotonic() - began < 10
    assert 0 < store.counters.shed < len(packets)
    assert len(packets) - store.counters.shed > 0


def test_full_disk_records_nothing_and_counts_it(store_in: Stores, tmp_path: Path) -> None:
    store = store_in(min_free=10**15)
    packets = feed(store.camera("a", on=True))
    store.stop()
    assert store.counters.shed == len([packet for packet in packets if packet.keyframe])
    assert recordings_of(tmp_path / "recordings" / "a", "a") == []


def test_file_that_cannot_be_written_on_keeps_what_it_has_and_leaves_nothing_else(
    store_in: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, added = Segment.add, []

    def add(segment: Segment, packet: StoredPacket) -> None:
        added.append(packet)
        if len(added) == 8:
            raise OSError("No space left on device")
        real(segment, packet)

    monkeypatch.setattr(Segment, "add", add)
    store = store_in()
    keyframes = [packet for packet in feed(store.camera("a", on=True)) if packet.keyframe]
    store.stop()
    folder = tmp_path / "recordings" / "a"
    first, second = recordings_of(folder, "a")
    assert {path.suffix for path in folder.iterdir()} == {".mkv"}
    assert len(packets_of(first.path, first.start)[1]) == 7
    assert second.start == pytest.approx(keyframes[8].time, abs=0.002)
    assert store.counters.shed == 1


def test_camera_that_gets_masks_is_recorded_no_more_and_loses_its_record(store_in: Stores, tmp_path: Path) -> None:
    store = store_in()
    for name in "ab":
        (tmp_path / "tryouts" / name / "x").mkdir(parents=True)
    record = store.camera("a", on=True)
    other = store.camera("b", on=True)
    feed(record)
    feed(other)
    record.switch(on=True, masked=True)
    feed(record, start=START + 600)
    store.stop()
    assert not (tmp_path / "recordings" / "a").exists()
    assert [path.name for path in (tmp_path / "tryouts").iterdir()] == ["b"]
    assert len(recordings_of(tmp_path / "recordings" / "b", "b")) == 1


def test_names_say_the_start_to_the_millisecond() -> None:
    assert start_of(start_name(START)) == START
    assert start_of("holiday.mkv") is None
