from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification
from transformers.utils import logging as transformers_logging

from claimex.bio import BEGIN, LABELS, Floats
from claimex.errors import InputError, ModelError
from claimex.schema import Document, Span, Tag
from claimex.tagger import Engine, Network, Reading, Settings, TransformerTagger, load
from claimex.tokens import CAPITALS, INSIDE, OPENED, SMALL, Padded, case_of
from claimex.windows import windows
from tests.strategies import TEXTS
from tests.test_bio import check_spans, plain
from training.model import read_case

# The tagger keeps no state between calls.
with_tagger = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS_OF_ALL_LENGTHS = [
    "The mayor said 57 people were hurt on Tuesday.",
    "",
    "No.",
    "Police said 300km of road, 12 tonnes of salt and 5,975.7 km of cable were gone. " * 9,
    " \n ",
    "12",
    "The police said people were hurt on Tuesday; 2019 was quieter. " * 4,
]


def documents(texts: Sequence[str]) -> list[Document]:
    return [Document(str(i), text) for i, text in enumerate(texts)]


def tag_one(model: TransformerTagger, text: str) -> list[Span]:
    [[spans, _]] = model.tag([Document("a", text)])
    return spans


def read_whole(model: TransformerTagger, text: str) -> Reading:
    reading = model.begin(Document("a", text))
    for batch in model.batches([reading]):
        model.read(batch)
    return reading


class Lookup:
    """Stands in for the network where a test must know the answer: each token of ``pieces`` is a QUANTITY."""

    name, device, dtype = "lookup", "cpu", "float32"

    def __init__(self, ids: Sequence[int]) -> None:
        self.ids = ids

    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        logits = np.zeros((*batch.ids.shape, len(LABELS)), dtype=np.float32)
        planted = np.isin(batch.ids, self.ids)
        logits[..., BEGIN[Tag.QUANTITY]] = np.where(planted, 20.0, -20.0)
        logits[..., 0] = np.where(planted, -20.0, 20.0)
        return logits, None


class Spy:
    """Remembers what it is asked, without the padding."""

    name, device, dtype = "spy", "cpu", "float32"

    def __init__(self, network: Network) -> None:
        self.network = network
        self.read: list[list[int]] = []

    def __call__(self, batch: Padded) -> tuple[Floats, Floats | None]:
        self.read += [row[1 : sum(seen) - 1] for row, seen in zip(batch.ids.tolist(), batch.mask.tolist(), strict=True)]
        return self.network(batch)


def test_tiny_model_finds_spans_of_every_tag(tiny_tagger: TransformerTagger) -> None:
    """Else most of what follows would say nothing."""
    found = {span.tag for spans, _ in tiny_tagger.tag(documents(TEXTS_OF_ALL_LENGTHS)) for span in spans}
    assert found == set(Tag)


@with_tagger
@given(text=TEXTS)
def test_spans_of_any_text_are_whole_words_in_order(tiny_tagger: TransformerTagger, text: str) -> None:
    check_spans(text, tag_one(tiny_tagger, text))


@with_tagger
@given(text=TEXTS)
def test_token_ranges_are_in_order_and_lose_no_visible_character(tiny_tagger: TransformerTagger, text: str) -> None:
    [tokens] = tiny_tagger.tokenizer([text])
    assert len(tokens.ids) == len(tokens.ranges)
    assert tokens.ranges == sorted(tokens.ranges)
    covered = {at for start, end in tokens.ranges for at in range(start, end)}
    assert all(text[at].isspace() or not text[at].isalnum() for at in set(range(len(text))) - covered)


def test_special_tokens_in_a_text_are_plain_characters(tiny_tagger: TransformerTagger) -> None:
    text = "[SEP] 12 [CLS][MASK]"
    [tokens] = tiny_tagger.tokenizer([text])
    assert not {tiny_tagger.tokenizer.first_id, tiny_tagger.tokenizer.last_id} & {*tokens.ids}
    assert [text[slice(*piece)] for piece in tokens.ranges][:2] == ["[", "S"]


def test_combining_marks_belong_to_their_token(tiny_tagger: TransformerTagger) -> None:
    text = "e\u0301 12"
    [tokens] = tiny_tagger.tokenizer([text])
    assert [text[slice(*piece)] for piece in tokens.ranges] == ["e\u0301", "12"]


def test_lone_surrogate_is_an_input_error_that_names_the_document(tiny_tagger: TransformerTagger) -> None:
    with pytest.raises(InputError, match=r"document b: .*lone surrogate at 2"):
        list(tiny_tagger.tag([Document("a", "12 men"), Document("b", "12\ud83d men")]))


def test_every_token_of_a_long_document_is_read_and_answered_for_once(tiny_tagger: TransformerTagger) -> None:
    reading = tiny_tagger.begin(Document("a", " ".join(f"{i} men" for i in range(400))))
    tiny_tagger.network = spy = Spy(tiny_tagger.network)
    for batch in tiny_tagger.batches([reading]):
        tiny_tagger.read(batch)
    read = spy.read
    assert len(read) == len(reading.windows) > 50
    answered = [
        token
        for window, row in zip(reading.windows, read, strict=True)
        for token in row[window.first - window.start : window.last - window.start]
    ]
    assert answered == reading.tokens.ids
    assert np.allclose(np.exp(reading.log_probs).sum(-1), 1, atol=1e-5)


def test_scores_come_from_the_window_that_answers(tiny_tagger: TransformerTagger) -> None:
    reading = read_whole(tiny_tagger, "the mayor said 57 people were hurt on tuesday . " * 8)
    for window in windows(len(reading.tokens.ids), 24, 6):
        alone = tiny_tagger.network(tiny_tagger.pad([(reading, window)]))[0][0, 1:-1]
        alone = alone - np.logaddexp.reduce(alone, axis=-1, keepdims=True)
        expected = alone[window.first - window.start : window.last - window.start]
        assert np.allclose(reading.log_probs[window.first : window.last], expected, atol=1e-4)


def test_numbers_planted_all_along_a_long_document_are_found(tiny_tagger: TransformerTagger) -> None:
    [tokens] = tiny_tagger.tokenizer(["57 300"])
    text = "".join(
        f"{'Nobody was hurt. ' * (i % 7)}The mayor said {('57', '300')[i % 2]} people\r\n🙂" for i in range(300)
    )
    planted = TransformerTagger(Lookup(tokens.ids), tiny_tagger.tokenizer, Settings(24, 6, threshold=0.0))
    spans = tag_one(planted, text)
    assert [text[span.start : span.end] for span in spans] == ["57", "300"] * 150
    assert [span.start for span in spans] == [i for i in range(len(text)) if text.startswith(("57", "300"), i)]


@pytest.mark.parametrize("batch_tokens", [1, 64, 4096])
def test_company_order_and_batch_size_change_nothing(tiny_tagger: TransformerTagger, batch_tokens: int) -> None:
    alone = [tag_one(tiny_tagger, text) for text in TEXTS_OF_ALL_LENGTHS]
    tiny_tagger.batch_tokens = batch_tokens
    for order in ([0, 1, 2, 3, 4, 5, 6], [6, 3, 0, 5, 2, 4, 1], [3, 3, 1, 0]):
        together = [found.spans for found in tiny_tagger.tag(documents([TEXTS_OF_ALL_LENGTHS[i] for i in order]))]
        assert [plain(spans) for spans in together] == [plain(alone[i]) for i in order]
        for i, spans in zip(order, together, strict=True):
            assert [span.score for span in spans] == pytest.approx([span.score for span in alone[i]], abs=1e-4)


@pytest.mark.parametrize("batch_tokens", [1, 64, 100, 4096])
def test_batches_keep_the_budget_and_hold_each_window_once(tiny_tagger: TransformerTagger, batch_tokens: int) -> None:
    readings = [tiny_tagger.begin(document) for document in documents(TEXTS_OF_ALL_LENGTHS)]
    tiny_tagger.batch_tokens = batch_tokens
    batches = list(tiny_tagger.batches(readings))
    for batch in batches:
        padded = tiny_tagger.pad(batch).ids.size
        assert padded <= batch_tokens or len(batch) == 1
    jobs = [(reading.document.id, window) for batch in batches for reading, window in batch]
    expected = [
        (reading.document.id, window) for reading in readings for window in windows(len(reading.tokens.ids), 24, 6)
    ]
    assert sorted(jobs, key=repr) == sorted(expected, key=repr)


def test_an_endless_stream_is_read_only_as_far_as_needed(tiny_tagger: TransformerTagger) -> None:
    tiny_tagger.batch_tokens = 64
    read = 0

    def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            yield Document(str(read), "The mayor said 57 people were hurt.")

    first = next(tiny_tagger.tag(endless())).spans
    assert first == tag_one(tiny_tagger, "The mayor said 57 people were hurt.")
    assert read < 50


def test_temperature_softens_the_scores(tiny_tagger: TransformerTagger) -> None:
    sharp = read_whole(tiny_tagger, "57 people").log_probs
    tiny_tagger.settings = Settings(24, 6, temperature=100.0, threshold=0.0)
    soft = read_whole(tiny_tagger, "57 people").log_probs
    assert np.allclose(soft, np.log(1 / len(LABELS)), atol=0.3)
    assert (soft.argmax(-1) == sharp.argmax(-1)).all()


@pytest.mark.parametrize(
    "wrong", [{"window": 6, "overlap": 6}, {"overlap": -1}, {"temperature": 0.0}, {"threshold": 1.1}]
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="overlap < window, temperature > 0"):
        Settings(**wrong)


def test_settings_come_from_the_checkpoint(tiny_tagger: TransformerTagger) -> None:
    assert tiny_tagger.settings == Settings(window=24, overlap=6, threshold=0.0)


def alike(one: Floats, other: Floats) -> bool:
    """Whether two readings of a text differ by no more than fewer digits explain."""
    return one.shape == other.shape and float(np.abs(np.exp(one) - np.exp(other)).sum()) <= 0.02 * one.size


@pytest.mark.parametrize("text", [text for text in TEXTS_OF_ALL_LENGTHS if text])
def test_both_engines_say_the_same(tiny_directory: Path, text: str) -> None:
    ours, theirs = (load(tiny_directory, device="cpu", engine=each, dtype="float32") for each in ("openvino", "torch"))
    assert (ours.network.name, theirs.network.name) == ("OpenVINO", "torch")
    assert ours.network.dtype == theirs.network.dtype == "float32"
    assert np.allclose(read_whole(ours, text).log_probs, read_whole(theirs, text).log_probs, atol=1e-4)
    assert alike(read_whole(load(tiny_directory, device="cpu"), text).log_probs, read_whole(theirs, text).log_probs)


def test_an_unknown_dtype_is_refused(tiny_directory: Path) -> None:
    with pytest.raises(ModelError, match="dtype: should be one of float32, bfloat16, int8, not 'fp32'"):
        load(tiny_directory, dtype="fp32")  # type: ignore[arg-type]


def test_an_encoder_of_another_kind_is_left_to_torch(tiny_directory: Path, tmp_path: Path) -> None:
    directory = copied(tiny_directory, tmp_path)
    edit_config(directory, lambda config: config.update(hidden_act="relu"))
    assert load(directory, device="cpu").network.name == "torch"
    with pytest.raises(ModelError, match="OpenVINO reads BERT on CPUs"):
        load(directory, device="cpu", engine="openvino")
    with pytest.raises(ModelError, match="OpenVINO reads BERT on CPUs, not bert on cuda"):
        load(tiny_directory, device="cuda", engine="openvino")


@pytest.mark.parametrize(
    ("token", "case"),
    [
        *((token, SMALL) for token in ("said", "57", "%", "ß", "部", "")),
        *((token, OPENED) for token in ("Said", "I", "Ürün", "O'clock")),
        *((token, CAPITALS) for token in ("USA", "ÜN")),
        *((token, INSIDE) for token in ("McDonald", "iPhone", "kmH")),
    ],
)
def test_how_a_token_is_written(token: str, case: int) -> None:
    assert case_of(token) == case


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_case_counts_for_a_model_made_to_read_it(tiny_directory: Path, tmp_path: Path, engine: Engine) -> None:
    directory = Path(shutil.copytree(tiny_directory, tmp_path / "case"))
    model = AutoModelForTokenClassification.from_pretrained(directory)
    read_case(model)
    model.save_pretrained(directory)
    texts = ("the police said", "The POLICE said")

    def read(where: Path) -> list[Floats]:
        return [read_whole(load(where, device="cpu", engine=engine), text).log_probs for text in texts]

    before, fresh = read(tiny_directory), read(directory)
    assert np.allclose([before, fresh], before[0], atol=1e-5)
    torch.nn.init.normal_(model.get_parameter("bert.embeddings.token_type_embeddings.weight"))
    model.save_pretrained(directory)
    as_written, otherwise = read(directory)
    assert not np.allclose(as_written, otherwise, atol=1e-2)


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_threads_change_nothing(tiny_directory: Path, engine: Engine) -> None:
    text = TEXTS_OF_ALL_LENGTHS[3]
    alone, together = (load(tiny_directory, device="cpu", engine=engine, threads=threads) for threads in (1, 2))
    torch.set_num_threads(1)
    assert plain(tag_one(alone, text)) == plain(tag_one(together, text))


def test_digits_stay_split_from_letters_after_loading(tiny_directory: Path, tmp_path: Path) -> None:
    """AutoTokenizer would rebuild BERT's own pre-tokenizer around the vocabulary and lose the split."""
    directory = copied(tiny_directory, tmp_path)
    path = directory / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "tokenizer_class": "BertTokenizer"}), encoding="utf-8")
    assert load(directory).tokenizer.backend.encode("12km", add_special_tokens=False).tokens == ["12", "km"]


def test_checkpoint_without_our_entry_gets_the_usual_settings(tiny_directory: Path, tmp_path: Path) -> None:
    directory = copied(tiny_directory, tmp_path)
    edit_config(directory, lambda config: [config.pop("claimex"), config.update(max_position_embeddings=64)])
    with pytest.raises(ModelError, match="windows of 384 tokens and 2 special ones, but 64 positions"):
        load(directory)


def test_half_precision_weights_run_in_what_the_device_computes(tiny_directory: Path, tmp_path: Path) -> None:
    directory = copied(tiny_directory, tmp_path)
    AutoModelForTokenClassification.from_pretrained(directory, dtype=torch.float16).save_pretrained(directory)
    assert {tensor.dtype for tensor in load_file(directory / "model.safetensors").values()} == {torch.float16}
    native = torch.cpu.get_capabilities()
    expected = "bfloat16" if native.get("avx512_bf16") or native.get("amx_bf16") else "float32"
    for engine in ("openvino", "torch"):
        loaded = load(str(directory), device="cpu", engine=engine)
        assert loaded.network.dtype == expected
        assert list(loaded.tag(documents(TEXTS_OF_ALL_LENGTHS)))


# Broken weights


def copied(directory: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(directory, tmp_path / "weights"))


def edit_config(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    change(config)
    path.write_text(json.dumps(config), encoding="utf-8")


def shard(directory: Path) -> None:
    model = AutoModelForTokenClassification.from_pretrained(directory)
    (directory / "model.safetensors").unlink()
    model.save_pretrained(directory, max_shard_size="10KB")
    max(directory.glob("model-*.safetensors")).unlink()


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def drop_tokenizer(directory: Path) -> None:
    for path in directory.glob("tokenizer*"):
        path.unlink()


def drop_tensor(directory: Path) -> None:
    model = AutoModelForTokenClassification.from_pretrained(directory)
    state = {name: tensor for name, tensor in model.state_dict().items() if name != "classifier.weight"}
    model.save_pretrained(directory, state_dict=state)


BREAKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no directory": (shutil.rmtree, "no such weights directory"),
    "no config": (lambda d: (d / "config.json").unlink(), "holds no config.json"),
    "config is no JSON": (lambda d: (d / "config.json").write_text('{"id2label": '), "is no JSON"),
    "config is no object": (lambda d: (d / "config.json").write_text("[]"), "holds no JSON object"),
    "labels of others": (
        lambda d: edit_config(d, lambda c: c.update(id2label={"0": "O", "1": "B-PER"})),
        r"\(O, B-PER, \.\.\.\)",
    ),
    "labels in another order": (
        lambda d: edit_config(d, lambda c: c.update(id2label=dict(zip(map(str, range(9)), LABELS[::-1], strict=True)))),
        "are not claimex's",
    ),
    "labels without numbers": (
        lambda d: edit_config(d, lambda c: c.update(id2label={"zero": "O"})),
        "are not claimex's",
    ),
    "labels as a list": (lambda d: edit_config(d, lambda c: c.update(id2label=list(LABELS))), "are not claimex's"),
    "no labels": (lambda d: edit_config(d, lambda c: c.pop("id2label")), r"\(none, \.\.\.\)"),
    "unknown setting": (lambda d: edit_config(d, lambda c: c.update(claimex={"stride": 3})), "'claimex' does not fit"),
    "setting of another type": (lambda d: edit_config(d, lambda c: c.update(claimex={"window": "x"})), "does not fit"),
    "settings of another type": (lambda d: edit_config(d, lambda c: c.update(claimex=[3])), "does not fit"),
    "overlap too large": (lambda d: edit_config(d, lambda c: c.update(claimex={"window": 9})), "overlap < window"),
    "window too large": (lambda d: edit_config(d, lambda c: c.update(claimex={"window": 63})), "but 64 positions"),
    "hidden size of another type": (lambda d: edit_config(d, lambda c: c.update(hidden_size="x")), "cannot load"),
    "other hidden size": (lambda d: edit_config(d, lambda c: c.update(hidden_size=32)), "cannot load|weights lack"),
    "no weights": (lambda d: (d / "model.safetensors").unlink(), "cannot load"),
    "truncated weights": (lambda d: truncate(d / "model.safetensors"), "cannot load"),
    "a tensor missing": (drop_tensor, r"weights lack \['classifier.weight'\]"),
    "a shard missing": (shard, "cannot load"),
    "no tokenizer": (lambda d: (d / "tokenizer.json").unlink(), "cannot load"),
    "no tokenizer at all": (drop_tokenizer, "cannot load"),
    "tokenizer is no JSON": (lambda d: truncate(d / "tokenizer.json"), "cannot load"),
    "tokenizer of another kind": (
        lambda d: (d / "tokenizer.json").write_text('{"model": {"type": "X"}}'),
        "cannot load",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_broken_weights_are_a_model_error_of_one_line(name: str, tiny_directory: Path, tmp_path: Path) -> None:
    directory = copied(tiny_directory, tmp_path)
    breaking, message = BREAKS[name]
    breaking(directory)
    with pytest.raises(ModelError, match=message) as caught:
        load(directory)
    assert "\n" not in str(caught.value)
    assert str(directory) in str(caught.value)


@pytest.mark.parametrize("where", ["./nowhere", "/nowhere/at/all", "no/such/place", "nobody/nothing-at-all", "nowhere"])
def test_missing_weights_by_name_are_a_model_error_of_one_line(where: str) -> None:
    with pytest.raises(ModelError) as caught:
        load(where)
    assert "\n" not in str(caught.value)
    assert where in str(caught.value)


def test_loading_leaves_the_verbosity_of_transformers_alone(tiny_directory: Path) -> None:
    before = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    load(tiny_directory, engine="torch")
    with pytest.raises(ModelError):
        load("nobody/nothing-at-all", engine="torch")
    after = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    assert after == before
