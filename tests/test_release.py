"""The weights that ship: a plain checkpoint of the Hub's layout that needs neither our code nor a network."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

import claimex
from claimex.bio import LABELS
from claimex.extract import Extractor

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "claimex" / "weights"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return claimex.load()


def test_plain_transformers_load_it_without_our_code() -> None:
    code = f"""
import sys
from transformers import AutoModelForTokenClassification, pipeline
model, info = AutoModelForTokenClassification.from_pretrained({str(WEIGHTS)!r}, output_loading_info=True)
assert not info["missing_keys"] and not info["unexpected_keys"], info
assert str(model.dtype) == "torch.float16", model.dtype
found = pipeline("token-classification", model={str(WEIGHTS)!r}, dtype="float32")("Police said 12 people were hurt.")
assert {{"B-CLAIMANT", "B-QUANTITY", "B-UNIT"}} <= {{item["entity"] for item in found}}, found
assert "claimex" not in sys.modules
"""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_no_training_changes_is_a_shard_of_its_own() -> None:
    """So that a release adds half as much to the repository as it weighs."""
    index = json.loads((WEIGHTS / "model.safetensors.index.json").read_text(encoding="utf-8"))
    shards = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    first = {name for name, shard in index["weight_map"].items() if shard == shards[0]}
    tables = {"word_embeddings", "position_embeddings"}
    assert first == {f"bert.embeddings.{table}.weight" for table in tables}
    assert set(index["weight_map"].values()) == set(shards)
    assert max(path.stat().st_size for path in WEIGHTS.iterdir()) < 26_000_000


def test_config_states_the_labels() -> None:
    config = json.loads((WEIGHTS / "config.json").read_text(encoding="utf-8"))
    assert [config["id2label"][str(i)] for i in range(len(LABELS))] == list(LABELS)


def test_example_article_is_read(extractor: Extractor) -> None:
    text = (ROOT / "examples" / "ferry.txt").read_text(encoding="utf-8")
    [extraction] = extractor.extract([claimex.Document("ferry", text, dt.date(2024, 3, 14))])
    values = {
        claim.quantity.value.value: claim
        for claim in extraction.claims
        if isinstance(claim.quantity.value, claimex.Quantity)
    }
    drowned = values[Decimal(57)]
    assert drowned.modifier is claimex.Modifier.GE
    assert drowned.unit is not None
    assert drowned.unit.text == "people"
    assert drowned.claimant is not None
    assert "coast guard" in drowned.claimant.text
    for mention in extraction.mentions:
        assert text[mention.span.start : mention.span.end] == mention.text


def test_same_answer_alone_and_in_company(extractor: Extractor) -> None:
    texts = [
        "The union said 4,500 workers walked out on Friday.",
        "Rain.",
        "Officials reported 31.5 tonnes of fish lost in May. " * 60,
        "About 300 families fled, the mayor told reporters.",
    ]
    documents = [claimex.Document(str(i), text, dt.date(2024, 6, 7)) for i, text in enumerate(texts)]
    together = [[claim.record for claim in extraction.claims] for extraction in extractor.extract(documents)]
    alone = [[claim.record for claim in extraction.claims] for d in documents for extraction in extractor.extract([d])]
    assert together == alone


def test_every_part_of_a_long_document_is_read(extractor: Extractor) -> None:
    """Numbers planted all along a text of several windows all come back, in order, at their own offsets."""
    sentences = [f"The agency said {1000 + 7 * i:,} houses burned in district {chr(65 + i % 26)}." for i in range(300)]
    text = "\n\n".join(sentences)
    [extraction] = extractor.extract([claimex.Document("long", text)])
    planted = [f"{1000 + 7 * i:,}" for i in range(300)]
    assert [claim.quantity.text for claim in extraction.claims] == planted
    for claim in extraction.claims:
        assert text[slice(*claim.quantity.span.range)] == claim.quantity.text
        assert claim.sentence[0] <= claim.quantity.span.start < claim.quantity.span.end <= claim.sentence[1]
