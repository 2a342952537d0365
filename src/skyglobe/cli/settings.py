"""From command line and environment to a configuration. Pure: the environment is a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.kernel.config import DEFAULT_REGION, HOST_SUFFIXES, Config

DEFAULT_PORT = 4566
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class BadSetting(ValueError):
    """A setting cannot be understood; the message names it and what it may be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything ``skyglobe up`` needs to know."""

    config: Config
    hosts: tuple[str, ...]
    port: int
    tls: bool
    debug: bool


def settings_from(options: Mapping[str, Any], environ: Mapping[str, str], folder: Path) -> Settings:
    """Return the settings that ``options`` (None where not given) and, behind them, ``environ`` ask for.

    Every option has a variable ``SKYGLOBE_OPTION``. LocalStack's ``GATEWAY_LISTEN``, ``PERSISTENCE``, ``SERVICES``,
    ``DEBUG`` and ``DEFAULT_REGION`` count where ours are not set. ``folder`` is where state goes unless told
    otherwise. Raises ``BadSetting``.
    """
    asked = _Asked(options, environ)
    hosts, port = _listen(asked, environ)
    keeps = not asked.flag("memory", default=not _flag("PERSISTENCE", environ.get("PERSISTENCE", "1")))
    endpoint = asked.text("endpoint_url") or f"http://{_spoken(hosts[0])}:{port}"
    services = asked.text("services") or environ.get("SERVICES", "")
    config = Config(
        folder=Path(asked.text("folder") or folder).expanduser().absolute() if keeps else None,
        store=asked.text("store") or "",
        durability=asked.choice("durability", ("process", "power")),
        lenient_auth=not asked.flag("strict_auth"),
        strict=asked.flag("strict"),
        region=asked.text("region") or environ.get("DEFAULT_REGION") or DEFAULT_REGION,
        host_suffixes=(*HOST_SUFFIXES, *asked.words("host_suffix")),
        endpoint=endpoint,
        services=frozenset(_split(services)) or None,
        pace=asked.choice("pace", ("instant", "realistic")),
        quotas=asked.flag("quotas"),
        root_key=_root_key(asked.text("root_key")),
        seed=asked.number("seed"),
    )
    tls = asked.flag("tls", default=True)
    return Settings(config=config, hosts=hosts, port=port, tls=tls, debug=_flag("DEBUG", environ.get("DEBUG", "")))


class _Asked:
    """Options with the environment behind them."""

    def __init__(self, options: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._options = options
        self._environ = environ

    def text(self, name: str) -> str | None:
        value = self._options.get(name)
        return str(value) if value is not None else self._environ.get(_variable(name))

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._options.get(name)
        if value is not None:
            return bool(value)
        text = self._environ.get(_variable(name))
        return default if text is None else _flag(_variable(name), text)

    def number(self, name: str) -> int | None:
        text = self.text(name)
        if text is None:
            return None
        if not text.isdecimal():
            raise BadSetting(f"{_variable(name)} must be a whole number, not {text!r}.")
        return int(text)

    def choice(self, name: str, allowed: tuple[str, ...]) -> Any:
        text = self.text(name) or allowed[0]
        if text not in allowed:
            raise BadSetting(f"{name} must be one of {', '.join(allowed)}, not {text!r}.")
        return text

    def words(self, name: str) -> tuple[str, ...]:
        value = self._options.get(name)
        return tuple(value) if value else tuple(_split(self._environ.get(_variable(name), "")))


def _variable(name: str) -> str:
    return f"SKYGLOBE_{name.upper()}"


def _flag(name: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise BadSetting(f"{name} must be 1 or 0, not {text!r}.")


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _listen(asked: _Asked, environ: Mapping[str, str]) -> tuple[tuple[str, ...], int]:
    hosts, port = list(asked.words("host")), asked.number("port")
    for address in _split(environ.get("GATEWAY_LISTEN", "")) if not hosts else ():
        host, colon, number = address.rpartition(":")
        if not colon or not number.isdecimal():
            raise BadSetting(f"GATEWAY_LISTEN must look like 0.0.0.0:4566, not {address!r}.")
        hosts.append(host or "0.0.0.0")  # noqa: S104 - what an empty host has always meant
        port = int(number) if port is None else port
    port = DEFAULT_PORT if port is None else port
    if not 0 < port < 65_536:
        raise BadSetting(f"The port must be between 1 and 65535, not {port}.")
    return tuple(dict.fromkeys(hosts)) or ("127.0.0.1",), port


def _spoken(host: str) -> str:
    """Return what clients call a listening address: every address is ``localhost`` to those on the machine."""
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1", "") else host  # noqa: S104


def _root_key(text: str | None) -> tuple[str, str] | None:
    if not text:
        return None
    key, colon, secret = text.partition(":")
    if not colon or not key or not secret:
        raise BadSetting("The root key must look like KEYID:SECRET.")
    return key, secret
