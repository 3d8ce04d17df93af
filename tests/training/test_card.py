"""The card says what the metrics file says: it is rendered, never edited."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from training.card import MEASURED, render
from training.config import read_corpora

ROOT = Path(__file__).parent.parent.parent
WEIGHTS = ROOT / "claimex" / "weights"


def test_card_is_what_the_metrics_render() -> None:
    rendered = render(WEIGHTS, read_corpora(ROOT / "configs" / "corpora.yaml"))
    assert (ROOT / "model_card.md").read_text(encoding="utf-8") == rendered


def test_header_and_table_hold_the_measured_figures() -> None:
    card = (ROOT / "model_card.md").read_text(encoding="utf-8")
    metrics = json.loads((WEIGHTS / "metrics.json").read_text(encoding="utf-8"))
    header = yaml.safe_load(card.split("---\n")[1])
    assert header["license"] == "apache-2.0"
    assert header["pipeline_tag"] == "token-classification"
    [model] = header["model-index"]
    figures = {m["name"]: m["value"] for result in model["results"] for m in result["metrics"]}
    for tag in ("QUANTITY", "UNIT", "DATE", "CLAIMANT"):
        measured = metrics["evaluation on gold-dev"]["all"][tag]["f1"]
        assert figures[f"{tag} exact F1"] == round(measured, 4)
        assert f"{measured:.3f}" in next(line for line in card.splitlines() if line.startswith(f"| {tag} "))


def test_every_corpus_is_named_with_its_licence() -> None:
    card = (ROOT / "model_card.md").read_text(encoding="utf-8")
    for name, corpus in read_corpora(ROOT / "configs" / "corpora.yaml").items():
        rows = [line for line in card.splitlines() if line.startswith(f"| {name} ")]
        assert any(corpus.licence in row for row in rows)


def test_intervals_are_shown_where_they_were_measured(tmp_path: Path) -> None:
    metrics = json.loads((WEIGHTS / "metrics.json").read_text(encoding="utf-8"))
    corpora = read_corpora(ROOT / "configs" / "corpora.yaml")
    for measured in (True, False):
        tables = [table for corpus in MEASURED for table in metrics[f"evaluation on {corpus}"].values()]
        rows = [row for table in tables for row in table.values()]
        for row in rows:
            row.pop("low", None)
            row.pop("high", None)
            row.update({"low": 0.1234, "high": 0.9876} if measured else {})
        (tmp_path / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
        card = render(tmp_path, corpora)
        shown = [line for line in card.splitlines() if "(0.123 to 0.988)" in line]
        domains = len(tables)
        # four tags, five fields of records, a line of accuracies, and a line for each domain and for all of them
        assert len(shown) == (10 + domains if measured else 0)
        assert ("In brackets" in card) == measured
        assert "$" not in card
        f1 = metrics["evaluation on gold-dev"]["all"]["UNIT"]["f1"]
        row = next(line for line in card.splitlines() if line.startswith("| UNIT "))
        assert f"| {f1:.3f} (0.123 to 0.988) |" in row if measured else f"| {f1:.3f} |" in row
