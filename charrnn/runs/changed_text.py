"""Note once if the files of the text change during training."""

from collections.abc import Iterator

from charrnn.runs.prepare import Prepared
from charrnn.training.events import Ending, Evaluated, Event, Noted

CHANGED = (
    "{}: the text has changed since it was read; training continues on the text as it was read,"
    " and resuming this run will need that text"
)


def watched(prepared: Prepared, events: Iterator[Event]) -> Iterator[Event]:
    """The events, and once a note if the files of the text are not any more what is trained on.

    They are looked at after every evaluation and at the end: their sizes and times, and only if
    those are others their content.
    """
    told = False
    for event in events:
        yield event
        if isinstance(event, Evaluated | Ending) and not told:
            told = prepared.corpus.source.has_changed()
            if told:
                yield Noted(event.step, CHANGED.format(", ".join(prepared.config.data.path)))
