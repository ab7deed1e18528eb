"""The search: the same words are found in every script and on both databases, and what was found shows."""

from __future__ import annotations

from urllib.parse import urlencode

from pages_house import House, Visitor
from sqlalchemy import text

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


def test_words_are_found_in_every_script(either_house: House) -> None:
    for script, (body, _) in IN_SCRIPTS.items():
        either_house.say(body + AND_MORE, by=script)
    desk = either_house.signed_in()
    missed = [
        (script, word) for script, (_, words) in IN_SCRIPTS.items() for word in words if found(desk, word) != [script]
    ]
    assert missed == []


def test_pieces_that_are_not_there_are_not_found(either_house: House) -> None:
    for script, (body, _) in IN_SCRIPTS.items():
        either_house.say(body + AND_MORE, by=script)
    desk = either_house.signed_in()
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


def test_names_are_found_as_words_are_and_no_phrase_spans_name_and_text(either_house: House) -> None:
    either_house.say("日曜日に橋を見ました。" + AND_MORE, by="佐藤花子")
    either_house.say("Größe ist nicht alles, sagt man bei uns, und zwar immer.", by="Jürgen Groß")
    desk = either_house.signed_in()
    assert found(desk, "花子") == ["佐藤花子"]
    assert found(desk, "jurgen") == ["Jürgen Groß"]
    assert found(desk, "花子 日曜") == ["佐藤花子"]
    assert found(desk, '"Groß Größe"') == found(desk, '"immer Jürgen"') == []


def test_a_text_that_changes_or_goes_leaves_no_words_behind(either_house: House) -> None:
    changed = either_house.say("The harbour first said this, whatever it was that it said.", by="Ann")
    assert found(either_house.signed_in(), "harbour") == ["Ann"]
    either_house.services.database.writing(
        lambda db: db.execute(text("UPDATE comments SET body = 'removed' WHERE id = :id"), {"id": changed})
    )
    assert found(either_house.signed_in(), "harbour") == []


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


def test_whatever_is_typed_is_answered(either_house: House) -> None:
    either_house.say(by="Ann")
    client = either_house.signed_in().client
    for find in ODD:
        for path in ("/review", "/review/list", "/review/news"):
            assert client.get(path, query_string={"find": find}).status_code == 200, (path, find)
