"""Word lists for resolving claimants: what kind of source a noun speaks of."""

from __future__ import annotations

from claimex.words import word_set

ARTICLES = word_set(
    """
    the a an this that these those its their his her our such same latest new
    """
)
PRONOUNS = {
    **dict.fromkeys(("he", "him", "himself"), "m"),
    **dict.fromkeys(("she", "her", "herself"), "f"),
    **dict.fromkeys(("it", "itself", "which"), "thing"),
    **dict.fromkeys(("they", "them", "both"), "group"),
    **dict.fromkeys(("who", "whom"), "who"),
}
HONORIFICS = {
    **dict.fromkeys(("mr", "mr.", "sir", "lord"), "m"),
    **dict.fromkeys(("mrs", "mrs.", "ms", "ms.", "lady"), "f"),
}
NEW_PLACES = word_set(
    "york yorker zealand delhi jersey hampshire mexico orleans england caledonia guinea south brunswick haven"
)
# Before a document, no maker: "Official data showed" has its capital from the sentence.
DESCRIBING = word_set(
    """
    official recent preliminary early initial latest independent exit court police government final provisional
    internal public local state national previous earlier another other several many some most separate similar
    conflicting unconfirmed press media news opinion economic company industry trade crime
    """
)
# Who is meant by a "who" right behind.
PEOPLE = word_set(
    """
    people men women children workers voters residents officials doctors experts analysts economists witnesses
    respondents soldiers students farmers traders investors lawyers lawmakers scientists researchers protesters
    survivors parents teachers nurses drivers villagers refugees activists critics supporters members leaders
    """
)
TITLES = {
    "sen.": "senator", "gov.": "governor", "gen.": "general", "rep.": "representative", "dr.": "doctor",
    "col.": "colonel", "capt.": "captain", "maj.": "major", "lt.": "lieutenant", "prof.": "professor",
}  # fmt: skip
# Words of place, which make no person of what follows.
PLACES = word_set(
    """
    north south east west northern southern eastern western central new united great greater upper lower saint san los
    mount lake fort port cape in
    """
)
CONNECTORS = word_set(
    """
    of the for and & de la del der den di da dos du van von bin ibn al el on in to
    """
)
PREPOSITIONS = word_set("of for to on in the and with at from by")

# A name that follows one of these is what the person is called; the rest is a title.
ROLES = word_set(
    """
    minister president premier chancellor chief director secretary general governor gov gov. senator sen sen. sens.
    representative rep rep. reps. congressman congresswoman lawmaker mayor king queen prince princess sheikh pope
    judge justice attorney lawyer spokesman spokeswoman spokesperson official officer analyst economist strategist
    expert professor prof. dr dr. doctor researcher scientist chairman chairwoman chair ceo cfo executive manager
    head leader deputy ambassador envoy commissioner commander gen gen. lt lt. col col. maj maj. capt capt. captain
    colonel major sergeant admiral brigadier inspector superintendent detective sheriff candidate nominee adviser
    advisor aide consultant director-general coordinator correspondent reporter journalist writer author editor
    columnist historian activist organizer founder co-founder owner trader dealer broker investor pollster
    prosecutor witness resident survivor neighbor neighbour sister brother father mother son daughter wife husband
    actor actress singer coach player captain bishop archbishop imam cleric monk priest reverend rev. rev speaker
    member vice-president vice-chairman vice-minister undersecretary treasurer trustee fellow student teacher farmer
    worker driver counsel mr mr. mrs mrs. ms ms. sir lord lady messrs. democrat republican negotiator diplomat
    delegate counterpart friend colleague partner
    """
)
PERSON_NOUNS = ROLES | word_set(
    "man woman person source insider veteran mogul tycoon businessman businesswoman guard soldier"
)
FEMALE = word_set(
    """
    mrs ms spokeswoman congresswoman chairwoman queen princess actress woman businesswoman sister mother wife
    daughter
    """
)
MALE = word_set(
    """
    mr spokesman congressman chairman king prince man businessman brother father husband son pope bishop imam priest
    """
)

DOCUMENTS = word_set(
    """
    poll polls report reports survey surveys study studies data figures filing filings records record statement
    statistics documents document estimates estimate analysis research review index census communique release
    bulletin projections forecast forecasts website paper dispatch numbers results article letter memo white
    """
)
PAPERS = word_set(
    "newspaper paper daily weekly magazine agency radio television station channel network broadcaster tabloid"
)
BODIES = word_set(
    """
    company firm group organization organisation agency bank ministry department commission committee council bureau
    government authority authorities court police army military navy force forces party union association federation
    institute institution university office board administration center centre corporation carrier airline maker
    giant manufacturer retailer operator bloc cartel campaign foundation society embassy parliament congress senate
    cabinet alliance coalition movement team club league staff command service intelligence fund news press network
    times post journal house chamber tribunal inc inc. corp corp. co co. ltd ltd. plc llc holdings motor motors
    airlines electric states nations world international national province county city state republic district
    region house university
    """
) | PAPERS  # fmt: skip
# What *the company spokesman* says beside the head, and what no earlier mention need repeat.
VAGUE = word_set("company ministry government police senior party campaign army agency state official chief")
COMPANY_TAILS = word_set(
    """
    inc inc. corp corp. co co. ltd ltd. plc llc ag sa nv group holdings holding motor motors airlines airways news
    company corporation industries international electric electronics energy bank financial university institute
    """
)
