"""`vision console`: the web console of a site, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from vision.cli.options import ConfigOption, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.runtime.logs import LogStyle, configure_logging

if TYPE_CHECKING:
    from vision.console.serving import ConsoleServer

PARENT_EVERY_S = 1.0
MISSING = "这里没有安装网页控制台 the console is not installed here; pip install 'street-vision[console]'"

ListenOption = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="监听地址 Address; console.listen unless given.")
]


def installed() -> bool:
    """Whether the extra `console` is there."""
    try:
        import fastapi  # noqa: F401
        import sqlalchemy  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        return False
    return True


def command(
    config: ConfigOption,
    listen: ListenOption = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """网页控制台 Serve the console: review cases, draw zones, see statistics."""
    with reported():
        site = read_site(config)
        configure_logging(site.runtime.log_level, LogStyle(site.runtime.log_style))
        if not installed():
            fail("没有控制台 No console", MISSING, INPUT_WRONG)
        logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at every start what it is made of
        from vision.console.access.people import FIRST_ADMIN, first_admin
        from vision.console.parts import running_console
        from vision.console.serving import ListenError, address_of, listening_socket, make_server
        from vision.console.store import StoreError

        try:
            with listening_socket(listen or site.console.listen) as listening, running_console(config) as console:
                server = make_server(console)
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: server.stop())
                password = first_admin(console.store)
                typer.echo(f"控制台 Console: {address_of(listening)}")
                if password is not None:
                    typer.echo(f"首次登录 First login: {FIRST_ADMIN} / {password}（一次性密码 one-time password）")
                if with_parent:
                    _end_with_parent(server)
                server.run(sockets=[listening])
        except ListenError as error:
            fail("地址不可用 Address cannot be used", str(error), RUN_FAILED)
        except StoreError as error:
            fail("数据库不可用 Database cannot be used", str(error), RUN_FAILED)
        except OSError as error:
            fail("无法存储 Storage cannot be used", str(error), RUN_FAILED)


def _end_with_parent(server: ConsoleServer) -> None:
    """Stop when the process that started this one is gone, killed perhaps: its next one takes the address."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_EVERY_S)
        server.stop()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
