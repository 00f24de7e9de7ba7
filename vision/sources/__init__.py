"""Packets and frames from RTSP cameras and video files."""

from vision.sources.attention import Attention
from vision.sources.budget import Budget
from vision.sources.decoder import POLICIES, AdaptiveDecoder
from vision.sources.errors import SourceError
from vision.sources.frame import Box, Frame, Image
from vision.sources.gop import GopMeter
from vision.sources.lookback import decode_window
from vision.sources.mailbox import Mailbox
from vision.sources.packets import ClipPackets, CodecParameters, StoredPacket
from vision.sources.reader import CameraReader, PacketSink
from vision.sources.replay import FileReplay
from vision.sources.ring import PacketRing, RingStats
from vision.sources.status import SourceStatus
from vision.sources.stream import PacketStream, is_file
from vision.sources.timestamps import Timeline

__all__ = [
    "POLICIES",
    "AdaptiveDecoder",
    "Attention",
    "Box",
    "Budget",
    "CameraReader",
    "ClipPackets",
    "CodecParameters",
    "FileReplay",
    "Frame",
    "GopMeter",
    "Image",
    "Mailbox",
    "PacketRing",
    "PacketSink",
    "PacketStream",
    "RingStats",
    "SourceError",
    "SourceStatus",
    "StoredPacket",
    "Timeline",
    "decode_window",
    "is_file",
]
