"""Secrets: read from the environment or from files, kept out of every text."""

from __future__ import annotations

import re
from pathlib import Path

_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")
_PARAMETER = re.compile(
    r"(?i)([?&;](?:[a-z0-9_.-]*(?:pass(?:word|wd)?|pwd|token|secret|key|auth|sig(?:nature)?))=)[^&#;\s]*"
)


def redact_url(url: str) -> str:
    """The URL (or a text that holds URLs) without user, password and secret query parameters.

    >>> redact_url("rtsp://admin:hunter2@10.0.0.7/live?token=abc")
    'rtsp://***@10.0.0.7/live?token=***'
    """
    return _PARAMETER.sub(r"\1***", _USERINFO.sub("***@", url))


def read_secret(path: Path) -> str:
    """The content of a secret file, without white space around it.

    Raises:
        ValueError: missing, unreadable, empty or not text; the message names the file and never its content.
    """
    try:
        secret = path.read_text("utf-8").strip()
    except FileNotFoundError:
        raise ValueError(f"the secret file {path} does not exist") from None
    except PermissionError:
        raise ValueError(f"the secret file {path} may not be read by this user; check its owner and mode") from None
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"the secret file {path} cannot be read as text") from None
    if not secret:
        raise ValueError(f"the secret file {path} is empty")
    return secret
