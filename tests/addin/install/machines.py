"""Computers to set the add-in up on: a registry, commands that are noted, and answers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sheetsync.addin.machine import Machine, Ran, Registry, System


class Winreg:
    """The standard library's ``winreg`` as far as it is used, over a dict; keys ignore case."""

    HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE = "HKCU", "HKLM"
    KEY_SET_VALUE, KEY_READ, KEY_WOW64_64KEY, REG_SZ = 0x2, 0x20019, 0x100, 1

    def __init__(self, *, closed=False):
        self.keys: dict[tuple[str, str], dict[str, tuple[object, int]]] = {}
        self.closed = closed

    class Key:
        def __init__(self, values, *, writes):
            self.values, self.writes = values, writes

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.values = None

    def OpenKey(self, hive, key, reserved=0, access=0):  # noqa: N802
        found = self.keys.get((hive, key.casefold()))
        if found is None:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return self._key(found, access)

    def CreateKeyEx(self, hive, key, reserved=0, access=0):  # noqa: N802
        return self._key(self.keys.setdefault((hive, key.casefold()), {}), access)

    def _key(self, values, access):
        if self.closed and access & self.KEY_SET_VALUE:
            raise PermissionError(13, "Access is denied")
        return self.Key(values, writes=access & self.KEY_SET_VALUE)

    def QueryValueEx(self, key, name):  # noqa: N802
        if name not in key.values:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return key.values[name]

    def SetValueEx(self, key, name, reserved, kind, value):  # noqa: N802
        assert key.writes
        key.values[name] = (value, kind)

    def DeleteValue(self, key, name):  # noqa: N802
        assert key.writes
        if name not in key.values:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        del key.values[name]


@dataclass
class Commands:
    """Notes every command and answers like the system's own list of trusted certificates.

    ``refuse``: words of a command that the user says No to. Other commands answer exit code 127.
    """

    refuse: str = ""
    trusted: set[str] = field(default_factory=set)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    sha1: Callable[[Path], str] = str

    def __call__(self, command):
        command = tuple(command)
        self.asked.append(command)
        if self.refuse and self.refuse in command:
            return Ran(1, "Working ...\r\nThe operation was cancelled by the user.\r\n")
        answer = {"certutil": self.certutil, "security": self.security}.get(command[0])
        return answer(command) if answer else Ran(127, f"{command[0]} is not there")

    def certutil(self, command):
        assert command[:2] == ("certutil", "-user")
        assert command[3] == "Root"
        return self.change(command[2].strip("-"), command[4])

    def security(self, command):
        if command[1] == "find-certificate":
            return Ran(0, "".join(f"SHA-1 hash: {one}\n" for one in sorted(self.trusted)))
        if command[1] == "delete-certificate":
            return self.change("delstore", command[command.index("-Z") + 1])
        if command[1] == "add-trusted-cert":
            return self.change("addstore", command[-1])
        return self.change("store", self.sha1(Path(command[command.index("-c") + 1])))

    def change(self, verb, what):
        if verb == "addstore":
            self.trusted.add(self.sha1(Path(what)))
        elif what not in self.trusted:
            return Ran(1, "CertUtil: -store command FAILED: Object was not found.")
        if verb == "delstore":
            self.trusted.remove(what)
        return Ran(0, "done")


def sha1(path):
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA1

    return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(SHA1()).hex().upper()


def machine(system, home, *, refuse="", closed=False, **more):
    """A computer of that system whose user's home is ``home``."""
    registry = Registry(Winreg(closed=closed)) if system is System.WINDOWS else None
    return Machine(
        system, home, Commands(refuse=refuse, sha1=sha1), registry, {}, **{"base": "", **more}
    )
