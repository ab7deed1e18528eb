"""Authors' names: which are one name, and which hold a web address."""

from __future__ import annotations

import pytest

from moderation.core.comment import Author
from moderation.core.signing import author_key, author_keys, keyed
from moderation.core.text.names import comparable_name, links_in_name, name_words, says_something


@pytest.mark.parametrize(
    "other",
    [
        *(
            "pest",
            "PEST",
            "Реst",
            "Рeѕт",
            "P3st",
            "P e s t",
            "P.e.s.t",
            "Pest!",
            "!!Pest!!",
            "_Pest_",
            "Pést",
            "Pessst",
        ),
        *("Pe\u200bst", "\u202etseP", "𝐏𝐞𝐬𝐭", "Ｐｅｓｔ", "P-e-s-t", "Pest 🙂", "Pest\u00ad", "P€st"),
    ],
)
def test_a_disguised_name_is_the_name(other: str) -> None:
    assert comparable_name(other) == comparable_name("Pest")


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("Pest", ["Pest ❤️", "Pest™", "₱est", "ᵽest", "P̵e̵s̵t̵", "Ｐ.ｅ.ｓ.ｔ", "ⓅⒺⓈⓉ", "🄿🄴🅂🅃", "Pes7", "(Pest)"]),
        ("Иван Петров", ["иван петров", "ИВАН ПЕТРОВ", "ИванПетров", "Иван_Петров!", "и в а н  п е т р о в"]),
        ("Σίσυφος", ["ΣΙΣΥΦΟΣ", "σισυφος", "Σίσυφοσ"]),
        ("محمد علي", ["مُحَمَّد علي", "محـــمد علي", "محمدعلي"]),
        ("משה", ["מֹשֶׁה", "משה!"]),
        ("Groß", ["GROSS", "gross", "GROẞ"]),
        ("İbrahim", ["ibrahim", "IBRAHIM", "ıbrahim"]),
        ("Łukasz Ørsted", ["lukasz orsted", "LUKASZ ØRSTED"]),
        ("Max99", ["Max 99", "max_99", "M A X 99"]),
    ],
)
def test_no_script_and_no_sign_makes_two_names_of_one(name: str, others: list[str]) -> None:
    assert {other: comparable_name(other) for other in others} == dict.fromkeys(others, comparable_name(name))


HONEST = (
    *("Pesto", "Pest 2", "Past", "Post", "Pete", "Pests", "Pesta", "Peša", "Pest Control", "Peter", "Best", "West"),
    *("Pert", "Pet", "Budapest", "Pestalozzi", "Peszt", "Peste", "Пест", "Ann", "An", "Anna", "Ana", "Lee", "Le"),
    *("Иван Петрова", "Иван Петренко", "محمود علي", "王芳", "王方", "Max98", "Max 9", "राहुल", "राहल", "राहिल"),
)


def test_names_of_different_people_stay_apart() -> None:
    names = ("Pest", "Иван Петров", "محمد علي", "Max99", *HONEST)
    assert len({comparable_name(name) for name in names}) == len(names)


@pytest.mark.parametrize("other", ["Pest2", "Pest22", "Pestov", "Past", "Mr Pest", "Peat", "🙂"])
def test_another_name_stays_another(other: str) -> None:
    assert comparable_name(other) != comparable_name("Pest")


@pytest.mark.parametrize(
    "name", ["🙂", "!!!", "1234", "王芳", "राहुल शर्मा", "Иван Петров", "محمد علي", "José García", "N"]
)
def test_every_name_has_a_form_and_two_unlike_names_have_two(name: str) -> None:
    assert comparable_name(name)
    assert comparable_name(name) != comparable_name("Ada")


def test_whoever_was_known_before_disguise_was_undone_is_found() -> None:
    before = keyed("secret", "author", "site", "203.0.113.7", "pest")
    for name in ("Pest", "PEST", "Реst", "Pest!", "P e s t"):
        keys = author_keys("secret", "site", Author(name=name, address="203.0.113.7"))
        assert before in keys
        assert keys[0] == author_key("secret", "site", Author(name="pest", address="203.0.113.7"))
    assert before not in author_keys("secret", "site", Author(name="Pest", address="203.0.113.8"))
    assert author_keys("secret", "site", Author(name="Pest", id="7")) == (
        author_key("secret", "site", Author(name="Other", id="7")),
    )


@pytest.mark.parametrize(
    "name",
    [
        *(
            "visit cheap-pills.example",
            "www.x.com",
            "t.me/abc",
            "x.com",
            "bit.ly/x",
            "spam.co.uk",
            "https://a",
            "hxxp://a.b",
        ),
        *(
            "cheap pills dot com",
            "cheap-pills (dot) com",
            "cheap-pills[.]com",
            "foo . com",
            "example。com",
            "ｗｗｗ．x．com",
        ),
        *("w w w . x . c o m", "pills.rx/buy", "Ann from acme.io", "WWW.X.COM", "wwⅴ.example.net", "casino.bet!"),
    ],
)
def test_a_web_address_in_a_name_is_counted(name: str) -> None:
    assert links_in_name(name) >= 1


@pytest.mark.parametrize(
    "name",
    [
        *(
            "J.R.R. Tolkien",
            "J.Lo",
            "St.John",
            "Dr.No",
            "A.B. de Villiers",
            "M.Night",
            "alex.green",
            "john.smith",
            "D.C.",
        ),
        *(
            "maria.de.la.cruz",
            "e.e. cummings",
            "No. 10",
            "Dot Cotton",
            "Mr. T",
            "O'Neill",
            "Иван Петров",
            "dotcom",
            "reader_1987",
        ),
    ],
)
def test_dots_alone_make_no_web_address_of_a_name(name: str) -> None:
    assert links_in_name(name) == 0


def test_a_name_is_taken_apart_into_its_words() -> None:
    assert name_words("StupidIdiot_88") == "Stupid Idiot"
    assert name_words("gas.the-lot") == "gas the lot"
    assert name_words("Ada Lovelace") == "Ada Lovelace"
    assert name_words("1987") == "1987"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("İnci Işık", "inci ışık"),
        ("IŞIK", "ışık"),
        ("محمد", "مُحَمَّد"),
        ("علي", "عـلی"),
        ("أحمد", "احمد"),
        ("שלום", "שָׁלוֹם"),
        ("Straße", "STRASSE"),
        ("Артём", "АРТЕМ"),
    ],
)
def test_names_that_a_script_writes_differently_are_one(one: str, other: str) -> None:
    assert comparable_name(one) == comparable_name(other)
    keys = [author_key("secret", "site", Author(name=name, address="203.0.113.7")) for name in (one, other)]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "name",
    [
        *("傻逼大王", "你去死", "시발놈아", "ㅅㅣㅂㅏㄹ", "바보", "バカ野郎", "死ねよ", "Хуйло", "хyйло 77", "сдохни"),
        *("puta madre", "Hurensohn", "k*rwa", "conn4rd", "vaffanculo", "orospu", "klootzak", "كلب", "كـلـب", "मादरचोद"),
    ],
)
def test_a_name_that_abuses_in_any_language_is_given_to_the_pack(name: str) -> None:
    assert says_something(name)


@pytest.mark.parametrize(
    "name",
    [
        *("王芳", "김철수", "田中太郎", "Иван Петров", "محمد علي", "राहुल शर्मा", "Nguyễn Văn An", "José García"),
        *("Jürgen Müller", "Sputnik", "Zoë van den Berg", "Łukasz Kowalski", "Åsa Öberg", "Chiara Rossi", "João Silva"),
    ],
)
def test_a_name_of_any_language_that_is_only_a_name_is_not(name: str) -> None:
    assert not says_something(name)
