"""The model card, rendered from the metrics file beside the weights: no figure of the model's is typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from claimex.schema import Tag
from claimex.score import ALL_FOUR, score
from training.config import Corpus
from training.corpora import read_corpus
from training.evaluate import ALL, METRICS, Table

TEMPLATE = Path(__file__).parent / "card.md"
DEV = "gold-dev"
MEASURED = (DEV, "pool-dev", "own-test")
AGAIN = ("own-test", "own-again")  # two annotations of the same documents
INTERVALS = "\nIn brackets: where the figure lies in 95% of the samples when the articles are drawn anew (bootstrap)."

# Two annotators of the same 28 articles, independently: exact F1 of spans, agreement of record fields.
AGREEMENT = {
    "QUANTITY": 0.99, "UNIT": 0.98, "DATE": 1.00, "CLAIMANT": 0.95,
    "value": 0.99, "unit": 0.96, "date": 0.95, "claimant": 0.99, ALL_FOUR: 0.92,
}  # fmt: skip


def render(weights: Path, corpora: Mapping[str, Corpus]) -> str:
    """The card as Markdown with the Hub's YAML header. Raises KeyError if a section has not been measured yet."""
    metrics = json.loads((weights / METRICS).read_text(encoding="utf-8"))
    tables = {corpus: metrics[f"evaluation on {corpus}"] for corpus in MEASURED}
    table, speed = tables[DEV][ALL], metrics["speed"]
    data = ModelCardData(
        language=["en"],
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="token-classification",
        base_model="sentence-transformers/all-MiniLM-L6-v2",
        metrics=["precision", "recall", "f1"],
        tags=["token-classification", "quantity-extraction", "claim-detection", "attribution"],
        model_name="claimex",
        eval_results=[_eval_result(tag, table[tag]) for tag in Tag],
    )
    body = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        spans=_rows([_span_row(tag, table[tag]) for tag in Tag]),
        records=_rows([_record_row(field, table[f"record {field}"]) for field in ("value", "unit", "date", "claimant")]
                      + [_record_row(ALL_FOUR, table[f"record {ALL_FOUR}"])]),
        modifier=_headline(table["modifier accuracy"], "accuracy"),
        days=_headline(table["days accuracy"], "accuracy"),
        domains=_rows([_domain_row(corpus, name, row) for corpus in MEASURED for name, row in tables[corpus].items()]
                      + [_domain_row(AGAIN[0], "two annotators", _agreement(*(corpora[name] for name in AGAIN)))]),
        intervals=INTERVALS if any("low" in row for row in table.values()) else "",
        corpora=_rows([[name, ", ".join(c.tags), c.licence, c.citation] for name, c in corpora.items()]),
        temperature=f"{metrics['calibration']['temperature']:.2f}",
        calibration=", ".join(f"{name} {error:.3f}" for name, error in metrics["calibration"]["error"].items()),
        links=f"{metrics['calibration']['links']['error']:.3f}",
        minutes=f"{metrics['training']['seconds'] / 60:.0f}",
        speed=_rows([[stage, f"{rate:,}"] for stage, rate in speed["characters_per_second"].items()]),
        ratio=f"{speed['ratio']:.2f}",
        cores=speed["cores"],
        engine=speed["engine"],
        dtype=speed["dtype"],
        articles=speed["articles"],
        memory=f"{speed['peak_memory_mib']:,}",
    )  # fmt: skip
    return f"---\n{data}\n---\n\n{body}"


def _agreement(*corpora: Corpus) -> Table:
    """Of two annotators of the same documents of this repository, the second scored against the first."""
    first, second = ({e.document.id: e for e in read_corpus(corpus, None)} for corpus in corpora)
    return score((first[name], example) for name, example in second.items()).table()


def _eval_result(tag: Tag, row: Mapping[str, float]) -> EvalResult:
    return EvalResult(
        task_type="token-classification",
        dataset_type=DEV,
        dataset_name=f"claimex {DEV}, {tag}",
        dataset_split="validation",
        metric_type="f1",
        metric_name=f"{tag} exact F1",
        metric_value=round(row["f1"], 4),
    )


def _span_row(tag: str, row: Mapping[str, float]) -> list[str]:
    precision, recall, relaxed = (f"{row[key]:.3f}" for key in ("precision", "recall", "relaxed_f1"))
    return [tag, precision, recall, _headline(row, "f1"), relaxed, f"{AGREEMENT[tag]:.2f}", str(int(row["gold"]))]


def _record_row(field: str, row: Mapping[str, float]) -> list[str]:
    return [field, _headline(row, "f1"), f"{AGREEMENT[field]:.2f}", str(int(row["gold"]))]


def _domain_row(corpus: str, name: str, table: Table) -> list[str]:
    figures = [_headline(table[key], "f1") for key in (*Tag, f"record {ALL_FOUR}")]
    return [corpus, name, *figures, str(int(table["record value"]["gold"]))]


def _headline(row: Mapping[str, float], figure: str) -> str:
    """The row's figure, and in brackets its interval where that says anything: of one article it does not."""
    measured = "low" in row and row["low"] < row["high"]
    interval = f" ({row['low']:.3f} to {row['high']:.3f})" if measured else ""
    return f"{row[figure]:.3f}{interval}"


def _rows(rows: Sequence[Sequence[Any]]) -> str:
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
