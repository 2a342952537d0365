"""From XML elements to a boto3 user's values: one converter per shape, built when first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.models import Shape
from skyglobe.protocols.parsing.elements import Element
from skyglobe.protocols.parsing.failures import TextFailure
from skyglobe.protocols.parsing.precedence import newest_first
from skyglobe.protocols.parsing.texts import text_converter

FromElement = Callable[[Element], Any]
"""Raises ServiceError. Nesting was bounded when the elements were made."""


class XmlConverters:
    """The converters of one service's shapes. ``fail`` makes the error for an element that does not fit its shape."""

    def __init__(self, fail: TextFailure) -> None:
        self._fail = fail
        self._structures: dict[str, FromElement] = {}

    def converter(self, shape: Shape, member: str) -> FromElement:
        """Return the converter for ``shape``; ``member`` is the name that errors show."""
        if shape.type == "structure":
            known = self._structures.get(shape.name)
            if known is None:
                known = self._structures[shape.name] = self.of_structure(shape)
            return known
        if shape.type == "list":
            return self.of_list(shape, member)
        if shape.type == "map":
            return self.of_map(shape, member)
        return self.of_scalar(shape, member)

    def of_scalar(self, shape: Shape, member: str) -> FromElement:
        from_text = text_converter(shape, member, self._fail)

        def convert(element: Element) -> Any:
            if element.children:
                raise self._unexpected(element)
            return from_text(element.text) if from_text is not None else element.text

        return convert

    def of_structure(self, shape: Shape, members: dict[str, Shape] | None = None) -> FromElement:
        """Return the converter of a structure, or of those of its ``members`` that are in the body.

        Its tables are filled at the first request, which also lets a structure contain itself.
        """
        elements: dict[str, tuple[str, str, FromElement]] = {}
        attributes: dict[str, str] = {}

        def fill() -> None:
            for name, member in newest_first(shape.members if members is None else members):
                wire_name = member.location_name or name
                if wire_name in elements:
                    continue
                if member.traits.get("xmlAttribute"):
                    attributes[wire_name.rpartition(":")[2]] = name
                elif member.flattened and member.type == "list":
                    elements[wire_name] = (name, "list", self.converter(member.element, name))
                elif member.flattened and member.type == "map":
                    elements[wire_name] = (name, "map", self.entry(member, name))
                else:
                    elements[wire_name] = (name, "", self.converter(member, name))

        def convert(element: Element) -> dict[str, Any]:
            if not elements:
                fill()
            if not element.children and element.text and not element.text.isspace():
                raise self._unexpected(element)
            result: dict[str, Any] = {}
            if element.attributes:
                result.update((attributes[key], text) for key, text in element.attributes.items() if key in attributes)
            for child in element.children:
                known = elements.get(child.name)
                if known is None:
                    continue
                name, flattened, convert_child = known
                if not flattened:
                    result[name] = convert_child(child)
                elif flattened == "list":
                    result.setdefault(name, []).append(convert_child(child))
                else:
                    result.setdefault(name, {}).update((convert_child(child),))
            return result

        return convert

    def of_list(self, shape: Shape, member: str) -> FromElement:
        convert_item = self.converter(shape.element, member)
        element_name = shape.element.location_name or "member"

        def convert(element: Element) -> list[Any]:
            if not element.children and element.text and not element.text.isspace():
                raise self._unexpected(element)
            return [convert_item(child) for child in element.children if child.name == element_name]

        return convert

    def of_map(self, shape: Shape, member: str) -> FromElement:
        convert_entry = self.entry(shape, member)

        def convert(element: Element) -> dict[str, Any]:
            return dict(convert_entry(child) for child in element.children if child.name == "entry")

        return convert

    def entry(self, shape: Shape, member: str) -> FromElement:
        """Return the converter of a map's entry to a (key, value) pair."""
        key_name = shape.key.location_name or "key"
        value_name = shape.value.location_name or "value"
        convert_value = self.converter(shape.value, member)

        def convert(element: Element) -> tuple[str, Any]:
            parts = {child.name: child for child in element.children}
            if key_name not in parts or value_name not in parts:
                raise self._unexpected(element)
            return parts[key_name].text, convert_value(parts[value_name])

        return convert

    def _unexpected(self, element: Element) -> ServiceError:
        """The error for text where elements belong, or elements where text belongs."""
        return self._fail(element.name, element.text, "Structure")
