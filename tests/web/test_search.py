"""The search: the same words are found in every script and on both databases, and what was found shows."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from tests.web.pages import RUDE, Pages, Visitor

IN_SCRIPTS = {
    "English": ("The old bridges over the river were closed before anybody had asked the town.", ["river", "BRIDG*"]),
    "German": (
        "Die Straßenbahn fährt seit gestern nicht mehr über die Brücke.",
        ["strassenbahn", "Brucke", "STRAẞENBAHN"],
    ),
    "Chinese": ("市政府决定关闭老桥，没有人问过居民的意见。", ["老桥", "居民", "桥", '"关闭老桥"']),
    "Japanese": (
        "東京都は新しい路面電車の計画を発表しました。",
        ["路面電車", "計画", "新"],
    ),
    "Korean": ("서울에서는 오래된 다리를 닫기로 결정했습니다.", ["서울", "다리", "결정"]),
    "Thai": ("กรุงเทพมหานครจะปิดสะพานเก่าในเดือนหน้า", ["สะพาน", "มหานคร"]),
    "Arabic": ("أغلقت البلدية الجِسر القديم من غير أن تسأل أحدًا.", ["الجسر", "اغلقت", "احدا"]),
    "Hindi": ("नगर ने पुराने पुल को बिना पूछे बंद कर दिया।", ["पुराने", "पुल"]),
    "Khmer": ("រដ្ឋាភិបាលបានបិទស្ពានចាស់", ["ស្ពាន"]),
    "Lao": ("ລັດຖະບານປິດຂົວເກົ່າ", ["ຂົວ"]),
    "Burmese": ("အစိုးရသည်တံတားဟောင်းကိုပိတ်လိုက်သည်", ["တံတား"]),
    "Russian": ("Мой ёж перешёл старый мост.", ["еж", "МОСТ"]),
    "Hebrew": ("העירייה סגרה את הַגֶּשֶׁר הישן.", ["הגשר"]),
    "Greek": ("Ο δήμος έκλεισε τη γέφυρα.", ["γεφυρα", "ΔΗΜΟΣ"]),
    "Vietnamese": ("Thành phố đã đóng cây cầu cũ.", ["thanh pho", "dong"]),
    "Turkish": ("İstanbul'da köprü kapatıldı.", ["istanbul", "kopru", "kapatildi"]),
}


AND_MORE = " 1234567890" * 5
"""No comment is accepted that is shorter than this."""


def found(desk: Visitor, find: str, status: str = "waiting") -> list[str]:
    return desk.open(f"/review?{urlencode({'find': find, 'status': status})}").texts(
        "//li[contains(@class, 'line')]//bdi[@class='name']"
    )


def test_words_are_found_in_every_script(pages: Pages) -> None:
    for script, (body, _) in IN_SCRIPTS.items():
        pages.say(body + AND_MORE, by=script)
    desk = pages.signed_in()
    missed = [
        (script, word) for script, (_, words) in IN_SCRIPTS.items() for word in words if found(desk, word) != [script]
    ]
    assert missed == []


def test_pieces_that_are_not_there_are_not_found(pages: Pages) -> None:
    for script, (body, _) in IN_SCRIPTS.items():
        pages.say(body + AND_MORE, by=script)
    desk = pages.signed_in()
    for word in (
        "京东",
        "老居",
        "bridg",
        "ridges",
        '"river old"',
        "구서울",
        "地铁",
        "นครกรุง",
        "มои",
        "straß",
        "*",
        "“”",
        "・",
    ):
        assert found(desk, word) == [], word


def test_names_are_found_as_words_are_and_no_phrase_spans_name_and_text(pages: Pages) -> None:
    pages.say("日曜日に橋を見ました。" + AND_MORE, by="佐藤花子")
    pages.say("Größe ist nicht alles, sagt man bei uns, und zwar immer.", by="Jürgen Groß")
    desk = pages.signed_in()
    assert found(desk, "花子") == ["佐藤花子"]
    assert found(desk, "jurgen") == ["Jürgen Groß"]
    assert found(desk, "花子 日曜") == ["佐藤花子"]
    assert found(desk, '"Groß Größe"') == found(desk, '"immer Jürgen"') == []


def test_a_text_that_changes_or_goes_leaves_no_words_behind(pages: Pages) -> None:
    changed = pages.say("The harbour first said this, whatever it was that it said.", by="Ann")
    assert found(pages.signed_in(), "harbour") == ["Ann"]
    pages.services.database.writing(
        lambda db: db.execute(text("UPDATE comments SET body = 'removed' WHERE id = :id"), {"id": changed})
    )
    assert found(pages.signed_in(), "harbour") == []


ODD = (
    *("'", "\\", "a'b\\c", "'x':*", "x & !y", "((", "a:*b", "NEAR(a b)", "body:a", "^a", "-a", "a OR", "\x00", "%"),
    *(
        "京" * 200,
        '"' * 200,
        "a* " * 60,
        "\ufdfd" * 200,
        "\u0301" * 200,
        "\ue000",
        "\U0001f469" * 50,
        "𠀀𠀁",
        "ａ＇ｂ",
        "🄰",
    ),
)


def test_whatever_is_typed_is_answered(pages: Pages) -> None:
    pages.say(by="Ann")
    client = pages.signed_in().client
    for find in ODD:
        for path in ("/review", "/review/list", "/review/news"):
            assert client.get(path, query_string={"find": find}).status_code == 200, (path, find)


# --- what shows -------------------------------------------------------------------------------------------------------

LONG = "Nobody knows why this comment begins with so many words that say nothing at all about anything. " * 4


def hits_in(desk: Visitor, where: str) -> list[str]:
    return desk.texts(f"{where}//mark[contains(concat(' ', @class, ' '), ' hit ')]")


def test_what_was_searched_for_is_marked_in_list_and_pane(pages: Pages) -> None:
    for script, (body, _) in IN_SCRIPTS.items():
        pages.say(LONG + body + AND_MORE, by=script)
    desk = pages.signed_in()
    for script, (_, words) in IN_SCRIPTS.items():
        assert found(desk, words[0]) == [script]
        assert hits_in(desk, "//li[contains(@class, 'line')]"), script
        assert hits_in(desk, "//li[contains(@class, 'line')]") == hits_in(desk, "//*[@id='pane-text']"), script
        (shown,) = desk.texts("//li[contains(@class, 'line')]//*[contains(@class, 'excerpt')]")
        # Two short lines are seen of it.
        assert shown.index(hits_in(desk, "//li[contains(@class, 'line')]")[0]) < 40, shown
        assert "What you searched for stands here" in desk.text, script


@pytest.mark.parametrize(
    ("find", "marked"),
    [
        ("strassenbahn", ["Straßenbahn", "STRASSENBAHN"]),
        ("bahn*", ["Bahnen", "bahn"]),
        ('"die alte"', ["die alte"]),
        ("京", ["京", "京"]),
        ("东京", ["东京"]),
        ("京都", ["京都"]),
        ("cafe", ["cafe\u0301", "Café"]),
        ("ann", ["Ann"]),
    ],
)
def test_marks_cover_what_was_found_and_nothing_else(pages: Pages, find: str, marked: list[str]) -> None:
    pages.say(
        "Straßenbahn und STRASSENBAHN, Bahnen; bahn, die alte, nicht alte die. 东京 和 京都, cafe\u0301 und Café.",
        by="Ann",
    )
    desk = pages.signed_in().open(f"/review?{urlencode({'find': find})}")
    where = "//li[contains(@class, 'line')]" if find == "ann" else "//*[@id='pane-text']"
    assert [unicodedata.normalize("NFC", hit) for hit in hits_in(desk, where)] == [
        unicodedata.normalize("NFC", hit) for hit in marked
    ]


def test_marks_stand_beside_shading_and_private_data_and_escape_what_they_hold(pages: Pages) -> None:
    body = f"{RUDE} Ring <b>idiot</b> on 07700 900461 & mail <i>a.b@example.com</i>."
    pages.say(body, by="<idiot>")
    desk = pages.signed_in().open("/review?find=idiot+900461+example")
    assert desk.texts("//*[@id='pane-text']//b") == desk.texts("//*[@id='pane-text']//i") == []
    (written,) = desk.page.xpath("//*[@id='pane-text']//*[@class='written']")
    assert hits_in(desk, "//*[@id='pane-text']") == ["idiot", "idiot", "idiot", "900461", "example"]
    # What is said of private data is said once a place, however it is cut.
    for told in written.xpath(".//*[@class='hidden']"):
        told.drop_tree()
    assert written.text_content() == body
    assert hits_in(desk, "//li[contains(@class, 'line')]//bdi[@class='name']") == ["idiot"]


def test_private_data_is_told_once_a_place_though_a_hit_lies_in_it(pages: Pages) -> None:
    pages.say("Ring the council about it on 07700 900461 and see what they have to say.")
    desk = pages.signed_in().open("/review?find=07700")
    assert len(desk.texts("//*[@id='pane-text']//*[@class='hidden']")) == 1
    assert desk.texts("//mark[contains(@class, 'private')]") == ["telephone number: 07700", "900461"]


def test_the_number_beside_a_search_is_what_it_found(pages: Pages) -> None:
    for number in range(5):
        pages.say(f"The harbour, and why it is number {number} of all that was ever said.", by=f"H{number}")
    for number in range(3):
        pages.say(f"The market, and why it is number {number} of all that was ever said.", by=f"M{number}")
    desk = pages.signed_in().open("/review?find=harbour")
    assert desk.texts("//*[contains(@class, 'tabs')]//a[@aria-current]//*[contains(@class, 'number')]") == ["5"]
    assert desk.texts("//title")[0].startswith("(5 found) Waiting")
    assert "5 found" in desk.text
    assert desk.client.get("/review/news?find=harbour").get_json()["total"] == "5"
    desk.open("/review?status=approved&find=harbour")
    assert desk.texts("//title")[0].startswith("(0 found) Published")
    assert desk.texts("//*[contains(@class, 'tabs')]//a[not(@aria-current)]//*[contains(@class, 'number')]") == ["5"]
    assert desk.open("/review").texts("//title")[0].startswith("(8) Waiting")
    assert desk.client.get("/review/news").get_json()["total"] == "8"


# --- whatever stands in an address ------------------------------------------------------------------------------------

PARAMETERS = {
    "/review": "status site section article signal from scores language author waited order find after at done",
    "/review/list": "section article author find after",
    "/review/news": "section author find since ids",
    "/review/map": "site section article signal from to language scores",
    "/review/articles": "find site mode after order",
    "/review/actions": "after before by account",
    "/audit": "chain event actor subject before",
}


def test_no_parameter_of_a_search_or_filter_brings_either_database_down(pages: Pages) -> None:
    pages.say(by="Ann")
    client = pages.signed_in().client
    for path, names in PARAMETERS.items():
        for value in ("%00", "a%00b", "%ed%a0%80", "%ef%bf%bf", "9" * 40, "'%5c"):
            # All of one page together, and for those that count only beside a score that there is.
            query = "&".join(f"{name}={value}" for name in names.split())
            for asked in (query, f"signal=toxicity&{query}"):
                assert client.get(f"{path}?{asked}").status_code < 500, (path, value)
