"""Make every system call of writing a checkpoint fail, or be its last. Linux, with strace.

    python scripts/faults.py

One save between two others has some fifteen system calls. At each in turn the process is killed,
and each fails with each of seven errors. In all cases the old file or the new one is there and
verifies; it is the new one if the save was reported; and no other file is left, unless the process
was killed.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from charrnn.runs.checkpoints import read_checkpoint
from charrnn.storage.checkpoint import write_checkpoint
from charrnn.training.snapshot import header_counters

SAVE = """\
import json
import os
import sys
import numpy as np
from pathlib import Path
from charrnn.storage.checkpoint import write_checkpoint
header = json.loads(sys.argv[1])
arrays = {"params/w": np.arange(50_000, dtype=np.float32)}
os.access("/begin-of-save", os.F_OK)
try:
    write_checkpoint(Path("there.npz"), {**header, "step": 2}, arrays)
except (OSError, MemoryError):
    sys.exit(3)
"""
HEADER = {
    **dict.fromkeys(header_counters(), 0),
    "config": {},
    "vocabulary": {},
    "corpus_sha256": "0" * 64,
    "best_loss": None,
    "step": 1,
}
ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EROFS", "EACCES", "EINTR", "EFBIG")
FAULTS = (
    "signal=KILL",
    *(f"error={name}" for name in ERRORS),
)


class Call(NamedTuple):
    """The `nth` system call of that name in the life of the process."""

    name: str
    nth: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try each Nth fault")
    every = parser.parse_args().every
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("save.py").write_text(SAVE)
        calls = calls_of_a_save()
        trials = [(call, fault) for call in calls for fault in FAULTS][::every]
        outcomes = [outcome(*trial) for trial in tqdm(trials)]
        os.chdir("/")
    print(f"{len(calls)} calls, {len(outcomes)} faults: {outcomes.count(1)} times the old file,")
    print(f"{outcomes.count(2)} times the new one, whole each time")


def save(*inject: str) -> tuple[int, str]:
    """Save over a known checkpoint; gives the exit code, and the trace of the save alone."""
    write_checkpoint(Path("there.npz"), HEADER, {"params/w": np.zeros(9, np.float32)})
    command = ["strace", "-o", "trace", *inject, sys.executable, "save.py", json.dumps(HEADER)]
    code = subprocess.run(command, check=False).returncode
    return code, Path("trace").read_text().partition("begin-of-save")[2]


def calls_of_a_save() -> list[Call]:
    """All of them, up to the last sync and the close after it."""
    save()
    before, _, after = Path("trace").read_text().partition('access("/begin-of-save')
    names = [re.findall(r"^(\w+)\(", part, flags=re.MULTILINE) for part in (before, after)]
    end = len(names[1]) - names[1][::-1].index("fsync") + 1
    seen, calls = names[0], []
    for name in names[1][:end]:
        seen.append(name)
        if name != "brk":  # how often memory is asked for differs from life to life
            calls.append(Call(name, seen.count(name)))
    return calls


def outcome(call: Call, fault: str) -> int:
    """The step of the file that is there after the fault: 1 is the old one, 2 the new one."""
    where = ("-e", f"trace=access,{call.name}", "-e", f"inject={call.name}:{fault}:when={call.nth}")
    code, trace = save(*where)
    if ("+++ killed" if "KILL" in fault else "INJECTED") not in trace:
        sys.exit(f"{call}: this time it was not a call of the save")
    step = int(read_checkpoint(Path("there.npz")).header["step"])
    if code == 0 and step != 2:
        sys.exit(f"{call}, {fault}: the save said it was done")
    for left in Path().glob(".*.tmp"):
        if "KILL" not in fault:
            sys.exit(f"{call}, {fault}: {left} is left")
        left.unlink()
    return step


if __name__ == "__main__":
    main()
