"""What the command line says when something goes wrong: one sentence, an exit code, no traceback.

Known failures are the exceptions of ``model.errors``. Everything else is a bug or a system that
refuses what every program needs, and is told as such; ``SHEETSYNC_DEBUG=1`` shows the traceback.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

DEBUG = "SHEETSYNC_DEBUG"
"""The environment variable that shows the traceback of a bug."""


def print_json(told: dict[str, Any]) -> None:
    """Print JSON, in ASCII where the output takes no more; a refusing output is told on stderr."""
    import json

    plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    try:
        click.echo(json.dumps(told, ensure_ascii=plain, allow_nan=False))
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_output()
        click.echo(f"sheetsync: The answer could not be printed ({error.strerror}).", err=True)
        sys.exit(2)


def _forget_output() -> None:
    """Let the interpreter end without trying once more to print what cannot be printed."""
    import os

    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115


@contextmanager
def telling(as_json: bool) -> Iterator[None]:
    """Turn every failure into one sentence and exit code 2; Ctrl-C into 130."""
    from sheetsync.model.errors import SheetsyncError

    _print_what_can_be_printed()
    with _interrupts() as interrupted:
        try:
            yield
            if sys.stdout is not None:
                sys.stdout.flush()
        except SheetsyncError as error:
            _fail(type(error).__name__, str(error), as_json)
        except KeyboardInterrupt as error:
            _stop(error)
        except BrokenPipeError:
            raise  # whoever read our output has seen enough: click ends quietly
        except Exception as error:  # noqa: BLE001 - people get a sentence, never a traceback
            if interrupted:  # a library told of Ctrl-C in its own words
                _stop(error)
            _fail_unexpectedly(error, as_json)


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """A list that is empty until Ctrl-C was pressed."""
    import signal
    import threading

    seen: list[int] = []

    def interrupt(number: int, _frame: object) -> NoReturn:
        seen.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield seen
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield seen
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(error: BaseException) -> NoReturn:
    click.echo(f"Stopped; {_done_before(error)}.", err=True)
    sys.exit(130)


def _done_before(error: BaseException) -> str:
    return "; ".join(getattr(error, "__notes__", ())) or "nothing was changed"


def _fail(kind: str, message: str, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": {"kind": kind, "message": message}})
    else:
        click.echo(f"sheetsync: {message}", err=True)
    sys.exit(2)


def _fail_unexpectedly(error: Exception, as_json: bool) -> NoReturn:
    """Tell of a bug, or of a system that refuses what every program needs."""
    import os

    if os.environ.get(DEBUG):
        raise error
    done = _done_before(error)
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno in _full_or_broken():
        _forget_output()
        _fail(name, f"The disk or the output failed ({error.strerror}); {done}.", as_json)
    if isinstance(error, MemoryError):
        _fail(name, f"This computer ran out of memory; {done}. Close other programs.", as_json)
    words = " ".join(f"{name}: {error}".split())[:200]
    told = f"This is a bug in sheetsync ({words}); {done}. Run with {DEBUG}=1 for the details."
    _fail("Bug", told, as_json)


def _full_or_broken() -> tuple[int, ...]:
    import errno

    return errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EROFS


@contextmanager
def after(done: str) -> Iterator[None]:
    """Let whatever fails inside carry what had been done before."""
    try:
        yield
    except BaseException as error:
        error.add_note(done)
        raise


_PLAIN = {"…": "...", "→": "->", "–": "-", "“": '"', "”": '"', "’": "'", "×": "x", "·": "-"}


def _print_what_can_be_printed() -> None:
    """Let old consoles show plainer signs or ? instead of failing on one they lack."""
    import codecs

    def plainer(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        signs = error.object[error.start : error.end]
        return "".join(_PLAIN.get(sign, "?") for sign in signs), error.end

    codecs.register_error("sheetsync", plainer)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="sheetsync")
