"""The manifest is what the published schema wants, and everything it names is there.

The rules of the task pane schemas ([MS-OWEMXML]) stand below as a table, so that they are checked
without a network; where a folder with the schemas themselves is named by SHEETSYNC_OFFICE_XSD
(OfficeAppManifestV1_1.xsd and what it imports), they judge too.
"""

from __future__ import annotations

import copy
import os
import re
import uuid
from pathlib import Path

import pytest
from lxml import etree

from sheetsync.addin import manifest as made
from sheetsync.addin.failures import NotAllowed
from sheetsync.addin.manifest import ADDIN_ID, AUTO_SHOW, BUTTONS, manifest, pane_address

BASE, TOKEN = "https://localhost:8137", "Zm9v-_bar&<\">'%"
OFFICEJS = Path(made.__file__).parent / "officejs"
OFFICE = "http://schemas.microsoft.com/office"
SPACES = {
    f"{OFFICE}/appforoffice/1.1": "",
    f"{OFFICE}/taskpaneappversionoverrides": "v:",
    f"{OFFICE}/officeappbasictypes/1.0": "bt:",
}
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
XSD = os.environ.get("SHEETSYNC_OFFICE_XSD", "")

# The children of each element in their order: ? may be missing, + may be repeated.
ICON = "v:Icon"
CHILDREN = {
    "OfficeApp": "Id Version ProviderName DefaultLocale DisplayName Description IconUrl? "
    "HighResolutionIconUrl? SupportUrl? AppDomains? Hosts Requirements? DefaultSettings "
    "Permissions v:VersionOverrides?",
    "Hosts": "Host+",
    "Requirements": "Sets",
    "Sets": "Set+",
    "DefaultSettings": "SourceLocation",
    "v:VersionOverrides": "v:Description? v:Requirements? v:Hosts v:Resources",
    "v:Hosts": "v:Host+",
    "v:Host": "v:DesktopFormFactor",
    "v:DesktopFormFactor": "v:GetStarted? v:FunctionFile? v:ExtensionPoint+",
    "v:GetStarted": "v:Title v:Description v:LearnMoreUrl",
    "v:ExtensionPoint": "v:OfficeTab+",
    "v:OfficeTab": "v:Group+",
    "v:Group": "v:Label v:Icon v:Control+",
    "v:Control": "v:Label v:Supertip v:Icon v:Action",
    "v:Supertip": "v:Title v:Description",
    "v:Icon": "bt:Image+",
    "v:Resources": "bt:Images bt:Urls bt:ShortStrings bt:LongStrings",
    "bt:Images": "bt:Image+",
    "bt:Urls": "bt:Url+",
    "bt:ShortStrings": "bt:String+",
    "bt:LongStrings": "bt:String+",
}
ACTIONS = {
    "ExecuteFunction": "v:FunctionName",
    "ShowTaskpane": "v:TaskpaneId? v:SourceLocation v:Title?",
}
TYPES = {
    "OfficeApp": {"TaskPaneApp"},
    "v:VersionOverrides": {"VersionOverridesV1_0"},
    "v:Host": {"Workbook"},
    "v:ExtensionPoint": {"PrimaryCommandSurface"},
    "v:Control": {"Button"},
    "v:Action": set(ACTIONS),
}
ATTRIBUTES = {
    "DisplayName": {"DefaultValue": 125},
    "Description": {"DefaultValue": 250},
    "IconUrl": {"DefaultValue": 2048},
    "HighResolutionIconUrl": {"DefaultValue": 2048},
    "SupportUrl": {"DefaultValue": 2048},
    "SourceLocation": {"DefaultValue": 2048},
    "Host": {"Name": 125},
    "Sets": {"DefaultMinVersion": 11},
    "Set": {"Name": 125, "MinVersion": 11},
    "v:OfficeTab": {"id": 125},
    "v:Group": {"id": 125},
    "v:Control": {"id": 125},
    "bt:Url": {"id": 32, "DefaultValue": 2048},
}
TEXTS = {
    "Id": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "Version": r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}",
    "ProviderName": r".{1,125}",
    "DefaultLocale": r"[a-z]{2}-[A-Z]{2}",
    "Permissions": r"Restricted|ReadDocument|ReadAllDocument|WriteDocument|ReadWriteDocument",
    "v:TaskpaneId": r".{1,125}",
    "v:FunctionName": r".{1,250}",
}
REFERENCES = {
    "v:Label": "bt:ShortStrings",
    "v:Title": "bt:ShortStrings",
    "v:Description": "bt:LongStrings",
    "v:LearnMoreUrl": "bt:Urls",
    "v:FunctionFile": "bt:Urls",
    "v:SourceLocation": "bt:Urls",
}


def name_of(element):
    parts = etree.QName(element)
    return SPACES[parts.namespace] + parts.localname


def order(rule):
    """A regular expression over the names of children, each ended by a blank."""
    words = [re.fullmatch(r"(.+?)([?+]?)", word).groups() for word in rule.split()]
    return "".join(f"({re.escape(name)} ){many}" for name, many in words)


def rule_of(element, name):
    if name == "v:Action":
        return ACTIONS[element.get(XSI)]
    return CHILDREN.get(name, "")


def attributes_of(element, name):
    """The attributes that must be there with their greatest length, beside xsi:type."""
    parent = name_of(element.getparent()) if element.getparent() is not None else ""
    if name in REFERENCES:
        return {"resid": 32}
    if name == "bt:Image":
        return {"size": 3, "resid": 32} if parent == ICON else {"id": 32, "DefaultValue": 2048}
    if name == "bt:String":
        return {"id": 32, "DefaultValue": 125 if parent == "bt:ShortStrings" else 250}
    return ATTRIBUTES.get(name, {})


def faults(root):
    """Everything in which a manifest differs from the published rules."""
    for element in root.iter():
        name = name_of(element)
        inside = "".join(f"{name_of(child)} " for child in element)
        kind = element.get(XSI)
        if (kind is not None) != (name in TYPES) or kind not in TYPES.get(name, {None}):
            yield f"{name} is of type {kind}"
            continue
        if not re.fullmatch(order(rule_of(element, name)), inside):
            yield f"{name} holds {inside}"
        limits = attributes_of(element, name)
        if set(element.attrib) - {XSI} != set(limits):
            yield f"{name} has {sorted(element.attrib)}"
            continue
        for attribute, longest in limits.items():
            if not 1 <= len(element.get(attribute)) <= longest:
                yield f"{name} {attribute} is {len(element.get(attribute))} long"
        text = element.text or ""
        if not re.fullmatch(TEXTS.get(name, r"\s*"), text):
            yield f"{name} says {text}"
        if element.get("MinVersion") and not re.fullmatch(r"\d+\.\d+", element.get("MinVersion")):
            yield f"{name} asks for {element.get('MinVersion')}"
    yield from dangling(root)


def dangling(root):
    """References without a resource of the right kind, ids given twice, sizes that are missing."""
    kinds = {
        f"bt:{kind}": {
            one.get("id")
            for one in root.iterfind(f".//{{{OFFICE}/officeappbasictypes/1.0}}{kind}/*")
        }
        for kind in ("Images", "Urls", "ShortStrings", "LongStrings")
    }
    for element in root.iter():
        name = name_of(element)
        kind = REFERENCES.get(name, "bt:Images" if name == "bt:Image" else None)
        if element.get("resid") and element.get("resid") not in kinds.get(kind, ()):
            yield f"{name} refers to {element.get('resid')}"
        if name == ICON and {16, 32, 80} - {int(one.get("size")) for one in element}:
            yield f"{name} lacks a size"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    yield from (f"two are called {one}" for one in set(ids) if ids.count(one) > 1)


@pytest.fixture(params=["", TOKEN])
def root(request):
    return etree.fromstring(manifest(BASE, request.param).encode())


def test_it_keeps_every_published_rule(root):
    assert list(faults(root)) == []


def find(root, path):
    space = {"o": f"{OFFICE}/appforoffice/1.1", "v": f"{OFFICE}/taskpaneappversionoverrides"}
    return root.find(path, {**space, "bt": f"{OFFICE}/officeappbasictypes/1.0"})


def swapped(root):
    first = find(root, "o:Id")
    root.remove(first)
    root.insert(1, first)


def misspelt(root):
    find(root, ".//v:FunctionFile").tag = f"{{{OFFICE}/taskpaneappversionoverrides}}FunctionFiles"


def too_long(root):
    find(root, ".//bt:ShortStrings/bt:String").set("DefaultValue", "x" * 126)


def wrong_permission(root):
    find(root, "o:Permissions").text = "ReadEverything"


def wrong_id(root):
    find(root, "o:Id").text = "sheetsync"


def long_id(root):
    find(root, ".//bt:Urls/bt:Url").set("id", "x" * 33)


def missing_label(root):
    control = find(root, ".//v:Control")
    control.remove(find(control, "v:Label"))


def unknown_type(root):
    find(root, ".//v:Action").set(XSI, "RunMacro")


def no_such_text(root):
    find(root, ".//v:Label").set("resid", "nowhere")


def picture_as_text(root):
    find(root, ".//v:Label").set("resid", "icon.16")


def without_size_80(root):
    icon = find(root, ".//v:Icon")
    icon.remove(icon[-1])


def same_id_twice(root):
    first, second, *_ = root.iterfind(f".//{{{OFFICE}/taskpaneappversionoverrides}}Control")
    second.set("id", first.get("id"))


SCHEMA_BREAKS = [
    swapped, misspelt, too_long, wrong_permission, wrong_id, long_id, missing_label, unknown_type,
]  # fmt: skip
MORE_BREAKS = [no_such_text, picture_as_text, without_size_80, same_id_twice]


@pytest.mark.parametrize("broken", [*SCHEMA_BREAKS, *MORE_BREAKS])
def test_a_broken_one_is_noticed(root, broken):
    worse = copy.deepcopy(root)
    broken(worse)
    assert list(faults(worse))


@pytest.fixture(scope="module")
def schema():
    if not (Path(XSD) / "OfficeAppManifestV1_1.xsd").is_file():
        pytest.skip("SHEETSYNC_OFFICE_XSD names no folder with Microsoft's manifest schemas")
    return etree.XMLSchema(etree.parse(str(Path(XSD) / "OfficeAppManifestV1_1.xsd")))


def test_the_schemas_take_it(schema, root):
    assert schema.validate(root), schema.error_log


@pytest.mark.parametrize("broken", SCHEMA_BREAKS)
def test_the_schemas_see_what_the_table_sees(schema, root, broken):
    worse = copy.deepcopy(root)
    broken(worse)
    assert not schema.validate(worse)


def addresses(root):
    return [
        element.get("DefaultValue")
        for element in root.iter()
        if (element.get("DefaultValue") or "").startswith("https:")
    ]


def test_every_address_is_a_file_that_the_server_has(root):
    paths = {address.removeprefix(f"{BASE}/").partition("?")[0] for address in addresses(root)}
    assert paths == set(made.pages())
    assert [path for path in paths if not (OFFICEJS / path).is_file()] == []


def test_the_token_goes_to_pages_only(root):
    told = [address for address in addresses(root) if "?" in address]
    if told:
        assert {address.partition("?")[0].rpartition("/")[2] for address in told} == {
            "taskpane.html",
            "commands.html",
        }
        assert TOKEN not in etree.tostring(root).decode()  # quoted wherever it stands


@pytest.mark.parametrize("token", ["", TOKEN, "abc_-123"])
def test_address_and_token_are_read_back(token):
    assert pane_address(manifest(f"{BASE}/deep/", token)) == (f"{BASE}/deep", token)


@pytest.mark.parametrize("text", ["", "not xml", "<a/>"])
def test_something_else_has_no_address(text):
    with pytest.raises(ValueError, match=r"."):
        pane_address(text)


@pytest.mark.parametrize(
    "address", ["http://localhost:8137", "", "localhost", "https://", f"{BASE}?a=1", f"{BASE}#a"]
)
def test_an_address_that_excel_refuses_is_refused(address):
    with pytest.raises(NotAllowed, match=r"https://"):
        manifest(address)


def test_the_pane_is_the_one_that_a_tracker_asks_for(root):
    panes = [one.text for one in root.iter() if name_of(one) == "v:TaskpaneId"]
    assert panes == [AUTO_SHOW]


def test_every_button_is_there_and_its_function_is_in_commands_js(root):
    functions = [one.text for one in root.iter() if name_of(one) == "v:FunctionName"]
    assert functions == ["recalculate", "check", "undo"]
    assert [button.id for button in BUTTONS if button.pane] == ["issues"]
    script = (OFFICEJS / "commands.js").read_text(encoding="utf-8")
    assert [name for name in functions if not re.search(rf"\b{name}\b", script)] == []


def test_it_asks_for_the_excel_that_the_pane_needs(root):
    sets = [
        (one.get("Name"), one.get("MinVersion")) for one in root.iter() if one.get("MinVersion")
    ]
    assert sets == [("ExcelApi", "1.13")]


def test_the_id_is_a_uuid_that_stays():
    assert str(uuid.UUID(ADDIN_ID)) == ADDIN_ID == "6f2c1a58-4b0e-4f7d-9d43-b8a6c5e07d12"
