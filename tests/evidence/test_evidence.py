"""Evidence: clips that play, files that are whole, and a case that goes on without them."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import av
import cv2
import numpy as np
import pytest

from vision.config import Camera, Polygon
from vision.evidence import EvidenceStore, RemuxError, SavedEvidence, remux_clip
from vision.evidence.annexb import annexb_packets
from vision.rules import Still
from vision.sources import ClipPackets, FileReplay

TOKYO = ZoneInfo("Asia/Shanghai")


def video(path: Path, codec: str, b_frames: int = 0, frames: int = 60) -> Path:
    """A clip with a moving square, 10 pictures a second, keyframes every 2 s."""
    names = {"h264": ("libx264", "x264-params"), "hevc": ("libx265", "x265-params")}
    encoder, parameters = names[codec]
    options = {parameters: f"keyint=20:min-keyint=20:scenecut=0:bframes={b_frames}:log-level=none:open-gop=0"}
    with av.open(str(path), "w") as output:
        stream = output.add_stream(encoder, rate=Fraction(10), options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(frames):
            picture = np.full((96, 160, 3), 90, np.uint8)
            picture[30:60, number * 2 : number * 2 + 20] = (20, 20, 220)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode())
    return path


def packets(path: Path, start: float = 0.0, end: float = 100.0) -> ClipPackets:
    replay = FileReplay(path, Camera(id="a", source=str(path)), 0.0)
    for _frame in replay:
        pass
    clip = replay.ring.window(start, end)
    assert clip is not None
    return clip


def pictures(mp4: bytes, folder: Path) -> list[np.ndarray]:
    (folder / "clip.mp4").write_bytes(mp4)
    with av.open(str(folder / "clip.mp4")) as clip:
        return [frame.to_ndarray(format="bgr24") for frame in clip.decode(video=0)]


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_clip_plays_from_its_keyframe_to_its_end(tmp_path: Path, codec: str, b_frames: int) -> None:
    source = video(tmp_path / "source.mp4", codec, b_frames)
    clip = packets(source, 2.5, 5.0)
    made = remux_clip(clip)
    shown = pictures(made.mp4, tmp_path)
    assert len(shown) == len(clip.packets) == made.packets
    with av.open(str(source)) as original:
        frames = [frame.to_ndarray(format="bgr24") for frame in original.decode(video=0)]
    assert any(np.array_equal(shown[0], frame) for frame in frames[18:23])
    assert made.mp4.index(b"moov") < made.mp4.index(b"mdat")


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_clip_of_a_camera_that_describes_its_stream_apart_plays(tmp_path: Path, codec: str) -> None:
    clip = packets(video(tmp_path / "source.mp4", codec))
    units = list(annexb_packets(clip))
    picture = re.compile({"h264": rb"\x00\x00\x00\x01\x65", "hevc": rb"\x00\x00\x00\x01[\x26\x28\x2a]"}[codec])

    def begin(unit: bytes) -> int:
        found = picture.search(unit)
        assert found is not None
        return found.start()

    header = units[0][: begin(units[0])]
    bare = [unit[begin(unit) :] if p.keyframe else unit for unit, p in zip(units, clip.packets, strict=True)]
    described = ClipPackets(
        replace(clip.codec, extradata=header),
        tuple(replace(p, data=data) for p, data in zip(clip.packets, bare, strict=True)),
    )
    assert len(pictures(remux_clip(described).mp4, tmp_path)) == len(clip.packets)


def test_gap_in_the_stream_is_bridged(tmp_path: Path) -> None:
    clip = packets(video(tmp_path / "source.mp4", "h264"))
    later = tuple(replace(p, pts=(p.pts or 0) + 10**9, dts=(p.dts or 0) + 10**9) for p in clip.packets[40:])
    torn = ClipPackets(clip.codec, clip.packets[:40] + later)
    assert len(pictures(remux_clip(torn).mp4, tmp_path)) == 60


def test_packets_that_make_no_clip_are_refused_in_words(tmp_path: Path) -> None:
    clip = packets(video(tmp_path / "source.mp4", "h264"))
    with pytest.raises(RemuxError, match="keyframe"):
        remux_clip(ClipPackets(clip.codec, clip.packets[1:]))
    with pytest.raises(RemuxError, match="cut short"):
        remux_clip(ClipPackets(replace(clip.codec, extradata=(clip.codec.extradata or b"")[:9]), clip.packets))


def store(root: Path, **more: object) -> EvidenceStore:
    values = {"max_bytes": 10**9, "min_free": 0, "retention_s": 3600.0}
    return EvidenceStore(root, TOKYO, **(values | more))  # type: ignore[arg-type]


def still(role: str = "after", at: float = 1.0) -> Still:
    picture = np.full((90, 160, 3), 200, np.uint8)
    return Still(role, at, bytes(cv2.imencode(".jpg", picture)[1]))


def save(target: EvidenceStore, *stills: Still, **more: object) -> SavedEvidence:
    return target.save("event", "case", "bj-001", stills or (still(),), None, clip_wanted=False, **more)  # type: ignore[arg-type]


def test_file_is_where_the_item_says_with_the_hash_it_says(tmp_path: Path) -> None:
    saved = save(store(tmp_path), still("before"), still("after"))
    for item, file in zip(saved.items, saved.files, strict=True):
        content = Path(unquote(urlsplit(item.uri).path)).read_bytes()
        assert hashlib.sha256(content).hexdigest() == item.sha256
        assert file.path == tmp_path / "1970-01-01" / "bj-001" / "case" / f"event-{item.role}.jpg"
    assert saved.missing == ()


def test_address_is_the_one_others_can_open(tmp_path: Path) -> None:
    saved = save(store(tmp_path, base_url="https://evidence.example/"))
    assert saved.items[0].uri == "https://evidence.example/1970-01-01/bj-001/case/event-after.jpg"


def test_masks_are_black_in_stills_and_keep_clip_and_close_up_back(tmp_path: Path) -> None:
    mask = Polygon([[0, 0], [0.5, 0], [0.5, 1], [0, 1]])
    clip = packets(video(tmp_path / "source.mp4", "h264"))
    saved = store(tmp_path / "e").save("e", "c", "a", [still(), still("crop")], clip, masks=[mask])
    picture = cv2.imread(str(saved.files[0].path))
    assert picture[:, :70].max() < 20
    assert picture[:, 90:].min() > 180
    assert [(item.role, item.masked) for item in saved.items] == [("after", True)]
    assert {item.role for item in saved.missing} == {"clip", "crop"}


def test_full_disk_and_broken_pictures_cost_the_evidence_only(tmp_path: Path) -> None:
    full = store(tmp_path, min_free=1000, free=lambda _path: 1500)
    assert [(m.role, m.reason) for m in save(full).missing] == [("after", "disk full")]
    mask = Polygon([[0, 0], [1, 0], [1, 1]])
    broken = save(store(tmp_path), Still("before", 1.0, b"no picture"), still(), masks=[mask])
    assert [item.role for item in broken.items] == ["after"]
    assert broken.missing[0].role == "before"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_disk_that_really_fills_up_keeps_what_fits(tmp_path: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], check=False).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8)
        large = Still("before", 1.0, bytes(cv2.imencode(".jpg", noise)[1]))
        saved = save(store(tmp_path), large, still())
        assert [(m.role, m.reason) for m in saved.missing] == [("before", "disk full")]
        assert [item.role for item in saved.items] == ["after"]
        assert list(tmp_path.rglob("*.part")) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_sweep_takes_the_old_but_not_what_waits_or_is_new(tmp_path: Path) -> None:
    target = store(tmp_path)
    old = save(target, still("before"), still("after")).files
    for file in old:
        os.utime(file.path, (1000, 1000))
    (new,) = target.save("late", "case", "a", [still()], None, clip_wanted=False).files
    assert target.sweep(new.path.stat().st_mtime + 1, keep={old[0].path}) == 1
    assert [f.path.exists() for f in (*old, new)] == [True, False, True]
    assert target.bytes_on_disk == old[0].size + new.size


def test_sweep_keeps_within_the_bytes(tmp_path: Path) -> None:
    target = store(tmp_path, max_bytes=1)
    (file,) = save(target).files
    assert target.sweep(file.path.stat().st_mtime + 30) == 0  # its row may not be written yet
    assert target.sweep(file.path.stat().st_mtime + 90) == 1
    assert target.bytes_on_disk == 0


def test_what_a_crash_left_half_written_is_removed_at_the_start(tmp_path: Path) -> None:
    half = tmp_path / "1970-01-01" / "a" / "event-clip.mp4.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    store(tmp_path)
    assert not half.exists()
