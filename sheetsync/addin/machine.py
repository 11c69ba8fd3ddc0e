"""The computer as the add-in's setup sees it: system, home folder, commands, Windows registry.

Everything that differs between Windows, macOS and Linux is reached through a ``Machine``, so that
tests can be any of the three.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

_SECONDS = 300.0
"""How long a command may take: people answer the system's question meanwhile."""

_CONSOLE = "oem" if sys.platform == "win32" else "utf-8"
"""How commands of the system encode what they print."""


class System(StrEnum):
    """The systems that Excel and its web version run on, as people call them."""

    WINDOWS = "Windows"
    MAC = "macOS"
    LINUX = "Linux"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to: exit code and everything that it printed."""

    code: int
    output: str = ""


Run = Callable[[Sequence[str]], Ran]


def run(command: Sequence[str]) -> Ran:
    """Run a command without a shell and without input; a missing one is exit code 127."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return Ran(127, f"{command[0]} is not there")
    except OSError as error:
        return Ran(126, error.strerror or "cannot be run")
    except subprocess.TimeoutExpired:
        return Ran(124, "no answer for five minutes")
    return Ran(done.returncode, done.stdout.decode(_CONSOLE, "replace"))


@dataclass(frozen=True, slots=True)
class Registry:
    """Text values of the Windows registry, through the standard library's ``winreg`` module."""

    winreg: Any

    def get(self, hive: str, key: str, name: str) -> str | None:
        """The text of a value, None where there is none. ``hive``: its name in ``winreg``.

        A Python of 32 bits is shown what the programs of 64 bits have, as Excel is one.
        """
        access = self.winreg.KEY_READ | self.winreg.KEY_WOW64_64KEY
        try:
            with self.winreg.OpenKey(getattr(self.winreg, hive), key, 0, access) as opened:
                return str(self.winreg.QueryValueEx(opened, name)[0])
        except OSError:
            return None

    def set(self, key: str, name: str, text: str) -> None:
        """Write a text of the current user; keys that are missing are made. Raises OSError."""
        user = self.winreg.HKEY_CURRENT_USER
        with self.winreg.CreateKeyEx(user, key, 0, self.winreg.KEY_SET_VALUE) as opened:
            self.winreg.SetValueEx(opened, name, 0, self.winreg.REG_SZ, text)

    def delete(self, key: str, name: str) -> None:
        """Delete a value of the current user; one that is not there is no error. Raises OSError."""
        user = self.winreg.HKEY_CURRENT_USER
        try:
            with self.winreg.OpenKey(user, key, 0, self.winreg.KEY_SET_VALUE) as opened:
                self.winreg.DeleteValue(opened, name)
        except FileNotFoundError:
            return


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer: what it runs, whose home it is, how commands are run and the registry asked."""

    system: System
    home: Path
    run: Run = run
    registry: Registry | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    """The interpreter that sheetsync is installed in."""
    base: str = sys.base_prefix
    """Where the Python behind that interpreter is installed."""
    applications: Path = Path("/Applications")
    """Where programs are installed on macOS."""

    @property
    def store_python(self) -> bool:
        """Whether Python is the Microsoft Store's: Windows hides from Excel what that one writes.

        Its registry values and files in AppData go to copies that only itself can see.
        """
        return self.system is System.WINDOWS and "\\windowsapps\\" in self.base.casefold()


def this_machine() -> Machine:
    """The computer that this runs on."""
    names = {"win32": System.WINDOWS, "darwin": System.MAC}
    system = names.get(sys.platform, System.LINUX)
    return Machine(system, Path.home(), run, _registry(), os.environ)


def _registry() -> Registry | None:
    if sys.platform != "win32":
        return None
    import winreg

    return Registry(winreg)
