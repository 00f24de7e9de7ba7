"""What can be wrong with a source, told so that somebody can put it right."""

from __future__ import annotations

from pathlib import Path

import av.error

from vision.config import redact_url


class SourceError(Exception):
    """A camera's source cannot be read. The text names the camera, the source without its secrets, and the remedy.

    Attributes:
        camera_id: whose source it is.
        permanent: whether trying again without a change is of no use (a wrong password: trying often locks the
            account in many cameras; a missing file).
    """

    def __init__(self, camera_id: str, source: str, what: str, remedy: str, *, permanent: bool = False) -> None:
        super().__init__(f"camera {camera_id}: {redact_url(source)}: {what}; {remedy}")
        self.camera_id = camera_id
        self.permanent = permanent


def check_file(camera_id: str, path: Path) -> None:
    """Refuse what is plainly no video file before libav gives it a less helpful name.

    Raises:
        SourceError: missing, a folder, empty, or not readable.
    """
    if not path.exists():
        problem = ("the file does not exist", "check the path; relative ones count from the configuration's folder")
    elif path.is_dir():
        problem = ("this is a folder", "name one video file")
    elif path.stat().st_size == 0:
        problem = ("the file is empty", "copy or record it again")
    else:
        try:
            with path.open("rb"):
                return
        except OSError:
            problem = ("the file may not be read", "check its owner and mode")
    raise SourceError(camera_id, str(path), *problem, permanent=True)


def file_error(camera_id: str, path: Path, error: Exception) -> SourceError:
    """What libav's refusal of a file means."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide"):
        what, remedy = "the file is cut off: its index (moov) is missing", "copy or record it again to its end"
    elif isinstance(error, av.error.InvalidDataError | av.error.ArgumentError):  # the latter: a format we do not open
        what, remedy = "this is not a video file", "give an MP4, MKV, AVI, TS or FLV file"
    else:
        what, remedy = f"the file cannot be read ({_reason(error)})", "check that it plays in ffplay"
    return SourceError(camera_id, str(path), what, remedy, permanent=True)


def stream_error(camera_id: str, source: str, error: Exception, waited_s: float) -> SourceError:
    """What libav's refusal of an RTSP stream means."""
    permanent = False
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        what, remedy = "wrong user or password", "set username and password of this camera"
        permanent = True
    elif isinstance(error, av.error.HTTPNotFoundError):
        what, remedy, permanent = (
            "the camera has no stream at this path",
            "check the part of the URL after the host",
            True,
        )
    elif isinstance(error, av.error.ConnectionRefusedError):
        what, remedy = "connection refused", "check host and port, and that RTSP is switched on in the camera"
    elif isinstance(error, av.error.ExitError | TimeoutError):
        what, remedy = (
            f"no answer for {waited_s:g} s",
            "check that the camera is reachable; over UDP, try transport: tcp",
        )
    elif isinstance(error, av.error.InvalidDataError):
        what, remedy = "this does not answer as RTSP", "check the port"
    elif isinstance(error, av.error.EOFError | av.error.BrokenPipeError | av.error.ConnectionResetError):
        what, remedy = "the camera closed the connection", "check whether it allows one more viewer"
    else:
        what, remedy = f"the stream cannot be read ({_reason(error)})", "check that it plays in ffplay"
    return SourceError(camera_id, source, what, remedy, permanent=permanent)


def _reason(error: Exception) -> str:
    """libav's word for it, without the address that its full text repeats, password and all."""
    return str(getattr(error, "strerror", None) or type(error).__name__)
