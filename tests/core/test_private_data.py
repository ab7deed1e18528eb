"""Private data in comments: what is found, what isn't, and that looking for it takes linear time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.core.private_data import Kind, Place, PrivateData, private_data

HERE = Path(__file__).parent
KINDS = {"phone": Kind.PHONE, "email": Kind.EMAIL, "card": Kind.CARD} | {kind.value: kind for kind in Kind}


def lines(name: str) -> list[str]:
    found = (HERE / f"private_data_{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in found if not line.startswith("#")]


def unmarked(line: str) -> tuple[Kind, str, int, int]:
    """What kind of place an example holds, its text, and where the place lies."""
    kind, text = line.split("\t")
    start = text.index("{")
    end = text.rindex("}") - text.count("{") - text.count("}") + 1
    return KINDS[kind], text.replace("{", "").replace("}", ""), start, end


@pytest.mark.parametrize(("name", "minimum"), [("with", 98), ("with_later", 57)])
def test_private_data_is_found_where_it_lies(name: str, minimum: int) -> None:
    """In comments as they are written in more than a dozen countries."""
    missed, kinds = [], 0
    examples = lines(name)
    for line in examples:
        kind, text, start, end = unmarked(line)
        places = private_data(text)
        touching = [place for place in places if place.start < end and start < place.end]
        if not touching:
            missed.append(text)
        kinds += any(place.kind is kind for place in touching)
    assert len(examples) - len(missed) >= minimum, missed
    assert kinds >= minimum - 2


@pytest.mark.parametrize(("name", "maximum"), [("without", 1), ("without_later", 1)])
def test_public_talk_is_left_alone(name: str, maximum: int) -> None:
    examples = lines(name)
    assert len(examples) in (60, 100)
    wrong = [text for text in examples if private_data(text)]
    assert len(wrong) <= maximum, wrong


@pytest.mark.parametrize(
    "text",
    [
        "Ring her on 07700 900123 tonight.",
        "Ring her on 07700\u200b900\u200b123 tonight.",
        "Ring her on ０７７００ ９００１２３ tonight.",
        "Ring her on ٠٧٧٠٠ ٩٠٠١٢٣ tonight.",
        "Ring her on 0-7-7-0-0-9-0-0-1-2-3 tonight.",
        "Ring her on 𝟎𝟕𝟕𝟎𝟎 𝟗𝟎𝟎𝟏𝟐𝟑 tonight.",
        "Ring her on O77OO 9OO123 tonight.",
        "Ring her on zero seven seven zero zero, nine zero zero, one two three tonight.",
        "Mail name@example.com tonight.",
        "Mail name＠example．com tonight.",
        "Mail name [at] example [dot] com tonight.",
        "Mail name (at) gmail.com tonight.",
        "Mail name at example dot org tonight.",
        "Mail n\u0430me@ex\u0430mple.com tonight.",
    ],
)
def test_a_disguise_hides_nothing(text: str) -> None:
    (place,) = private_data(text)
    assert text[: place.start].endswith(("on ", "Mail "))
    assert text[place.end :].strip() == "tonight."


@pytest.mark.parametrize(
    "allowed",
    ["020 7946 0958", "+44 20 7946 0958", "0044 20 7946 0958", "(020) 7946-0958", "02079460958"],
)
@given(
    spelling=st.sampled_from(["2079460958", "20 7946 0958", "2-0-7946-0958", "20/79460958", "2 0 7 9 4 6 0 9 5 8"]),
    country=st.sampled_from(["0", "+44 ", "+44", "0044 ", "+44 (0)"]),
    around=st.sampled_from(["{}", "Call {} now", "Tel.: {}, every day", "{} or 999", "{} 24 hours"]),
)
def test_an_allowed_number_is_found_in_no_spelling(allowed: str, spelling: str, country: str, around: str) -> None:
    number = country + spelling
    text = around.format(number)
    assert PrivateData(allow=(allowed,)).places(text) == ()
    assert PrivateData(allow=("020 7946 0959",)).places(f"Call {number}") != ()


@pytest.mark.parametrize(
    "text",
    [
        "Her number is\n07911\n123456\nring it.",
        "Call 0161\n496\n0123 tonight.",
        "ring him: +49 151\n2345 6789",
        "Send it to rahul.sharma@okhdfcbank or nobody.",
        "upi 9876500000@ybl, quick",
        "asha-k@paytm is where the money goes",
    ],
)
def test_a_number_over_lines_and_where_money_is_sent_are_found(text: str) -> None:
    assert private_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "We won\n3-1\n2-0\n4-4\nin a month.",
        "In\n2019\n2020\n2021\nit rained.",
        "12\n450\n1,200\nof them",
        "@paytm and user @upi are down",
    ],
)
def test_numbers_one_under_the_other_are_no_telephone_number(text: str) -> None:
    assert not private_data(text)


@pytest.mark.parametrize(
    ("allow", "text"),
    [
        ("@ourpaper.example", "Write to letters@ourpaper.example or Letters@OurPaper.example please."),
        ("ourpaper.example", "Write to sport@mail.ourpaper.example please."),
        ("desk@ourpaper.example", "Write to desk (at) ourpaper (dot) example please."),
        ("12 Harbour Street, Leeds LS6 2AB", "We are at 12 Harbour Street, Leeds, LS6 2AB."),
        ("GB29 NWBK 6016 1331 9268 19", "Donate to GB29NWBK60161331926819 please."),
    ],
)
def test_what_the_newsroom_allows_is_left_alone(allow: str, text: str) -> None:
    assert private_data(text)
    assert PrivateData(allow=(allow,)).places(text) == ()


def test_numbers_and_addresses_of_other_regions_are_left_alone_but_for_those_with_a_plus() -> None:
    british = PrivateData(regions=("GB",))
    assert british.places("Er wohnt in der Lindenstraße 14, 04109 Leipzig.") == ()
    assert british.places("El alcalde firmó con su DNI 12345678Z.") == ()
    assert len(british.places("Call +49 171 3920012, or mail k@web.de.")) == 2
    assert len(PrivateData(regions=("DE",)).places("Er wohnt in der Lindenstraße 14, 04109 Leipzig.")) == 1


PIECES = st.sampled_from(
    [
        "12 ",
        "Elm ",
        "Street",
        ", ",
        "LS6 2AB",
        "@",
        "a.b",
        " at ",
        " dot ",
        "com",
        "+44",
        "07700",
        "900123",
        " ",
        "(0)",
        "-",
        "\u200b",
        "é",
        "７",
        "①",
        "Lindenstraße ",
        "rue de ",
        "Flat 4, ",
        "GB29 NWBK",
        "4111 ",
        "zero ",
        "\n",
        "٣",
        "Calle ",
        "ﷺ",
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join)))
@example("\u202e321009 00770")
def test_places_lie_in_the_text_in_order_and_apart(text: str) -> None:
    places = private_data(text)
    end = 0
    for place in places:
        assert end <= place.start < place.end <= len(text)
        end = place.end


def test_a_place_is_told_in_code_points_of_the_text_as_written() -> None:
    text = "😀\u200b Mail\u200b a@b.example."
    assert private_data(text) == (Place(text.index("a@"), len(text) - 1, Kind.EMAIL),)


HOSTILE = [
    "7",
    "7 ",
    "07 ",
    "+",
    "1.",
    "a@",
    "a.",
    "a at b dot ",
    "12 Elm ",
    "12 Elm Street ",
    "Flat 4, ",
    "Lindenstraße 1 ",
    "rue ",
    "12 rue de la ",
    "LS6 2AB ",
    "GB29 NWBK 6016 1331 9268 18 ",
    "4111 1111 1111 1112 ",
    "2341 2341 2347 ",
    "call 0712345678, ",
    "seven ",
    "O",
    "1\n",
    "House 12, a ",
    "[at]",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    """Counted in what is asked of the numbering plans and in Python's own steps, not in seconds."""

    def steps(length: int) -> int:
        count = 0

        def trace(*_: object) -> None:
            nonlocal count
            count += 1

        text = piece * (length // len(piece))
        sys.setprofile(trace)
        try:
            private_data(text)
        finally:
            sys.setprofile(None)
        return count

    private_data(piece * 20)
    # Four times as much for four times the length, and sixteen if it grew as the square.
    assert steps(10_000) <= 6 * steps(2_500) + 5_000


def test_an_ordinary_comment_is_looked_at_once() -> None:
    """Without a digit or an @ in it nothing more is asked."""
    looking = PrivateData()
    assert looking.places("I have lived here for years and the council never listens to anybody.") == ()
    assert "_numbers" not in looking.__dict__
