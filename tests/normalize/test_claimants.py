from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.normalize.claimants import resolve_claimants
from claimex.schema import Span, Tag


def resolve(marked: str) -> list[str]:
    """Names of the claimants that stand in square brackets in ``marked``."""
    text, spans = "", []
    for piece in re.split(r"(\[[^\]]*\])", marked):
        if piece.startswith("["):
            spans.append(Span(len(text), len(text) + len(piece) - 2, Tag.CLAIMANT))
            piece = piece[1:-1]
        text += piece
    return [source.name for source in resolve_claimants(text, spans)]


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        # titles and descriptions go
        ("[Norvik chief operating officer Ada Brandt] said so.", ["Ada Brandt"]),
        ("[Secretary of State Ada Brandt] said so.", ["Ada Brandt"]),
        ("[the insurer North Coast Life] said so.", ["North Coast Life"]),
        ("Then [the water ministry] spoke.", ["water ministry"]),
        ("He works for [The Coast Herald] now.", ["The Coast Herald"]),
        ("[A new Brindle poll] shows it.", ["Brindle"]),
        ("[The New Brindle Herald] said so.", ["New Brindle Herald"]),
        ("[New data] came. Then it said in [New Brindle] so.", ["data", "New Brindle"]),
        ("[Brandt & Orlo's] said so.", ["Brandt & Orlo's"]),
        ("[Official data] showed 4. [A Herald poll] showed 5.", ["Official data", "Herald"]),
        ("[New UN report] showed 4. [New Zealand] said 5.", ["UN", "New Zealand"]),
        ("[The Department for Salt & Wool] said so.", ["Department for Salt & Wool"]),
        # last names
        ("[Mayor Ada Brandt] spoke. [Brandt] said more.", ["Ada Brandt", "Ada Brandt"]),
        ("Then runner Ada Brandt fell. [Brandt] said it hurt.", ["Ada Brandt"]),
        ("[Mr. Brandt] said no.", ["Brandt"]),
        ("Mayor Ada Brandt on Friday fell. [Brandt] said it hurt.", ["Ada Brandt"]),
        ("[Pilar Ruiz Orlo] spoke. [Ruiz Orlo] said more.", ["Pilar Ruiz Orlo"] * 2),
        ("[Ada McBrandt] spoke. [McBrandt] said more.", ["Ada McBrandt"] * 2),
        ("[A Salt Tower spokesman] spoke. [Salt Tower] said more.", ["Salt Tower spokesman", "Salt Tower"]),
        ("[The mayor of Brindle] spoke. [Brindle] said more.", ["mayor of Brindle", "Brindle"]),
        # acronyms
        ("[The Ministry of Defence] said 40. [The MoD] said 50.", ["Ministry of Defence"] * 2),
        ("[The Norvik Salt Union] (NSU) said 40. [The NSU] added 2.", ["Norvik Salt Union"] * 2),
        ("[An XQJ survey] found it.", ["XQJ"]),
        # common nouns
        ("[The Salt Ministry] said 40. [The ministry] said 50.", ["Salt Ministry"] * 2),
        ("[Brindle Foods Inc.] rose. [The company] said why.", ["Brindle Foods Inc."] * 2),
        ("[Ada Brandt], an analyst, spoke. [The analyst] said 4.", ["Ada Brandt"] * 2),
        ("[The Salt Union] said in a report 40 left. [The report] adds 4.", ["Salt Union"] * 2),
        ("[Salt Ministry spokeswoman Ada Brandt] spoke. [The ministry] said 5.", ["Ada Brandt", "Salt Ministry"]),
        ("[The Salt Union] gave 40 in a statement.\n\n[The statement] adds 4.", ["Salt Union"] * 2),
        ("[Ada Brandt], 45, a teacher, spoke. [The teacher] said 4.", ["Ada Brandt"] * 2),
        ("[Sen. Ada Brandt] spoke. [The senator] said 4.", ["Ada Brandt"] * 2),
        ("[Ada Brandt], a salt bank, said 4. [The bank] said 5.", ["Ada Brandt"] * 2),
        ("[Residents] fled, some of [whom] said 4.", ["Residents"] * 2),
        # pronouns
        ("[Ada Brandt] spoke for [the Salt Ministry]. [She] said 4.", ["Ada Brandt", "Salt Ministry", "Ada Brandt"]),
        ("[Ada Brandt] spoke for [the Salt Ministry]. [It] said 4.", ["Ada Brandt", "Salt Ministry", "Salt Ministry"]),
        ("[Mrs. Brandt] met [Mr. Orlo]. [She] said 4.", ["Brandt", "Orlo", "Brandt"]),
        ("Ada Brandt, [who] reported 4, left.", ["Ada Brandt"]),
        ("[Ada Brandt] met workers [who] said 4.", ["Ada Brandt", "workers"]),
        ("[An official with the salt works] spoke. [He] said 4.", ["official with the salt works"] * 2),
        ("[Health officials] said 20. [Officials] said more.", ["Health officials"] * 2),
        ("[Analysts at Norvik Salt] said 4. [Norvik Salt] said 5.", ["Analysts at Norvik Salt", "Norvik Salt"]),
        ("[The Department of Salt] said 4. [Salt] said 5.", ["Department of Salt"] * 2),
        ("[Residents] fled. [They] said 4.", ["Residents"] * 2),
        ("[It] said 4.", ["It"]),
        # what the text does not equate stays apart
        ("[Kyiv] said 4. [Ukraine] said 5. [Ukraine's military] said 6.", ["Kyiv", "Ukraine", "Ukraine's military"]),
        ("[A witness] said 4. [A witness] said 5.", ["witness"] * 2),
    ],
)
def test_names(marked: str, names: list[str]) -> None:
    assert resolve(marked) == names


@settings(deadline=None)
@given(
    st.text(st.sampled_from("aB .’'()[\n,Ç中1-"), min_size=1, max_size=60) | st.text(min_size=1, max_size=60), st.data()
)
def test_any_span_of_any_text_gets_a_name(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = [Span(start, end, Tag.CLAIMANT) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    sources = resolve_claimants(text, spans)
    assert len(sources) == len(spans)
    for span, source in zip(spans, sources, strict=True):
        assert source.name or not text[span.start : span.end].strip()


def test_no_claimants() -> None:
    assert resolve_claimants("Nobody spoke.", []) == []


def test_a_document_is_named_by_its_maker() -> None:
    text = "About 40 boats sank, according to the latest figures from Marwen's Coastal Police, and more may follow."
    start = text.index("the latest figures")
    [source] = resolve_claimants(text, [Span(start, start + len("the latest figures"), Tag.CLAIMANT)])
    assert source.name == "Marwen's Coastal Police"
