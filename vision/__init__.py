"""Vision worker: RTSP cameras in, city case events out."""

__version__ = "0.1.0"
