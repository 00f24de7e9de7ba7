"""Packets and frames from RTSP cameras and video files."""

from vision.sources.attention import Attention
from vision.sources.frame import Box, Frame, Image
from vision.sources.lookback import decode_window
from vision.sources.mailbox import Mailbox
from vision.sources.packets import ClipPackets, CodecParameters, StoredPacket
from vision.sources.ring import PacketRing, RingStats

__all__ = [
    "Attention",
    "Box",
    "ClipPackets",
    "CodecParameters",
    "Frame",
    "Image",
    "Mailbox",
    "PacketRing",
    "RingStats",
    "StoredPacket",
    "decode_window",
]
