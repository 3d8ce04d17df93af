"""One other library behind a pipe: a JSON line in, a JSON line out. Run by the Python of the peers' own environment.

usage: python runner.py {quantulum3,recognizers,dateparser,dateparser-search,recognizers-dates}

In: {"text"} for quantities, {"text", "date"} for a date, where ``date`` is the document's own day. Out: {"quantities":
[{"low", "high", "unit"}]}, or {"timex", "first", "last"} with ISO days, inclusive, null for what the library does not
say. Only this file touches the libraries, and it knows nothing of claimex.
"""

from __future__ import annotations

import calendar
import contextlib
import datetime as dt
import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

_DAY = dt.timedelta(days=1)
_ENGLISH = "en-us"


def quantulum3(row: dict[str, str]) -> dict[str, Any]:
    """A figure with an uncertainty is a range: that is how quantulum3 gives "10-15"."""
    parser = importlib.import_module("quantulum3.parser")
    quantities = [
        {
            "low": quantity.value - (quantity.uncertainty or 0),
            "high": quantity.value + (quantity.uncertainty or 0),
            "unit": "-" if quantity.unit.name == "dimensionless" else quantity.unit.name,
        }
        for quantity in parser.parse(row["text"])
    ]
    return {"quantities": quantities}


def recognizers(row: dict[str, str]) -> dict[str, Any]:
    """Figures with units, then the numbers that stand in none of them."""
    units = importlib.import_module("recognizers_number_with_unit")
    numbers = importlib.import_module("recognizers_number")
    text = row["text"]
    found = [
        (result, (result.resolution.get("unit") or "-").lower() + (" of age" if kind == "age" else ""))
        for kind in ("age", "currency", "dimension", "temperature")
        for result in getattr(units, f"recognize_{kind}")(text, _ENGLISH)
        if result.resolution
    ]
    found += [(result, "percentage") for result in numbers.recognize_percentage(text, _ENGLISH)]
    taken = [(result.start, result.end) for result, _ in found]
    for result in numbers.recognize_number(text, _ENGLISH):
        if not any(start <= result.start <= end for start, end in taken):
            found.append((result, "-"))
    quantities = []
    for result, unit in found:
        with contextlib.suppress(TypeError, ValueError):  # no value: it saw a unit alone
            value = float(str(result.resolution["value"]).rstrip("%"))
            quantities.append({"low": value, "high": value, "unit": unit})
    return {"quantities": quantities}


def dateparser(row: dict[str, str]) -> dict[str, Any]:
    """A day, or the week, month or year that the phrase is said to be about."""
    date_parser = importlib.import_module("dateparser.date").DateDataParser
    settings = {"RELATIVE_BASE": dt.datetime.fromisoformat(row["date"]), "PREFER_DATES_FROM": "past"}
    data = date_parser(languages=["en"], settings=settings).get_date_data(row["text"])
    if data.date_obj is None:
        return {}
    day = data.date_obj.date()
    year, week, weekday = day.isocalendar()
    if data.period == "year":
        return _period(f"{day.year:04d}", dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
    if data.period == "month":
        last = calendar.monthrange(day.year, day.month)[1]
        return _period(f"{day.year:04d}-{day.month:02d}", day.replace(day=1), day.replace(day=last))
    if data.period == "week":
        monday = day - (weekday - 1) * _DAY
        return _period(f"{year:04d}-W{week:02d}", monday, monday + 6 * _DAY)
    return _period(day.isoformat(), day, day)


def dateparser_search(row: dict[str, str]) -> dict[str, Any]:
    """Dates anywhere in a text: only for their speed."""
    search = importlib.import_module("dateparser.search").search_dates
    settings = {"RELATIVE_BASE": dt.datetime.fromisoformat(row["date"])}
    return {"found": len(search(row["text"], languages=["en"], settings=settings) or ())}


def recognizers_dates(row: dict[str, str]) -> dict[str, Any]:
    """Of two days that it leaves open, the earlier. Its ranges are ``(start,end,length)``, with the end exclusive."""
    dates = importlib.import_module("recognizers_date_time")
    results = dates.recognize_datetime(row["text"], _ENGLISH, reference=dt.datetime.fromisoformat(row["date"]))
    if not results or not results[0].resolution:
        return {}
    value = results[0].resolution["values"][0]
    timex = value["timex"]
    if timex.startswith("("):
        timex = timex.strip("()").split(",")[-1]
    if value.get("start") and value.get("end"):
        first, end = (dt.date.fromisoformat(value[key][:10]) for key in ("start", "end"))
        return _period(timex, first, max(first, end - _DAY))
    if "date" in value["type"] and value.get("value"):
        day = dt.date.fromisoformat(value["value"][:10])
        return _period(day.isoformat() if "XXXX" in timex else timex, day, day)
    return {"timex": timex}


def _period(timex: str, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {"timex": timex, "first": first.isoformat(), "last": last.isoformat()}


PEERS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "quantulum3": quantulum3,
    "recognizers": recognizers,
    "dateparser": dateparser,
    "dateparser-search": dateparser_search,
    "recognizers-dates": recognizers_dates,
}


def main() -> None:
    """Answer each line of standard input. What a library prints goes to standard error, its failure is no answer."""
    answer, out = PEERS[sys.argv[1]], sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        for line in sys.stdin:
            try:
                reply = answer(json.loads(line))
            except Exception as error:  # a library's own bug on one sentence must not end the comparison
                reply = {"error": repr(error)}
            print(json.dumps(reply), file=out, flush=True)


if __name__ == "__main__":
    main()
