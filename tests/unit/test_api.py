"""The import surface: one table of names, and the types that editors read beside it."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from charrnn import api

ROOT = Path(__file__).parents[2]
FIRST_EDITION = """
Adaptation Baseline Clipping Config Curves Difference Experiment FoundUnit GradientFlow
GradientReport Learner Line Novelty NoveltyReport NoveltySummary Outcome Passage Prediction Recall
RecallCurve Report Request Sample Sampling Score Signal Spectrum Summary Surprisal SymbolDifference
SymbolLoss Task TextFacts Trained TrainingText UnitContext UnitName UnitSurvey Variant VocabReport
Watched WatchedUnit activations baselines_for baselines_in baselines_of compare curves difference_of
find_runs gradcheck gradient_flow labels_of load load_config next_probabilities novelty_of open_part
open_training_text parse_config recall_curve report_of sample score summaries summary_of
surprisal_of survey_units textbook train trained_or_not unit_named untrained variants vocab watch
watch_unit
"""


def test_no_name_of_the_first_edition_is_gone() -> None:
    assert set(FIRST_EDITION.split()) <= set(api.__all__)


@pytest.mark.parametrize("name", api.HOMES)
def test_a_name_is_an_object_of_its_home(name: str) -> None:
    value, home = getattr(api, name), f"charrnn.{api.HOMES[name]}"
    assert value is getattr(import_module(home), name)
    assert value.__module__.startswith(home)  # the one that defines it, not one that borrows it


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"'charrnn\.api' has no attribute 'numpy'"):
        _ = api.numpy
    assert dir(api) == sorted(api.__all__)


def test_the_types_are_up_to_date() -> None:
    """If not: python scripts/make_api_stub.py."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from make_api_stub import STUB, stub
    finally:
        sys.path.pop(0)
    assert STUB.read_text(encoding="utf-8") == stub()
    assert (STUB.parent / "py.typed").exists()


def test_the_import_brings_nothing_with_it() -> None:
    program = "import sys; import charrnn.api; print(*sorted(sys.modules))"
    command = [sys.executable, "-c", program]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    ours = {name for name in modules if name.startswith("charrnn")}
    assert ours == {"charrnn", "charrnn.api"}
    assert not {"numpy", "yaml", "click", "tqdm"} & set(modules)
