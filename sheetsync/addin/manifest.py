"""The manifest: what tells Excel of the add-in, its buttons, its pane and where its pages are.

The XML ("add-in only") manifest, which Excel on Windows, on Mac and on the web all take. The order
of its elements and the lengths of its texts are prescribed by the schemas of [MS-OWEMXML]. Texts,
pictures and addresses stand once, under ``Resources``, and are referred to by id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from sheetsync import __version__
from sheetsync.addin.failures import NotAllowed

ADDIN_ID = "6f2c1a58-4b0e-4f7d-9d43-b8a6c5e07d12"
"""The add-in's id: the same for every install, so that a tracker can name it."""
VERSION = ".".join([*__version__.split("+")[0].split("."), "0", "0", "0"][:4])
"""The add-in's version, four numbers as Excel wants it."""
AUTO_SHOW = "Office.AutoShowTaskpaneWithDocument"
"""The pane's id, by which a workbook asks for it: Excel knows no other name for that."""
API_SET, API_VERSION = "ExcelApi", "1.13"
"""What the pane needs of Excel: Table.resize came with 1.13 (Excel 2021, Mac 16.50)."""
ICON_SIZES = 16, 32, 64, 80
"""Pixels of the pictures of a button; 16, 32 and 80 are required."""

_OFFICE = "http://schemas.microsoft.com/office"
_TITLE = "sheetsync"
_ABOUT = (
    "Partner KPIs, tiers and data checks, computed inside this workbook. Nothing leaves the "
    "computer that runs sheetsync."
)


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the ribbon group: ``id`` is also its picture's name and its function's."""

    id: str
    label: str
    tip: str
    pane: bool = False
    """Whether it opens the pane; otherwise it calls the function of commands.js."""


BUTTONS = (
    Button(
        "recalculate",
        "Recalculate",
        "Reads this tracker, computes KPIs, tiers and checks, and writes the results. Undo takes "
        "it back.",
    ),
    Button(
        "check",
        "Check",
        "Reads this tracker and tells what is wrong or doubtful. Writes nothing.",
    ),
    Button(
        "issues",
        "Issues",
        "Opens the pane: what to fix with a jump to each cell, what changed, and the partner of "
        "the selected row.",
        pane=True,
    ),
    Button(
        "undo",
        "Undo sync",
        "Takes the last Recalculate back, cell by cell. Cells that people changed since stay.",
    ),
)

TEXTS = {
    "Group.Label": "Partner KPIs",
    "Start.Title": "sheetsync is ready",
    **{f"{button.id}.Label": button.label for button in BUTTONS},
}
"""Texts of at most 125 characters by id."""
LONG_TEXTS = {
    "Start.Text": "Open your tracker, then press Recalculate in the group Partner KPIs of the tab "
    "Home.",
    **{f"{button.id}.Tip": button.tip for button in BUTTONS},
}
"""Texts of at most 250 characters by id."""


def manifest(base_url: str, token: str = "") -> str:
    """The manifest of an add-in whose pages are at ``base_url`` (https, no query).

    ``token`` goes with the pages' addresses, so the text is as secret as it is. Raises NotAllowed.
    """
    base = _checked(base_url)
    address = f"?token={quote(token, safe='')}" if token else ""
    urls = {
        "Pane.Url": f"{base}/taskpane.html{address}",
        "Commands.Url": f"{base}/commands.html{address}",
        "Help.Url": f"{base}/help.html",
    }
    return "".join(
        (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
            f'<OfficeApp xmlns="{_OFFICE}/appforoffice/1.1"',
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
            f' xmlns:bt="{_OFFICE}/officeappbasictypes/1.0" xsi:type="TaskPaneApp">\n',
            "\n".join((*_app(base, urls), *_overrides(base, urls))),
            "\n</OfficeApp>\n",
        )
    )


def pane_address(text: str) -> tuple[str, str]:
    """The base URL and the token ("" without one) of a manifest. Raises ValueError for none."""
    try:
        whole = ET.fromstring(text)  # noqa: S314 - our own file, which only its owner may write
    except ET.ParseError as error:
        raise ValueError(str(error)) from None
    found = whole.find(f".//{{{_OFFICE}/appforoffice/1.1}}SourceLocation")
    if found is None:
        raise ValueError("no pane")
    parts = urlsplit(found.get("DefaultValue", ""))
    token = parse_qs(parts.query).get("token", [""])[0]
    return f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}", token


def pages() -> tuple[str, ...]:
    """The paths below the base URL of everything that the manifest names."""
    return ("taskpane.html", "commands.html", "help.html", *pictures())


def pictures() -> tuple[str, ...]:
    """The paths below the base URL of the pictures that the manifest names."""
    names = ("icon", *(button.id for button in BUTTONS))
    return tuple(f"icons/{name}-{size}.png" for name in names for size in ICON_SIZES)


def write_manifest(path: Path, text: str) -> None:
    """Write a manifest that only its owner may read, whole or not at all. Raises OSError."""
    from sheetsync.backends.google.private import write_private

    write_private(path, text)


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise NotAllowed(
            f"“{base_url}” cannot be the add-in's address: Excel takes pages from an address that "
            "begins with https:// and has no ? or # only."
        )
    return base_url.rstrip("/")


def _app(base: str, urls: dict[str, str]) -> Iterator[str]:
    """What every version of Excel reads."""
    yield f"<Id>{ADDIN_ID}</Id>"
    yield f"<Version>{VERSION}</Version>"
    yield f"<ProviderName>{_TITLE}</ProviderName>"
    yield "<DefaultLocale>en-US</DefaultLocale>"
    yield f'<DisplayName DefaultValue="{_TITLE}"/>'
    yield f"<Description DefaultValue={quoteattr(_ABOUT)}/>"
    yield f"<IconUrl DefaultValue={quoteattr(f'{base}/icons/icon-32.png')}/>"
    yield f"<HighResolutionIconUrl DefaultValue={quoteattr(f'{base}/icons/icon-64.png')}/>"
    yield f"<SupportUrl DefaultValue={quoteattr(urls['Help.Url'])}/>"
    yield '<Hosts><Host Name="Workbook"/></Hosts>'
    yield f'<Requirements><Sets DefaultMinVersion="{API_VERSION}">'
    yield f'<Set Name="{API_SET}" MinVersion="{API_VERSION}"/></Sets></Requirements>'
    yield f"<DefaultSettings><SourceLocation DefaultValue={quoteattr(urls['Pane.Url'])}/>"
    yield "</DefaultSettings>"
    yield "<Permissions>ReadWriteDocument</Permissions>"


def _overrides(base: str, urls: dict[str, str]) -> Iterator[str]:
    """The ribbon group and the resources that everything refers to."""
    yield f'<VersionOverrides xmlns="{_OFFICE}/taskpaneappversionoverrides"'
    yield ' xsi:type="VersionOverridesV1_0">'
    yield '<Hosts><Host xsi:type="Workbook"><DesktopFormFactor>'
    yield '<GetStarted><Title resid="Start.Title"/><Description resid="Start.Text"/>'
    yield '<LearnMoreUrl resid="Help.Url"/></GetStarted>'
    yield '<FunctionFile resid="Commands.Url"/>'
    yield '<ExtensionPoint xsi:type="PrimaryCommandSurface"><OfficeTab id="TabHome">'
    yield '<Group id="sheetsync.Group"><Label resid="Group.Label"/>'
    yield _icon("icon")
    for button in BUTTONS:
        yield from _button(button)
    yield "</Group></OfficeTab></ExtensionPoint></DesktopFormFactor></Host></Hosts>"
    yield from _resources(base, urls)
    yield "</VersionOverrides>"


def _button(button: Button) -> Iterator[str]:
    yield f'<Control xsi:type="Button" id="sheetsync.{button.id}">'
    yield f'<Label resid="{button.id}.Label"/>'
    yield f'<Supertip><Title resid="{button.id}.Label"/>'
    yield f'<Description resid="{button.id}.Tip"/></Supertip>'
    yield _icon(button.id)
    if button.pane:
        yield f'<Action xsi:type="ShowTaskpane"><TaskpaneId>{AUTO_SHOW}</TaskpaneId>'
        yield '<SourceLocation resid="Pane.Url"/></Action>'
    else:
        yield '<Action xsi:type="ExecuteFunction">'
        yield f"<FunctionName>{escape(button.id)}</FunctionName></Action>"
    yield "</Control>"


def _icon(name: str) -> str:
    images = (f'<bt:Image size="{size}" resid="{name}.{size}"/>' for size in ICON_SIZES)
    return f"<Icon>{''.join(images)}</Icon>"


def _resources(base: str, urls: dict[str, str]) -> Iterator[str]:
    names = ("icon", *(button.id for button in BUTTONS))
    images = {
        f"{name}.{size}": f"{base}/icons/{name}-{size}.png" for name in names for size in ICON_SIZES
    }
    yield "<Resources>"
    yield from _listed("Images", "Image", images)
    yield from _listed("Urls", "Url", urls)
    yield from _listed("ShortStrings", "String", TEXTS)
    yield from _listed("LongStrings", "String", LONG_TEXTS)
    yield "</Resources>"


def _listed(many: str, one: str, values: dict[str, str]) -> Iterator[str]:
    yield f"<bt:{many}>"
    for name, value in values.items():
        yield f"<bt:{one} id={quoteattr(name)} DefaultValue={quoteattr(value)}/>"
    yield f"</bt:{many}>"
