"""Comparing: train variants of a config under one budget, each in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import product
from pathlib import Path

from charrnn.config import Config, dump_config, load_config, resume_changes
from charrnn.errors import CharrnnError, UsageError
from charrnn.runs.checkpoints import read_checkpoint
from charrnn.runs.find import MARKER, names_in
from charrnn.runs.memory import Need, check_fits, needs_of_run, total_of
from charrnn.runs.prepare import open_dataset, prepare
from charrnn.storage.files import make_folder, write_text
from charrnn.storage.machine import resident
from charrnn.storage.rundir import RunDir
from charrnn.studies.compare.outcomes import Outcome, Variant, outcome_of
from charrnn.studies.curves.study import curves

PATIENCE = 0.2  # seconds between two looks at whether the user has had enough
LESS_MEMORY = ("fewer `jobs`", "a smaller model.hidden_size", "a smaller train.batch_size")


def variants(
    configs: Sequence[str],
    vary: Sequence[str] = (),
    overrides: Sequence[str] = (),
    seeds: int = 1,
    folder: str | Path = "runs/compare",
) -> list[Variant]:
    """Every config with every combination of KEY=V1,V2,... from `vary`, under each seed.

    Each has one process, unless `overrides` say otherwise. All are checked before any is trained.
    Raises UsageError or ConfigError.
    """
    _check_keys([given.partition("=")[0].strip() for given in vary], overrides, seeds)
    axes = [_axis(given) for given in vary]
    made = []
    for config, changes in product(configs, product(*axes)):
        name = [Path(config).stem] if len(configs) > 1 or not changes else []
        label = " ".join([*name, *(_label(change, len(axes)) for change in changes)])
        file = _file_name(" ".join([*name, *(_short(change, len(axes)) for change in changes)]))
        for seed in range(1, seeds + 1):
            seeded = [f"train.seed={seed}"] if seeds > 1 else []
            given = ("train.workers=1", *overrides, *changes, *seeded)
            load_config(config, given)
            short = f"{file}-seed{seed}" if seeds > 1 else file
            made.append(Variant(label, config, given, Path(folder) / short))
    if len({variant.folder for variant in made}) < len(made):
        raise UsageError("two variants have the same name; give the configs different names")
    return made


def compare(
    chosen: Sequence[Variant],
    jobs: int,
    stop: Callable[[], bool] = lambda: False,
    *,
    force: bool = False,
) -> Iterator[Outcome]:
    """Train all of them, `jobs` at a time with one BLAS thread each, and yield each as it ends.

    A variant that is finished already, by the same config on the same text, is not trained again;
    one that was interrupted, or has a larger budget now, is resumed; one of another config is
    trained from the start. A failure does not end the others. Once `stop()` is true, running
    variants save their state and no other begins. Raises UsageError where a run of another origin
    is in the way, and, unless by `force`, where there is not enough memory for the largest ones
    side by side.
    """
    if not force:
        _check_memory(chosen, jobs)
    _claim(chosen)
    signalled: set[int] = set()
    with ThreadPoolExecutor(jobs) as pool:
        running: dict[int, subprocess.Popen[str]] = {}
        pending: set[Future[Outcome]] = {
            pool.submit(_train, variant, running, k, stop) for k, variant in enumerate(chosen)
        }
        while pending:
            done, pending = wait(pending, PATIENCE, FIRST_COMPLETED)
            yield from (future.result() for future in done)
            if stop():
                for k, process in [*running.items()]:
                    if k not in signalled:  # a second signal would end it at once
                        process.terminate()
                        signalled.add(k)


def _check_memory(chosen: Sequence[Variant], jobs: int) -> None:
    """Check only variants that will be trained; other errors surface when they run."""
    sizes = []
    for variant in chosen:
        with suppress(CharrnnError):
            if not _is_finished(variant):
                config = load_config(variant.config, variant.overrides)
                needs = needs_of_run(config, prepare(config).plan)
                sizes.append(total_of(needs) + resident())
    largest = sorted(sizes)[-jobs:]
    need = Need(f"{len(largest)} variants at a time", sum(largest), LESS_MEMORY)
    check_fits([need], force=False, each=max(largest, default=0))


def _claim(chosen: Sequence[Variant]) -> None:
    """Write down which runs are ours to replace; those of others are not."""
    for folder in {variant.folder.parent for variant in chosen}:
        known = names_in(folder)
        mine = {variant.folder for variant in chosen if variant.folder.parent == folder}
        try:
            for path in sorted(mine):
                if path.name not in known and RunDir(path).holds_a_run():
                    raise UsageError(
                        f"{path}: holds a run that is not part of a comparison",
                        "choose another `folder`",
                    )
            make_folder(folder)
            write_text(folder / MARKER, json.dumps(sorted(known | {path.name for path in mine})))
        except OSError as error:
            raise UsageError(f"{folder}: cannot be written ({error.strerror})") from None


def _check_keys(varied: Sequence[str], overrides: Sequence[str], seeds: int) -> None:
    """Raise UsageError where a variant would not be what its name says."""
    for key in varied:
        if varied.count(key) > 1:
            raise UsageError(f"{key}: varied twice; list all its values once")
        if key.startswith("output."):
            raise UsageError(f"{key}: output settings cannot be varied, they change no model")
    seeded = [*varied, *(given.partition("=")[0].strip() for given in overrides)]
    if seeds > 1 and "train.seed" in seeded:
        raise UsageError(
            "train.seed: also set by the number of seeds", "give train.seed or `seeds`, not both"
        )


def _axis(given: str) -> list[str]:
    """KEY=V1,V2 as KEY=V1 and KEY=V2; commas inside brackets or braces belong to a value."""
    key, separator, values = given.partition("=")
    if not separator or not values:
        raise UsageError(
            f"{given}: expected KEY=VALUE,VALUE,...", "as in `vary` model.cell=rnn,gru"
        )
    parts, depth = [""], 0
    for character in values:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [f"{key}={part.strip()}" for part in parts]


def _label(change: str, axes: int) -> str:
    """The short form, with the key where the value is a number, null, true or false."""
    value = change.partition("=")[2]
    says_nothing = value in ("null", "true", "false") or _is_number(value)
    return _short(change, axes + 1 if says_nothing else axes)


def _is_number(text: str) -> bool:
    with suppress(ValueError):
        float(text)
        return True
    return False


def _short(change: str, axes: int) -> str:
    """KEY=VALUE as a name: the value, with its key where several keys vary."""
    key, _, value = change.partition("=")
    return value if axes == 1 else f"{key.rpartition('.')[2]}={value}"


def _file_name(label: str) -> str:
    """The label as a name that every file system takes."""
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in label).strip("-.") or "run"


def _train(
    variant: Variant,
    running: dict[int, "subprocess.Popen[str]"],
    k: int,
    stop: Callable[[], bool],
) -> Outcome:
    if _is_finished(variant):
        return outcome_of(variant, None)
    if stop():
        return Outcome(variant.label, str(variant.folder), "not started")
    command = [sys.executable, "-m", "charrnn", "train", variant.config, "--quiet"]
    for given in variant.overrides:
        command += ["--set", given]
    resume = "--resume" if _may_go_on(variant) else "--force"
    running[k] = subprocess.Popen(
        [*command, "--out", str(variant.folder), resume],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=os.name == "posix",  # Ctrl-C is ours to pass on
    )
    _, said = running[k].communicate()
    code = running.pop(k).returncode
    error = (
        said.strip().splitlines()[-1].removeprefix("error: ")
        if said.strip()
        else f"exit code {code}"
    )
    return outcome_of(variant, error if code else None)


def _wanted(variant: Variant) -> Config:
    folder = json.dumps(str(variant.folder))
    return load_config(variant.config, [*variant.overrides, f"output.dir={folder}"])


def _may_go_on(variant: Variant) -> bool:
    """Whether the run that is in the folder, if any, can become this one."""
    with suppress(CharrnnError):
        there = load_config(RunDir(variant.folder).config)
        return not resume_changes(there, _wanted(variant))[1]
    return False


def _same_config(variant: Variant) -> bool:
    """Whether the run that is in the folder, if any, is of this very config."""
    with suppress(OSError, UnicodeDecodeError):
        there = RunDir(variant.folder).config.read_text(encoding="utf-8")
        return there == dump_config(_wanted(variant))
    return False


def _is_finished(variant: Variant) -> bool:
    if not _same_config(variant):
        return False
    try:
        if curves(variant.folder).ended in (None, "interrupted", "diverged"):
            return False
        corpus = open_dataset(load_config(variant.config, variant.overrides)).corpus
        header = read_checkpoint(RunDir(variant.folder).best).header
    except CharrnnError:
        return False
    return bool(header["corpus_sha256"] == corpus.sha256)
