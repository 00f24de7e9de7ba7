from __future__ import annotations

from pathlib import Path

import av
import pytest

from vision.simulate.access_units import SimulateError, take_apart

from .conftest import FPS, PICTURES, MakeClip

SECOND = 1_000_000_000


@pytest.mark.parametrize("container", ["mp4", "mkv"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_access_units_are_annex_b_and_keep_their_distances(
    make_clip: MakeClip, tmp_path: Path, codec: str, container: str
) -> None:
    index = take_apart(make_clip(codec, container=container), tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    assert (index.codec, index.width, index.height) == (codec, 160, 96)
    assert index.length == pytest.approx(PICTURES / FPS * SECOND, abs=0.01 * SECOND)
    assert len(index.units) == PICTURES
    for unit in index.units:
        assert data[unit.offset : unit.offset + 4].endswith(b"\x00\x00\x01") or data[unit.offset : unit.offset + 4] == (
            b"\x00\x00\x00\x01"
        )
    assert [number for number, unit in enumerate(index.units) if unit.keyframe] == [0, 10, 20]
    assert [round(unit.dts / SECOND * FPS) for unit in index.units] == list(range(PICTURES))


def test_pictures_that_are_shown_later_than_decoded_keep_both_times(make_clip: MakeClip, tmp_path: Path) -> None:
    index = take_apart(make_clip("h264", b_frames=2), tmp_path / "data")
    pts, dts = [unit.pts for unit in index.units], [unit.dts for unit in index.units]
    assert dts == sorted(dts)
    assert dts[0] == 0
    assert pts != sorted(pts)
    assert all(shown >= decoded for shown, decoded in zip(pts, dts, strict=True))


def test_every_keyframe_can_be_decoded_by_itself(make_clip: MakeClip, tmp_path: Path) -> None:
    index = take_apart(make_clip("h264"), tmp_path / "data")
    data = (tmp_path / "data").read_bytes()
    for unit in index.units:
        if unit.keyframe:
            decoder = av.CodecContext.create("h264", "r")
            packet = av.Packet(data[unit.offset : unit.offset + unit.size])
            assert len(decoder.decode(packet) + decoder.decode(None)) == 1


def test_another_codec_is_refused_with_the_command_that_helps(make_clip: MakeClip, tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match=r"mpeg4 cannot be served.*ffmpeg -i mpeg4-0.mp4"):
        take_apart(make_clip("mpeg4"), tmp_path / "data")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SimulateError, match=r"nowhere\.mp4: there is no such file"):
        take_apart(tmp_path / "nowhere.mp4", tmp_path / "data")


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 100)
    for path in (empty, text):
        with pytest.raises(SimulateError, match=f"{path.name}: it cannot be read as video"):
            take_apart(path, tmp_path / "data")
