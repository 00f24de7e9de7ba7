"""Exit codes and error messages of all commands: 0 done, 1 it failed while running, 2 the input is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from vision.config import ConfigError
from vision.detect import DetectorError, ModelError
from vision.sources import SourceError

RUN_FAILED = 1
INPUT_WRONG = 2


@contextmanager
def reported() -> Iterator[None]:
    """Turn what a person can mend into one message and an exit code; everything else stays a traceback."""
    try:
        yield
    except ConfigError as error:
        fail("配置有误 Configuration error", str(error), INPUT_WRONG)
    except ModelError as error:
        fail("模型不可用 Model cannot be used", str(error), INPUT_WRONG)
    except SourceError as error:
        fail("视频源错误 Video source failed", str(error), RUN_FAILED)
    except DetectorError as error:
        fail("检测器错误 Detector failed", str(error), RUN_FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(RUN_FAILED) from None


def fail(title: str, message: str, code: int) -> NoReturn:
    """Say what is wrong and leave with `code`."""
    lines = message.splitlines()
    text = f"{title}: {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{title}:", *lines])
    typer.echo(text, err=True)
    raise typer.Exit(code)
