"""The help of a session: its settings and its actions."""

from textwrap import wrap

from charrnn.studies.play.knobs import knobs

ACTIONS = {
    "again": "Write again from the same text, with the current settings.",
    "next": "Write again from the same text, with the next seed.",
    "more": "Continue from where the text ended, with the next seed.",
    "probs": "Show the probabilities of the next character, or of the one after a TEXT.",
    "bars on": "Show these probabilities after every text; :bars off hides them.",
    "show": "Show all settings.",
    "reset": "Return to the settings of the start.",
    "quit": "Leave, as Ctrl-D does; Ctrl-C stops the text that is being written.",
}
COLUMN, WIDTH = 15, 80


def help_text() -> str:
    """How to use the prompt: every setting and every action, in lines of at most 80 columns."""
    settings = {
        f":{knob.sign} {knob.example}": f"{'' if name == knob.sign else f'{name}: '}{knob.help}"
        for name, knob in knobs().items()
    }
    rows = {
        "a line": r"Text to continue; an empty line starts from nothing. \n is a newline, \t a tab,"
        r" \\ a backslash; :: at the start is one colon.",
        **settings,
        **{f":{name}": text for name, text in ACTIONS.items()},
    }
    indent = " " * COLUMN
    lines = (
        wrap(f"{name:<{COLUMN}}{text}", WIDTH - 1, subsequent_indent=indent, break_on_hyphens=False)
        for name, text in rows.items()
    )
    return "".join(f"{line}\n" for row in lines for line in row) + (
        "off removes a setting. Commands can be shortened, as in :se 3. The arrow keys\n"
        "recall what was typed; no file keeps it.\n"
    )
