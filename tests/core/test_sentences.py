"""Texts are split into sentences that cover them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.text.sentences import FEW, LONGEST, SHORT, not_too_many, sentences


def split(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("all lower case. no capitals anywhere. go away", ["all lower case.", "no capitals anywhere.", "go away"]),
        ("Dr. Smith met Mrs. Jones. They agreed.", ["Dr. Smith met Mrs. Jones.", "They agreed."]),
        ("J. R. Tolkien wrote it. I read it.", ["J. R. Tolkien wrote it.", "I read it."]),
        ("It costs 3.50 at example.com/a.b today. Fine.", ["It costs 3.50 at example.com/a.b today.", "Fine."]),
        ('He said "Go away!" Then he left.', ['He said "Go away!"', "Then he left."]),
        ("Well... maybe. Yes…", ["Well...", "maybe.", "Yes…"]),
        ("first line\nsecond line\n\nthird", ["first line", "second line", "third"]),
        ("What?!?! No way!!! :)", ["What?!?!", "No way!!! :)"]),
        ("यह अच्छा है। बहुत अच्छा।", ["यह अच्छा है।", "बहुत अच्छा।"]),
        ("これは文です。これも文です。", ["これは文です。", "これも文です。"]),
        ("これは「馬鹿！」と言った。３．５％です｡はい", ["これは「馬鹿！」と言った。", "３．５％です｡", "はい"]),
        ("太好了!真的？他说：“滚！”然后走了。", ["太好了!", "真的？", "他说：“滚！”", "然后走了。"]),
        ("했다.그리고 갔다. 하지만 안 됐다!뭐?", ["했다.", "그리고 갔다.", "하지만 안 됐다!", "뭐?"]),
        ("यह अच्छा है।बहुत।डॉ. शर्मा आए।", ["यह अच्छा है।", "बहुत।", "डॉ. शर्मा आए।"]),
        ("هل أنت غبي؟لا أظن. قال د. أحمد ذلك.", ["هل أنت غبي؟", "لا أظن.", "قال د. أحمد ذلك."]),
        ("Er kam am 3. Oktober, z.B. abends. Gut.", ["Er kam am 3. Oktober, z.B. abends.", "Gut."]),
        ("Er rief: „Geh weg!“ Dann ging er.", ["Er rief: „Geh weg!“", "Dann ging er."]),
        ("Il a dit : « Va-t'en ! » M. Dupont part.", ["Il a dit : « Va-t'en ! »", "M. Dupont part."]),
        ("¿Qué? ¡No! El Sr. Pérez y EE.UU. ganan.", ["¿Qué?", "¡No!", "El Sr. Pérez y EE.UU. ganan."]),
        ("O Sr. Silva e a Profa. Lima. Fim.", ["O Sr. Silva e a Profa. Lima.", "Fim."]),
        ("Il dott. Rossi e la sig.ra Bianchi. Ecco.", ["Il dott. Rossi e la sig.ra Bianchi.", "Ecco."]),
        ("В 2019 г. было хуже, т.е. плохо. Да.", ["В 2019 г. было хуже, т.е. плохо.", "Да."]),
        ("To było 3. maja, tzn. wczoraj. Tak.", ["To było 3. maja, tzn. wczoraj.", "Tak."]),
        ("Bylo to 3. května, např. ráno. Ano.", ["Bylo to 3. května, např. ráno.", "Ano."]),
        ("Prof. Dr. Ali Bey, 3. sınıf. Tamam.", ["Prof. Dr. Ali Bey, 3. sınıf.", "Tamam."]),
        ("Det var bl.a. bra, t.ex. så. Nej.", ["Det var bl.a. bra, t.ex. så.", "Nej."]),
        ("Dat is bijv. goed, d.w.z. prima. Ja.", ["Dat is bijv. goed, d.w.z. prima.", "Ja."]),
        ("Ini dll. dan Drs. Budi. Ya.", ["Ini dll. dan Drs. Budi.", "Ya."]),
        ("Ông Nam ở TP. Huế. Tốt.", ["Ông Nam ở TP. Huế.", "Tốt."]),
        ("i am 23. you are 9. go", ["i am 23.", "you are 9.", "go"]),
        ("i.d.i.o.t you", ["i.d.i.o.t you"]),
        ("You idiot.", ["You idiot."]),
        ("😡😡 Go. 😂", ["😡😡 Go.", "😂"]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_an_empty_text_has_no_sentence() -> None:
    assert sentences("") == []


def test_a_text_without_punctuation_is_cut_at_spaces() -> None:
    pieces = split("word " * 500)
    assert len(pieces) > 5
    assert all(set(piece.split()) == {"word"} for piece in pieces)


def test_a_text_without_spaces_is_cut_too() -> None:
    assert [end - start for start, end in sentences("x" * (2 * LONGEST + 5))] == [LONGEST, LONGEST, 5]


@pytest.mark.parametrize("unit", ["中文，", "中", "한국어 ", "клу́б, "])
def test_a_long_text_of_any_script_is_cut_at_commas_or_spaces_where_it_has_any(unit: str) -> None:
    text = unit * (3 * LONGEST // len(unit))
    cuts = [end for _, end in sentences(text)][:-1]
    assert cuts
    assert all(text[cut - 1] == unit[-1] for cut in cuts)


def test_no_vowel_sign_is_cut_from_its_letter() -> None:
    text = "a" + "की" * LONGEST
    assert all(text[start] != "ी" for start, _ in sentences(text))


@given(st.text(alphabet=st.sampled_from("ab. !?\n…\"')»“。।؟,，１1é중가ी\u200b\u200d"), max_size=300))
def test_sentences_cover_the_text_in_order_and_are_bounded(text: str) -> None:
    spans = sentences(text)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(0 < end - start <= LONGEST for start, end in spans)


@given(
    st.lists(st.sampled_from(["a\n", "q! ", "You idiot.\n", "no end ", "x" * 300 + ". "]), max_size=400).map("".join)
)
def test_short_sentences_are_joined_where_there_are_many(text: str) -> None:
    found = sentences(text)
    joined = not_too_many(found)
    assert len(joined) <= max(FEW, 1 + 2 * len(text) // SHORT)
    assert [start for start, _ in joined[1:]] == [end for _, end in joined[:-1]]
    if found:
        assert (joined[0][0], joined[-1][1]) == (0, len(text))
    assert all(end - start <= LONGEST for start, end in joined)
    if len(found) <= FEW:
        assert joined == found
