"""A made-up series of a made-up flood."""

from __future__ import annotations

import datetime as dt
from typing import Any

from benchmarks.check_series import Found, Series, days_near, report

SERIES = Series(
    [
        {"date": "2024-03-12", "houses": 400, "barns": 31, "worst": "the delta"},
        {"date": "2024-03-13", "houses": 455, "barns": 31},
        {"date": "2024-03-14", "houses": 480, "barns": 55},
        {"date": "2024-03-20", "houses": 600, "barns": 455},
    ]
)
DAY = dt.date(2024, 3, 14)


def claim(value: float | None, first: str | None = None, last: str | None = None) -> dict[str, Any]:
    date = {"from": first, "to": last} if first else None
    return {"quantity": {"text": str(value), "value": value}, "unit": {"text": "houses"}, "date": date}


def test_totals_and_rises_on_the_nearest_day() -> None:
    days = days_near(claim(480), DAY, 2)
    assert days[0] == DAY
    assert SERIES.find(480, days) == [Found("houses", DAY, "total")]
    assert SERIES.find(25, days) == [Found("houses", DAY, "rise")]
    assert SERIES.find(55, days) == [Found("barns", DAY, "total")], "the rise of 55 was a day before"
    assert SERIES.find(600, days) == []
    assert SERIES.find(120, days_near(claim(120), dt.date(2024, 3, 20), 0)) == [], "no rise over a gap"


def test_the_claims_own_days_count_unless_they_are_too_many() -> None:
    days = days_near(claim(400, "2024-03-08", "2024-03-12"), DAY, 0)
    assert days == [DAY, *(dt.date(2024, 3, day) for day in (12, 11, 10, 9, 8))]
    assert days_near(claim(400, "2000-01-01", "2024-03-12"), DAY, 0) == [DAY]
    assert days_near(claim(400), None, 3) == []


def test_report() -> None:
    claims = [claim(480), claim(7), claim(None), claim(999)]
    rows = list(report([{"id": "a", "date": "2024-03-14", "claims": claims}], SERIES, 1, 10))
    assert rows == [("a: 480 houses", "houses", "2024-03-14", "total"), ("a: 999 houses", "-", "-", "not found")]
