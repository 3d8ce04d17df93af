"""What goes over the wire: requests, answers, refusals. The answers' rows are what ``claimex extract`` writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from claimex.errors import ClaimexError, InputError
from claimex.fields import parse_date
from claimex.schema import Document, Modifier, Provenance, Tag, UnitKind

M = TypeVar("M", bound=BaseModel)


class Refusal(ClaimexError):  # noqa: N818
    """A request that gets no extraction. The subclass says why, the message what to do about it."""

    status = 500
    headers: dict[str, str]

    def __init__(self, message: str, **headers: str) -> None:
        super().__init__(message)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class NotJson(Refusal):
    """The body is no JSON."""

    status = 400


class Unauthorized(Refusal):
    """The bearer token is missing or wrong."""

    status = 401


class TooSlow(Refusal):
    """The body did not come in time."""

    status = 408


class TooLarge(Refusal):
    """The body, or a line of a stream, has too many bytes."""

    status = 413


class Invalid(Refusal):
    """JSON of another schema."""

    status = 422


class QueueFull(Refusal):
    """More work is waiting than can be done soon."""

    status = 429


class NotReady(Refusal):
    """The model is still loading, or the server is about to stop."""

    status = 503


class DeadlinePassed(Refusal):
    """The answer was not ready in time."""

    status = 504


def refusal_of(error: ClaimexError) -> Refusal:
    """The one table from claimex's errors to HTTP."""
    if isinstance(error, Refusal):
        return error
    return Invalid(str(error)) if isinstance(error, InputError) else Refusal(str(error))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class InputDocument(_Strict):
    """A text and the day that it is from. Other keys are ignored."""

    text: str = Field(description="any length, any script; offsets in the answer count its code points")
    id: str | None = Field(default=None, description="comes back in the answer; else the document's place, from 1")
    date: Annotated[dt.date | None, BeforeValidator(lambda day: None if day is None else parse_date(day))] = Field(
        default=None, description="YYYY-MM-DD; without it relative dates stay without days"
    )

    def document(self, place: int) -> Document:
        """The document that it describes, ``place`` its id if it has none."""
        return Document(str(place) if self.id is None else self.id, self.text, self.date)


EXAMPLE: dict[str, Any] = {
    "documents": [
        {
            "id": "ferry",
            "date": "2024-03-14",
            "text": "At least 57 people drowned on Monday, the coast guard said.",
        }
    ]
}


class ExtractRequest(_Strict):
    """The body of ``POST /v1/extract``."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    documents: list[InputDocument] = Field(min_length=1)


class Extent(BaseModel):
    """A half-open range of code points of the document's text."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)


class OutputSpan(Extent):
    """A tagged range."""

    tag: Tag
    text: str
    score: float | None


class _Value(Extent):
    text: str
    score: float | None
    unparsed: str | None = Field(default=None, description="why the text was not understood; then its value is null")


class OutputQuantity(_Value):
    """A number. A range has ``low`` and ``high`` but no ``value``."""

    value: float | None
    low: float | None
    high: float | None
    modifier: Modifier


class _Linked(_Value):
    provenance: Literal[Provenance.STATED, Provenance.CARRIED] = Field(
        description="in the quantity's own sentence, or carried over from another"
    )


class OutputUnit(_Linked):
    """What is counted or measured."""

    name: str | None
    kind: UnitKind | None
    code: str | None
    of: str | None
    per: str | None


class OutputDate(_Linked):
    """When: a TIMEX3 value, and the days that it covers."""

    model_config = ConfigDict(serialize_by_alias=True)

    timex: str | None
    grain: str | None
    first: dt.date | None = Field(alias="from")
    last: dt.date | None = Field(alias="to")


class OutputClaimant(_Linked):
    """Who says so."""

    name: str | None


class OutputClaim(BaseModel):
    """Who claims what number of what, when."""

    quantity: OutputQuantity
    unit: OutputUnit | None
    date: OutputDate | None
    claimant: OutputClaimant | None
    sentence: Extent
    score: float | None


class OutputExtraction(BaseModel):
    """One document's answer, a line of ``claimex extract``."""

    id: str
    date: dt.date | None
    spans: list[OutputSpan]
    claims: list[OutputClaim]


class ExtractAnswer(BaseModel):
    """The answer to ``POST /v1/extract``, in the order of the documents."""

    extractions: list[OutputExtraction]


class Problem(BaseModel):
    """What went wrong and what mends it."""

    type: str
    message: str
    request_id: str


class ErrorAnswer(BaseModel):
    """Every answer that is not a success."""

    error: Problem


class State(BaseModel):
    """A probe's answer."""

    status: Literal["alive", "ready"]


def parse(kind: type[M], body: bytes) -> M:
    """A request's body, or a stream's line. Raises NotJson or Invalid, naming the place."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        [first, *_] = error.errors(include_input=False, include_url=False, include_context=False)
    where = _place(first["loc"])
    if first["type"] == "json_invalid":
        raise NotJson(f"no JSON ({first['msg'].removeprefix('Invalid JSON: ')}): mend it there and send it again")
    raise Invalid(f"{where}: {first['msg'].removeprefix('Value error, ')}")


def _place(location: Sequence[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".") or "the body"


def error_row(refusal: Refusal, request_id: str, **more: Any) -> dict[str, Any]:
    """The JSON of a refusal."""
    problem = Problem(type=type(refusal).__name__, message=str(refusal), request_id=request_id)
    return {**more, "error": problem.model_dump()}
