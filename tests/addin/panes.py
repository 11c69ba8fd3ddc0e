"""A workbook in which another add-in's pane stands, written as Excel writes it."""

from __future__ import annotations

from sheetsync.backends.xlsx.package import Package

_KINDS = "http://schemas.microsoft.com/office/2011/relationships"
_SPACE = "http://schemas.microsoft.com/office/webextensions"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPE = "application/vnd.ms-office.webextension"


def with_other_pane(data: bytes, addin: str) -> bytes:
    """The workbook with the pane of the add-in of that id."""
    package = Package.open(data)
    folder = "xl/webextensions"
    root = package.read("_rels/.rels").replace(
        b"</Relationships>",
        f'<Relationship Id="rId44" Type="{_KINDS}/webextensiontaskpanes" '
        f'Target="{folder}/taskpanes.xml"/></Relationships>'.encode(),
    )
    types = package.read("[Content_Types].xml").replace(
        b"</Types>",
        f'<Override PartName="/{folder}/taskpanes.xml" ContentType="{_TYPE}taskpanes+xml"/>'
        f'<Override PartName="/{folder}/webextension1.xml" ContentType="{_TYPE}+xml"/></Types>'
        "".encode(),
    )
    panes = (
        f'<wetp:taskpanes xmlns:wetp="{_SPACE}/taskpanes/2010/11"><wetp:taskpane dockstate="right" '
        'visibility="0" width="350" row="4"><wetp:webextensionref '
        f'xmlns:r="{_OFFICE}" r:id="rId1"/></wetp:taskpane></wetp:taskpanes>'
    )
    rels = (
        f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_KINDS}/webextension" '
        'Target="webextension1.xml"/></Relationships>'
    )
    extension = (
        f'<we:webextension xmlns:we="{_SPACE}/webextension/2010/11" '
        'id="{52811C31-4593-43B8-A697-EB873422D156}">'
        f'<we:reference id="{addin}" version="1.0.0.0" store="EXCatalog" storeType="EXCatalog"/>'
        "<we:alternateReferences/><we:properties/><we:bindings/></we:webextension>"
    )
    return package.with_parts(
        {
            "_rels/.rels": root,
            "[Content_Types].xml": types,
            f"{folder}/taskpanes.xml": panes.encode(),
            f"{folder}/_rels/taskpanes.xml.rels": rels.encode(),
            f"{folder}/webextension1.xml": extension.encode(),
        }
    )
