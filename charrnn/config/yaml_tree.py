"""Conversion of YAML text to trees and back; the only module that imports yaml.

Trees are built from the events of PyYAML's parser instead of its loader: events have positions and
expand nothing, so aliases and merge keys are refused before they multiply.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import NoneType
from typing import Any

import yaml

from charrnn.config.problems import Place, Problem
from charrnn.config.scalars import scalar_of, without_leading_zeros
from charrnn.config.tree import DEEPEST, Node
from charrnn.terminal import shortened

STANDARD = "tag:yaml.org,2002:"
MERGE = "<<"
MOST_NODES = 10_000  # keys and values; a config has about a hundred, and PyYAML is slow
TAGS = {NoneType: "null", bool: "bool", int: "int", float: "float", str: "str"}


class UnreadableError(Exception):
    """A problem after which the rest of the text cannot be parsed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def tree_of_yaml(text: str, locate: Callable[[int, int], Place]) -> tuple[Node, list[Problem]]:
    """The tree of `text`, without faulty values, and its problems as YAML.

    `locate` converts a line and a column, both counted from 1, to a place.
    """
    builder = _Builder(text, locate)
    try:
        root = builder.document()
    except UnreadableError as stop:
        root = Node(None)
        builder.problems.append(stop.problem)
    return root, builder.problems


def yaml_of(value: Any) -> str:
    """Plain data as YAML text, from which `tree_of_yaml` reads equal data."""
    style: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 2**31}
    return str(yaml.dump(value, Dumper=_Dumper, **style))


class _Builder:
    """A recursive-descent builder: each method consumes the events of the construct in its name."""

    def __init__(self, text: str, locate: Callable[[int, int], Place]) -> None:
        self.problems: list[Problem] = []
        self._nodes = 0
        self._text = text
        self._locate = locate
        self._events = self._parsed()

    def document(self) -> Node:
        """The tree of the whole text; null for an empty one."""
        root: Node | None = Node(None, self._locate(1, 1))
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            root = self._node(next(self._events), "", 0)
            next(self._events)
            event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._problem(event, "", "a second document; a config has only one")
        return root or Node(None)

    def _node(self, event: yaml.Event, key: str, depth: int) -> Node | None:
        """The node that starts with `event`, or None if it has a problem."""
        if depth > DEEPEST:
            text = f"nested more than {DEEPEST} levels deep"
            raise UnreadableError(Problem(self._place(event), key, text))
        self._nodes += 1
        if self._nodes > MOST_NODES:
            text = f"more than {MOST_NODES:,} keys and values; is this a config of charrnn?"
            raise UnreadableError(Problem(self._place(event), key, text))
        self._refuse_references(event, key)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, key)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, key, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, key, depth)
        return None

    def _refuse_references(self, event: yaml.Event, key: str) -> None:
        """Report aliases, anchors and tags: every value is written out in its place."""
        anchor: Any = getattr(event, "anchor", None)
        tag: Any = getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._problem(event, key, f"an alias (*{shortened(anchor)}); write the value out")
        elif anchor is not None:
            self._problem(
                event, key, f"an anchor (&{shortened(anchor)}) is not allowed in a config"
            )
        if tag is not None:
            self._problem(event, key, f"a tag ({shortened(tag)}) is not allowed in a config")

    def _scalar(self, event: yaml.ScalarEvent, key: str) -> Node | None:
        word = event.value
        if event.style is not None:
            return Node(word, self._place(event))
        if (decimal := without_leading_zeros(word)) != word:
            word, decimal = shortened(word), shortened(decimal)
            advice = f"write {decimal} for the number, '{word}' for text"
            self._problem(event, key, f"found {word}; {advice}")
            return None
        return Node(scalar_of(word), self._place(event), written=word)

    def _sequence(self, event: yaml.Event, key: str, depth: int) -> Node | None:
        items: list[Node | None] = []
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(inner, f"{key}[{len(items)}]", depth + 1))
        usable = [item for item in items if item is not None]
        return Node(usable, self._place(event)) if len(usable) == len(items) else None

    def _mapping(self, event: yaml.Event, key: str, depth: int) -> Node:
        entries: dict[str, Node] = {}
        first: dict[str, Place] = {}
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            place = self._place(inner)
            name = self._name(inner, key, depth)
            dotted = f"{key}.{name}" if key and name else name or key
            value = self._node(next(self._events), dotted, depth + 1)
            if name in first:
                earlier = f"on line {first[name].line}" if first[name].line else "before"
                self._problem(inner, dotted, f"duplicate key; already given {earlier}")
            elif name is not None:
                first[name] = place
                if value is not None:
                    entries[name] = replace(value, key_place=place)
        return Node(entries, self._place(event))

    def _name(self, event: yaml.Event, key: str, depth: int) -> str | None:
        """The key that starts with `event`, or None if it is not a name."""
        count = len(self.problems)
        node = self._node(event, key, depth + 1)
        if node is None or len(self.problems) > count:
            return None
        if not isinstance(node.value, str):
            self._problem(event, key, f"found {node.in_words()} as a key; expected a name")
            return None
        if node.written == MERGE:
            self._problem(event, key, f"a merge key ({MERGE}); write the keys out")
            return None
        return node.value

    def _problem(self, event: yaml.Event, key: str, text: str) -> None:
        self.problems.append(Problem(self._place(event), key, text))

    def _place(self, event: yaml.Event) -> Place:
        return self._at(event.start_mark)

    def _at(self, mark: Any) -> Place:
        return self._locate(mark.line + 1, mark.column + 1)

    def _parsed(self) -> Iterator[yaml.Event]:
        """The events of the text from the first document on."""
        place = self._locate(1, 1)
        try:
            for event in yaml.parse(self._text, Loader=yaml.SafeLoader):
                place = self._place(event)
                if not isinstance(event, yaml.StreamStartEvent):
                    yield event
        except yaml.MarkedYAMLError as error:
            place, reason = self._at(error.problem_mark), _reason(error)
        except yaml.reader.ReaderError as error:
            before = self._text[: error.position].split("\n")
            place = self._locate(len(before), len(before[-1]) + 1)
            reason = f"the character U+{error.character:04X}"
        except (ValueError, OverflowError):
            # PyYAML hands escapes such as "\UFFFFFFFF" to chr(), and long versions to int().
            reason = "a number out of range"
        else:
            return
        raise UnreadableError(Problem(place, "", f"not YAML: {reason}"))


def _reason(error: yaml.MarkedYAMLError) -> str:
    if error.problem and "\\t" in error.problem:
        return "a tab; YAML is indented with spaces"
    context = f"{error.context} of line {error.context_mark.line + 1}" if error.context_mark else ""
    return ", ".join(part for part in (error.problem, context) if part)


class _Dumper(yaml.SafeDumper):
    """A YAML dumper that quotes text by the rules of `scalar_of` instead of YAML 1.1."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        if kind is yaml.ScalarNode:
            return STANDARD + TAGS[type(scalar_of(value)) if implicit[0] else str]
        return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def short_list(self, items: list[Any]) -> yaml.Node:
        """A list on one line, such as [0.9, 0.05, 0.05]."""
        return self.represent_sequence(f"{STANDARD}seq", items, flow_style=True)

    def exact_text(self, text: str) -> yaml.Node:
        """A string, quoted if it is a merge key or has line ends, which need double quotes."""
        style = None if text.isprintable() and text != MERGE else '"'
        return self.represent_scalar(f"{STANDARD}str", text, style=style)


_Dumper.add_representer(list, _Dumper.short_list)
_Dumper.add_representer(str, _Dumper.exact_text)
