"""`vision console`: the web console of a site, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from vision.cli.options import ConfigOption, read_site
from vision.cli.reporting_errors import INPUT_WRONG, RUN_FAILED, fail, reported
from vision.runtime.logs import LogStyle, configure_logging

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


def command(config: ConfigOption, listen: ListenOption = None) -> None:
    """网页控制台 Serve the console: review cases, draw zones, see statistics."""
    with reported():
        site = read_site(config)
        configure_logging(site.runtime.log_level, LogStyle(site.runtime.log_style))
        if not installed():
            fail("没有控制台 No console", MISSING, INPUT_WRONG)
        from vision.console.access.people import FIRST_ADMIN, first_admin
        from vision.console.parts import running_console
        from vision.console.serving import ListenError, address_of, listening_socket, make_server
        from vision.console.store import StoreError

        try:
            with listening_socket(listen or site.console.listen) as listening, running_console(config) as console:
                password = first_admin(console.store)
                typer.echo(f"控制台 Console: {address_of(listening)}")
                if password is not None:
                    typer.echo(f"首次登录 First login: {FIRST_ADMIN} / {password}（一次性密码 one-time password）")
                make_server(console).run(sockets=[listening])
        except ListenError as error:
            fail("地址不可用 Address cannot be used", str(error), RUN_FAILED)
        except StoreError as error:
            fail("数据库不可用 Database cannot be used", str(error), RUN_FAILED)
        except OSError as error:
            fail("无法存储 Storage cannot be used", str(error), RUN_FAILED)
