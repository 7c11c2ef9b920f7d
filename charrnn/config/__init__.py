"""Configs: parsing YAML files and overrides into a checked, complete and frozen `Config`."""

from charrnn.config.json_schema import json_schema
from charrnn.config.keys import Choice
from charrnn.config.load import dump_config, load_config, parse_config
from charrnn.config.resume import Change, resume_changes
from charrnn.config.schema import Config, as_written
from charrnn.config.sections import DataConfig, ModelConfig, OutputConfig, TrainConfig
from charrnn.config.starter import starter_config

__all__ = [
    "Change",
    "Choice",
    "Config",
    "DataConfig",
    "ModelConfig",
    "OutputConfig",
    "TrainConfig",
    "as_written",
    "dump_config",
    "json_schema",
    "load_config",
    "parse_config",
    "resume_changes",
    "starter_config",
]
