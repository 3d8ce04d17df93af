"""The configs of the larger encoders, on tiny random encoders of their kinds: from tokenizer to tagged spans."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from transformers import AutoTokenizer

from claimex import tagger, tokens
from claimex.errors import ConfigError, ModelError
from claimex.networks.torch import TorchNetwork
from claimex.schema import Document, Example, Span, Tag
from tests.strategies import TEXTS
from tests.test_bio import check_spans, plain
from tests.training.encoders import KINDS, made
from training import fit as job
from training.config import Config, Stage, read_config
from training.data import window_rows
from training.model import HubTokenizer, freeze, load_base, load_tokenizer

CONFIGS = Path(__file__).parents[2] / "configs"
DATA = Path(__file__).parent / "data"
TEXT = "  Cafe\u0301s said 57 people\n\nwere hurt 🙂 12km away, 5,975.7 boats on Tuesday 👩\u200d👩\u200d👧 in\xa02019."
SURFACES = [
    ("Cafe\u0301s", Tag.CLAIMANT),
    ("57", Tag.QUANTITY),
    ("people", Tag.UNIT),
    ("12", Tag.QUANTITY),
    ("km", Tag.UNIT),
    ("5,975.7", Tag.QUANTITY),
    ("Tuesday 👩\u200d👩\u200d👧", Tag.DATE),
    ("2019", Tag.DATE),
]
SPANS = tuple(Span(TEXT.index(surface), TEXT.index(surface) + len(surface), tag) for surface, tag in SURFACES)


@pytest.fixture(scope="module", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(kind, tmp_path_factory.mktemp(kind))


@pytest.fixture(scope="module")
def config(kind: str, base: Path) -> Config:
    """The shipped config on the tiny base and the tiny corpora, with one short stage."""
    shipped = read_config(CONFIGS / f"{kind}.yaml")
    stage = Stage(corpora={"bulletins": 1.0}, epochs=1, batch=4, learning_rate=1e-3, evaluate=True, patience=2)
    corpora = str(CONFIGS / "tiny-corpora.yaml")
    return dataclasses.replace(
        shipped, base=str(base), output=str(base / "out"), dev="log", corpora=corpora, stages=[stage]
    )


@pytest.fixture(scope="module")
def tokenizer(config: Config) -> HubTokenizer:
    return load_tokenizer(config)


@pytest.fixture(scope="module")
def trained(config: Config) -> tagger.TransformerTagger:
    """What ``fit`` leaves; its classifier is then drawn anew, as one step teaches it to find nothing."""
    loaded = tagger.load(job.fit(config, CONFIGS / "tiny.yaml", DATA), device="cpu")
    assert isinstance(loaded.network, TorchNetwork)
    model = loaded.network.model.float()
    torch.manual_seed(3)
    torch.nn.init.normal_(model.get_parameter("classifier.weight"), std=4.0)
    loaded.settings = dataclasses.replace(loaded.settings, threshold=0.0)
    return loaded


def test_no_gold_span_is_lost_to_the_tokens(tokenizer: HubTokenizer, config: Config) -> None:
    example = Example(Document("a", TEXT), SPANS, frozenset(Tag))
    _, alignment = window_rows([example], tokenizer, config.window, 0)
    assert (
        str(alignment) == "CLAIMANT 1 kept, 0 lost; DATE 2 kept, 0 lost; QUANTITY 3 kept, 0 lost; UNIT 2 kept, 0 lost"
    )


def test_ranges_are_in_order_without_blanks_and_lose_nothing(tokenizer: HubTokenizer) -> None:
    @settings(deadline=None, max_examples=100)
    @given(text=TEXTS)
    def holds(text: str) -> None:
        [tokens] = tokenizer([text])
        assert len(tokens.ids) == len(tokens.ranges)
        assert tokens.ranges == sorted(tokens.ranges)
        surfaces = [text[start:end] for start, end in tokens.ranges]
        assert surfaces == [surface.strip() for surface in surfaces]
        covered = {at for start, end in tokens.ranges for at in range(start, end)}
        assert all(at in covered for at, sign in enumerate(text) if sign.isalnum())

    holds()


def test_windows_are_wrapped_and_padded_as_the_encoder_was(tokenizer: HubTokenizer, config: Config) -> None:
    [tokens] = tokenizer([TEXT])
    whole = tokenizer.hub(TEXT)["input_ids"]
    assert tokenizer.window(tokens, 0, len(tokens.ids))[0] == whole
    assert tokenizer.pad_id == load_base(config).config.pad_token_id
    assert not {tokenizer.pad_id, whole[0], whole[-1]} & {*tokens.ids}


def test_digits_are_split_from_letters_and_stay_with_their_blank(config: Config) -> None:
    for split in (config.tokenizer_split_digits, True):
        tokenizer = load_tokenizer(dataclasses.replace(config, tokenizer_split_digits=split))
        pieces = tokenizer.hub.tokenize("lost 12km")
        assert [piece[1:] for piece in pieces if piece[0] in "Ġ▁"][-1] == "1"  # the blank's mark is no token of its own
        [tokens] = tokenizer(["lost 12km"])
        assert {(5, 6), (6, 7)} <= {*tokens.ranges}
        assert 7 in {start for start, _ in tokens.ranges}


def test_only_deberta_needs_the_split(config: Config, kind: str) -> None:
    tokenizer = load_tokenizer(dataclasses.replace(config, tokenizer_split_digits=False))
    assert ("▁12km" in tokenizer.hub.tokenize("lost 12km")) == (kind == "deberta-v3")
    assert config.tokenizer_split_digits == (kind == "deberta-v3")


def test_what_is_frozen_is_the_embeddings_at_most(config: Config, kind: str) -> None:
    model = load_base(config)
    freeze(model, config.frozen)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    embeddings = {name for name, _ in model.named_parameters() if ".embeddings." in name}
    words = {"deberta.embeddings.word_embeddings.weight"}
    assert frozen == {"modernbert": set(), "roberta": embeddings, "deberta-v3": words}[kind]
    assert model.num_labels == 9


def test_one_step_trains_a_tagger_that_loads(trained: tagger.TransformerTagger, config: Config) -> None:
    assert (trained.settings.window, trained.settings.overlap) == (config.window, config.overlap)
    lines = [json.loads(line) for line in (Path(config.output) / "log.jsonl").read_text("utf-8").splitlines()]
    assert all(0 < line["loss"] < 10 for line in lines if "loss" in line)
    [[spans, _]] = trained.tag([Document("a", TEXT * 9)])
    assert len({span.tag for span in spans}) > 1
    check_spans(TEXT * 9, spans)


def test_company_changes_nothing(trained: tagger.TransformerTagger) -> None:
    """Padding is no token, and positions do not move with it."""
    documents = [Document(str(i), text) for i, text in enumerate((TEXT, "12", TEXT * 7, ""))]
    alone = [plain(next(trained.tag([document])).spans) for document in documents]
    assert [plain(tagged.spans) for tagged in trained.tag(documents)] == alone
    readings = [trained.begin(document) for document in documents[:3]]
    for batch in trained.batches(readings):
        trained.read(batch)
    single = trained.begin(documents[0])
    trained.read([(single, single.windows[0])])
    assert abs(single.log_probs - readings[0].log_probs).max() < 1e-3


def test_a_window_may_be_as_long_as_the_encoder_reads(trained: tagger.TransformerTagger, config: Config) -> None:
    for windows, words in ((1, config.window // 2), (2, config.window // 2 + 1)):
        reading = trained.begin(Document("a", " ".join(["57"] * words)))
        assert len(reading.tokens.ids) == 2 * words
        assert len(reading.windows) == windows
        for batch in trained.batches([reading]):
            trained.read(batch)
        assert abs(reading.log_probs.max()) < 1e9


def test_a_window_longer_than_that_is_refused(
    config: Config, trained: tagger.TransformerTagger, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=rf"{config.window + 1} tokens and 2 special ones"):
        load_base(dataclasses.replace(config, window=config.window + 1))
    copy = Path(shutil.copytree(Path(config.output) / "stage-0", tmp_path / "weights"))
    entry = json.loads((copy / "config.json").read_text("utf-8"))
    entry["claimex"]["window"] += 1
    (copy / "config.json").write_text(json.dumps(entry), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"{config.window + 1} tokens and 2 special ones, but {config.window + 2}"):
        tagger.load(copy)


def test_a_saved_tokenizer_cuts_as_training_did(config: Config, tokenizer: HubTokenizer, tmp_path: Path) -> None:
    tokenizer.hub.save_pretrained(tmp_path)
    assert tokens.load_tokenizer(tmp_path)([TEXT]) == tokenizer([TEXT])


def test_a_base_without_tokenizer_json_is_read_by_its_family(tmp_path: Path) -> None:
    base = made("roberta", tmp_path / "roberta")
    config = dataclasses.replace(read_config(CONFIGS / "roberta.yaml"), base=str(base))
    expected = load_tokenizer(config)([TEXT])
    (base / "tokenizer.json").unlink()
    assert isinstance(load_tokenizer(config).hub, type(AutoTokenizer.from_pretrained(base)))
    assert load_tokenizer(config)([TEXT]) == expected
    for path in base.glob("*[a-z]*"):
        if path.name != "config.json":
            path.unlink()
    with pytest.raises(ConfigError, match="no tokenizer can be read"):
        load_tokenizer(config)
