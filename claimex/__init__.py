"""Who claims what number of what, when: numeric claims out of news text.

>>> import claimex
>>> extractor = claimex.load()
>>> for extraction in extractor.extract([claimex.Document("a", "Police said 12 people were hurt.")]):
...     print(extraction.claims)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claimex.errors import ClaimexError, ConfigError, InputError, ModelError
from claimex.schema import (
    Claim,
    Document,
    Example,
    Extraction,
    Grain,
    Mention,
    Modifier,
    Period,
    Provenance,
    Quantity,
    Record,
    Source,
    Span,
    Tag,
    Unit,
    UnitKind,
    Unparsed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from claimex.checkpoint import Dtype
    from claimex.extract import Extractor

__version__ = "0.1.0"

__all__ = [
    "Claim",
    "ClaimexError",
    "ConfigError",
    "Document",
    "Example",
    "Extraction",
    "Grain",
    "InputError",
    "Mention",
    "ModelError",
    "Modifier",
    "Period",
    "Provenance",
    "Quantity",
    "Record",
    "Source",
    "Span",
    "Tag",
    "Unit",
    "UnitKind",
    "Unparsed",
    "load",
]


def load(model: str | Path | None = None, *, device: str | None = None, dtype: Dtype | None = None) -> Extractor:
    """An extractor with the released weights, or with those of a directory or a Hub id.

    ``device``: "cpu", "cuda", "cuda:1", ...; by default a GPU where there is one. ``dtype``: "float32", "bfloat16" or
    "int8", by default what is fastest on the machine; with "float32" all machines find the same. Raises ModelError if
    the weights are missing, broken, of another label set, or cannot be computed as asked. The engine is imported here,
    not with the package.
    """
    from claimex import tagger
    from claimex.extract import Extractor

    return Extractor(tagger.load(model, device=device, dtype=dtype))
