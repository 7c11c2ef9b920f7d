"""The text that a model was trained on, as it is, for those who compare it with something."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn.config import build
from charrnn.errors import DataError
from charrnn.nn.arrays import Ids
from charrnn.runs.trained import Trained
from charrnn.studies.novelty.names import NONE
from charrnn.text.corpus import Corpus, default_cache, open_corpus
from charrnn.text.dataset import own_parts
from charrnn.text.part import Part
from charrnn.text.read import TextFormat, find_files
from charrnn.text.stored import EncodedText
from charrnn.text.symbols import spelled
from charrnn.text.vocab import Vocabulary


@dataclass(frozen=True)
class TrainingText:
    """The text that a model was trained on, divided as training divided it."""

    corpus: Corpus
    form: TextFormat
    train: Part
    held_out: Part  # the validation part; where that is empty, the test part
    vocabulary: Vocabulary  # of the model
    changed: bool

    @property
    def text(self) -> tuple[EncodedText, Ids | None]:
        """The training part, and the places of its characters in the text if not at its start."""
        return self.train.content()

    def in_alphabet(self, ids: Ids) -> Ids:
        """From ids of the model's vocabulary (n,) to codes of the text, NONE if it has no such."""
        known = self.corpus.symbols
        symbols = np.array([*self.vocabulary.symbols, NONE])[ids]
        places = np.minimum(np.searchsorted(known, symbols), len(known) - 1)
        return np.where(known[places] == symbols, places, NONE)

    def as_text(self, codes: Ids) -> str:
        """The characters of codes of the text (n,); U+FFFD for bytes that are not UTF-8."""
        return spelled(self.corpus.symbols[codes], self.form.level)

    def passages(self, lengths: Sequence[int]) -> list[Ids]:
        """Held-out ones of these lengths, spread evenly; as many as do not overlap.

        Of records, as many records, with their ends.
        """
        return self.held_out.passages(lengths)


def open_training_text(trained: Trained, paths: Sequence[str] | None = None) -> TrainingText:
    """The text of the config of a model, or that of other files, read as the config says.

    Raises DataError where it cannot be read, or has no records where the model's text has.
    """
    config, form = trained.config, build.text_format(trained.config)
    try:
        files = find_files(config.data.path if paths is None else paths)
    except DataError as error:
        if paths is not None:
            raise
        raise DataError(
            f"novelty needs the training text: {error.problem}", "give its path with `paths`"
        ) from None
    corpus = open_corpus(files, form, default_cache())
    separator = config.data.records
    train, val, test = own_parts(
        corpus,
        config.data.split,
        separator=None if separator is None else ord(separator),
        seed=config.train.seed,
    )
    held_out = val if val.characters else test
    changed = corpus.sha256 != trained.corpus_sha256
    return TrainingText(corpus, form, train, held_out, trained.vocabulary, changed)
