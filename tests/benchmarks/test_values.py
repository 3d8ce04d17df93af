"""The rules by which values are scored, and the terms in which ours are put. All lines are made up."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.peers.environment import ask
from benchmarks.values_adapter import lengths_in, peer_unit, readings, unit_name
from benchmarks.values_dates import DateReading, accuracy, ours, plain, read_dayless, read_days, read_values
from benchmarks.values_sets import Reading, all_right, ends_of, matched, read_sentences, same_unit, same_value, scores
from claimex.extract import Tagged, resolve
from claimex.fields import Json
from claimex.normalize.units import parse_unit
from claimex.schema import Document, Mention, Span, Tag


def written(path: Path, rows: Sequence[Json]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row) + "\n" for row in rows)
    return path


@pytest.mark.parametrize(
    ("value", "ends"),
    [("5", (5, 5)), ("-5.5", (-5.5, -5.5)), ("3.0 - 4.0", (3, 4)), ("40-50", (40, 50)), ("2E-9", (2e-9, 2e-9))],
)
def test_written_values(value: str, ends: tuple[float, float]) -> None:
    assert ends_of(value) == ends


def test_a_value_is_right_to_1e_5_and_a_range_with_both_ends() -> None:
    assert same_value(Reading(1, 1), Reading(1.000001, 1.000001))
    assert not same_value(Reading(1, 1), Reading(1.001, 1.001))
    assert same_value(Reading(5, 6), Reading(5, 6))
    assert not same_value(Reading(5, 6), Reading(5, 7))
    assert not same_value(Reading(5, 6), Reading(5, 5))
    assert not same_value(Reading(1e6, 1e6), Reading(1e6, 1e6 + 1)), "a narrow range is no plain number"


def test_each_gold_quantity_is_matched_once() -> None:
    goat, yak = Reading(3, 3, "goat"), Reading(3, 3, "Yak")
    assert matched([goat, yak], [goat, goat, goat], same_value) == 2
    assert matched([goat], [goat, goat], same_value) == 1
    assert matched([goat, yak], [Reading(3, 3, "yak"), goat], same_unit) == 2
    assert all_right([goat], [goat])
    assert not all_right([goat], [goat, yak])


def test_f1_over_a_set(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": "x", "quantities": [{"value": "3", "normalized_unit": "Goat", "change": "~"}]},
        {"id": "b", "text": "y", "quantities": [{"value": "4-5", "normalized_unit": "-"}]},
    ]
    sentences = read_sentences(written(tmp_path / "set.jsonl.gz", rows))
    found = [[Reading(3, 3, "goat"), Reading(9, 9)], [Reading(4, 5, "yak")]]
    table = scores(sentences, found)
    assert table["value"].f1 == pytest.approx(2 * 2 / (3 + 2))
    assert table["value + unit"].f1 == pytest.approx(2 * 1 / (3 + 2))
    assert (table["value + change"].right, table["value + change"].gold) == (1, 2)


def spans_of(text: str, **surfaces: str) -> list[Span]:
    """Spans of the surfaces, which stand in the text in order, by the first letter of each keyword."""
    tags = {"q": Tag.QUANTITY, "u": Tag.UNIT, "d": Tag.DATE}
    spans, at = [], 0
    for key, surface in surfaces.items():
        start = text.index(surface, at)
        at = start + len(surface)
        spans.append(Span(start, at, tags[key[0]], 0.9))
    return spans


@pytest.mark.parametrize(
    ("text", "surfaces", "expected"),
    [
        ("The mill sold 40 goats.", {"q1": "40", "u1": "goats"}, [Reading(40, 40, "goat")]),
        ("About 40 people came.", {"q1": "40", "u1": "people"}, [Reading(40, 40, "people", "~")]),
        ("It cost $5 a day.", {"u1": "$", "q1": "5"}, [Reading(5, 5, "dollar per day")]),
        ("It cost $2 to $3 now.", {"u1": "$", "q1": "2", "u2": "$", "q2": "3"}, [Reading(2, 3, "dollar")]),
        (
            "It fell from $9 in May to $7 now.",
            {"u1": "$", "q1": "9", "d1": "May", "u2": "$", "q2": "7"},
            [Reading(9, 7, "dollar")],
        ),
        (
            "It costs $89 to $93 million.",
            {"u1": "$", "q1": "89", "u2": "$", "q2": "93 million"},
            [Reading(89e6, 93e6, "dollar")],
        ),
        (
            "It rose $2 to $9 now.",
            {"u1": "$", "q1": "2", "u2": "$", "q2": "9"},
            [Reading(2, 2, "dollar"), Reading(9, 9, "dollar")],
        ),
        ("Thousands of yaks came.", {"q1": "Thousands", "u1": "yaks"}, [Reading(1000, 10000, "yak")]),
        ("Several yaks came.", {"q1": "Several", "u1": "yaks"}, []),
        ("Ada Brandt, 66, left.", {"q1": "66"}, [Reading(66, 66, "year of age")]),
        ("It rained over the past two years.", {"d1": "the past two years"}, [Reading(2, 2, "year")]),
        ("One of the mills burned.", {}, [Reading(1, 1)]),
        ("A third of the yaks came.", {"q1": "third", "u1": "yaks"}, [Reading(1 / 3, 1 / 3, "% yak")]),
        ("It rose to 0.5 now.", {"q1": "0.5"}, [Reading(0.5, 0.5)]),
    ],
)
def test_our_claims_in_the_benchmarks_terms(text: str, surfaces: dict[str, str], expected: list[Reading]) -> None:
    document = Document("a", text, dt.date(2026, 11, 19))
    assert readings(resolve(document, Tagged(spans_of(text, **surfaces)))) == expected


@pytest.mark.parametrize(
    ("surface", "name"),
    [
        ("%", "percentage"),
        ("US$", "dollar"),
        ("£", "pound sterling"),
        ("A$", "australian dollar"),
        ("degrees Celsius", "celsius"),
        ("pounds of rice", "pound-mass"),
        ("mph", "mile per hour"),
        ("rpm", "revolutions per minute"),
        ("barrels of oil", "barrel"),
        ("--", "--"),
        ("times", "count"),
        ("Model 3s", "model 3s"),
        ("Kenyans", "kenyans"),
        ("Kenyan farmers", "kenyan farmer"),
        ("buses and trams", "bus tram"),
    ],
)
def test_names_of_units(surface: str, name: str) -> None:
    assert unit_name(Mention(Span(0, len(surface), Tag.UNIT), surface, parse_unit(surface))) == name


def test_no_unit_and_a_peers_unit() -> None:
    assert unit_name(None) == "-"
    assert peer_unit("Kilometer") == "kilometre"
    assert peer_unit("degree Fahrenheit") == "fahrenheit"


def test_lengths_of_time_in_dates() -> None:
    assert list(lengths_in("the past three or four years")) == [Reading(3, 4, "year")]
    assert list(lengths_in("one year ago")) == [Reading(1, 1, "year")]
    for date in ("a year ago", "June 3, 2006", "the last week of May", "03/06/2006", "recent weeks"):
        assert list(lengths_in(date)) == []


def dated(tmp_path: Path) -> Path:
    row = {
        "id": "a",
        "date": "2026-11-19",
        "text": "On Tuesday it rained for two weeks at noon, as in that year.",
        "timex": [
            {"start": 3, "end": 10, "type": "DATE", "value": "2026-11-17"},
            {"start": 25, "end": 34, "type": "DURATION", "value": "P3W"},
            {"start": 38, "end": 42, "type": "TIME", "value": "T12:00"},
        ],
        "spans": [
            {"start": 3, "end": 10, "tag": "DATE"},
            {"start": 50, "end": 59, "tag": "DATE"},
            {"start": 0, "end": 2, "tag": "UNIT"},
        ],
        "records": [
            {"date": [3, 10], "start": "2026-11-17", "end": "2026-11-17"},
            {"date": [3, 10], "start": "2026-11-17", "end": "2026-11-17"},
            {"date": [3, 10], "start": None, "end": None},
            {"date": [50, 59], "start": None, "end": None},
            {"date": None, "start": None, "end": None},
        ],
    }
    return written(tmp_path / "dates.jsonl.gz", [row])


def test_timex_values_of_dates_and_durations(tmp_path: Path) -> None:
    [document] = read_values(dated(tmp_path))
    assert list(document.surfaces()) == ["Tuesday", "two weeks", "noon"]
    score = accuracy([document], [ours(document)])
    assert (score.wanted, score.share) == (2, 0.5)
    assert [(miss.surface, miss.wanted, miss.got) for miss in score.misses] == [("two weeks", "P3W", "P2W")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1990-XX-XX", "1990", True),
        ("1990-10-XX", "1990-10", True),
        ("199X", "199", True),
        ("19XX", "19", True),
        ("2000-W6", "2000-W06", True),
        ("P2L", "P2000Y", True),
        ("P1E", "P10Y", True),
        ("1990-10-XX", "1990", False),
        ("2000-W6", "2000-W60", False),
        ("PXY", "P", False),
    ],
)
def test_a_value_may_be_written_in_several_ways(one: str, other: str, same: bool) -> None:
    assert (plain(one) == plain(other)) is same


def test_days_by_most_of_the_records(tmp_path: Path) -> None:
    path = dated(tmp_path)
    [document] = read_days(path)
    assert document.wanted == {(3, 10): ("2026-11-17", "2026-11-17")}
    assert accuracy([document], [ours(document)]).share == 1
    assert accuracy([document], [[DateReading(), DateReading()]]).share == 0
    [document] = read_dayless(path)
    assert list(document.wanted) == [(50, 59)]
    assert accuracy([document], [ours(document)]).share == 1


def test_a_peer_that_ends_says_how_to_find_out_why() -> None:
    with pytest.raises(RuntimeError, match="nobody ended"):
        list(ask(Path(sys.executable), "nobody", [{"text": "x"}]))
