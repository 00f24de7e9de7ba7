"""Packets and frames from RTSP cameras and video files."""

from vision.sources.frame import Box, Frame, Image

__all__ = ["Box", "Frame", "Image"]
