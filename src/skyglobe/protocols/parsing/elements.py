"""XML text to elements, by the standard library's expat; whatever could expand or reach outside is refused."""

from __future__ import annotations

from xml.parsers import expat

from skyglobe.protocols.parsing.failures import MAX_DEPTH


class NotXml(ValueError):
    """The body is not well-formed, is nested too deep, or declares a document type."""


class Element:
    """One element, namespaces left out: S3 takes bodies with its namespace, another, or none."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""
        """All character data directly inside, joined."""


def parse_xml(body: bytes) -> Element:
    """Return the root element of a document in UTF-8, or in UTF-16 with a byte order mark. Raises NotXml."""
    builder = _Builder()
    # A declared encoding is overridden: expat would ask Python for any codec by its name.
    parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotXml(str(error)) from None
    if builder.root is None:
        raise NotXml("no element")
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[tuple[Element, list[str]]] = []
        """The elements being read, outermost first, each with the pieces of its text."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise NotXml("nested too deep")
        if attributes:
            attributes = {_local(key): value for key, value in attributes.items()}
        element = Element(_local(name), attributes)
        if self.open:
            self.open[-1][0].children.append(element)
        else:
            self.root = element
        self.open.append((element, []))

    def end(self, name: str) -> None:
        element, pieces = self.open.pop()
        element.text = "".join(pieces)

    def characters(self, text: str) -> None:
        if self.open:
            self.open[-1][1].append(text)

    def refuse_doctype(self, name: str, system_id: str | None, public_id: str | None, has_subset: int) -> None:
        raise NotXml("document type declarations are refused")


def _local(name: str) -> str:
    """Return the part of a name after its namespace, which expat puts before a space."""
    return name.rpartition(" ")[2]
