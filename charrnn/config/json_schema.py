"""The JSON Schema of config files, for completion and checks in editors."""

from collections.abc import Mapping
from typing import Any

from charrnn.config.keys import Key, keys_of
from charrnn.config.schema import Config, plain


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12), except the rules between keys; see `charrnn config check`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "charrnn config",
        **section_schema(Config),
    }


def section_schema(cls: type) -> dict[str, Any]:
    """The schema of a mapping with the keys of a dataclass; null gives all defaults."""
    properties = {name: key_schema(key) for name, key in keys_of(cls).items()}
    return {
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
    }


def key_schema(key: Key) -> dict[str, Any]:
    """The schema of one key: allowed values, description and default."""
    about = {"description": key.setting.doc}
    if key.is_section:
        return {**about, **section_schema(key.hint)}
    about["default"] = plain(key.default)
    if key.setting.table is not None:
        return {**about, "oneOf": choice_schemas(key, key.setting.table)}
    rule = key.setting.rule.schema if key.setting.rule else {}
    first, *others = (kind.schema for kind in key.kinds)
    if not others:
        return {**about, **first, **rule}
    return {**about, "anyOf": [{**first, **rule}, *others]}


def choice_schemas(key: Key, table: Mapping[str, type]) -> list[dict[str, Any]]:
    """The forms of a choice: a name, null, or options with a name, by default that of the key."""
    forms: list[dict[str, Any]] = [{"enum": [*table, None]}]
    for name, cls in table.items():
        options = {option: key_schema(option_key) for option, option_key in keys_of(cls).items()}
        forms.append(
            {
                "type": "object",
                "properties": {"name": {"const": name}, **options},
                "required": [] if name == key.default.name else ["name"],
                "additionalProperties": False,
            }
        )
    return forms
