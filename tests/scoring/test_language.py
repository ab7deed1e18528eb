"""Languages are told where a text is long and clear enough; everything else counts as readable."""

from __future__ import annotations

import socket

import pytest

from moderation.scoring.language import LanguageDetector

ENGLISH = ("en",)


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


FOREIGN = {
    "fr": "Je pense que le ministre a parfaitement raison de vouloir investir dans notre industrie.",
    "de": "Ich finde, dass der Minister völlig recht hat, wenn er mehr in unsere Industrie investieren will.",
    "es": "Creo que el ministro tiene toda la razón al querer invertir más en nuestra industria nacional.",
    "pt": "Acho que o ministro tem toda a razão em querer investir mais na nossa indústria nacional.",
    "it": "Penso che il ministro abbia perfettamente ragione a voler investire nella nostra industria.",
    "nl": "Ik vind dat de minister helemaal gelijk heeft als hij meer in onze industrie wil investeren.",
    "sv": "Jag tycker att ministern har helt rätt när han vill satsa mer på vår egen industri och gruvor.",
    "pl": "Uważam, że minister ma całkowitą rację, chcąc więcej inwestować w nasz krajowy przemysł.",
    "tr": "Bence bakan kendi sanayimize daha fazla yatırım yapmak istemekte tamamen haklı, katılıyorum.",
    "ru": "Я считаю, что министр совершенно прав, желая больше вкладывать в нашу промышленность.",
    "ar": "أعتقد أن الوزير محق تماما في رغبته في الاستثمار أكثر في صناعتنا الوطنية",
    "hi": "मुझे लगता है कि मंत्री जी बिल्कुल सही कह रहे हैं, हमें अपने उद्योग में निवेश करना चाहिए।",
    "zh": "我认为部长希望更多地投资于我们的民族工业是完全正确的，大家都应该支持他的决定。",
    "ja": "大臣が我が国の産業にもっと投資したいというのは全く正しいと思います。",
}


@pytest.mark.parametrize(("code", "text"), FOREIGN.items(), ids=FOREIGN)
def test_a_longer_foreign_text_is_told(detector: LanguageDetector, code: str, text: str) -> None:
    language = detector.language(text, (), ENGLISH)
    assert (language.code, language.supported) == (code, False)


ROMANISED_HINDI = (
    "yeh sarkar kuch nahi karti sirf bade bade vaade karti hai aur janta ko bewakoof banati hai",
    "bahut accha kaam kiya hai mantri ji ne, desh ke liye yeh bahut zaroori tha",
    "mujhe nahi lagta ki isse kuch hoga, pehle bhi aise bahut vaade sun chuke hain hum log",
    "Ye sab chunav ke liye ho raha hai, baad me koi nahi puchega ki kya hua un paiso ka",
    "aap log kyun nahi samajhte ki hamare desh ko technology ki zaroorat hai, sirf mining se kya hoga",
    "bhai sahab pehle apne ghar ki halat dekho phir dusron ko gyan do, samjhe kya",
    "Kya baat hai, aakhirkar kisi ne to sahi sawal uthaya hai is mudde par",
    "in logon ko sirf apni jeb bharni hai, desh ki kisi ko koi chinta nahi hai",
)


def test_hindi_in_latin_letters_is_mostly_told(detector: LanguageDetector) -> None:
    told = [detector.language(text, (), ENGLISH).code == "hi" for text in ROMANISED_HINDI]
    assert sum(told) >= 7


READABLE = (
    "ok",
    "Oui",
    "LOL!!! 😂😂😂",
    "Trump 2024",
    "I am a proud gay Muslim woman from Haiti.",
    "Ashwini Vaishnaw, Scott Bessent, Jamieson Greer, John Jovanovic",
    "GOOD TO SEE INDIA AT SUCH HIGH LEVEL GLOBAL TABLES, BUT WILL THIS BECOME REAL INVESTMENT?",
    "http://example.com/a/very/long/path/that/looks/like/nothing @someone #hashtag",
    "no no no no no no no no no no no no no no no no no no no no no no no no",
    "hahahahahahahahahahahahahahahahahahahahahahahahahahahahahaha",
    "Priya Rohit Sarah Vikram Karthik Nisha Venkatesh Subramanian Krishnamurthy",
    "y'all ain't seen nothin yet fam, dis gonna be lit af no cap fr fr deadass bruh",
    "The word 'Schadenfreude' is German and 'déjà vu' is French, as everybody here knows very well.",
)


@pytest.mark.parametrize("text", READABLE)
def test_short_or_doubtful_text_counts_as_readable(detector: LanguageDetector, text: str) -> None:
    assert detector.language(text, (), ENGLISH).supported


def test_a_stated_language_is_believed_where_the_text_is_short(detector: LanguageDetector) -> None:
    assert detector.language("Très bien", ("fr",), ENGLISH).code == "fr"
    assert not detector.language("Très bien", ("fr",), ENGLISH).supported
    assert detector.language("Très bien", ("en",), ENGLISH).supported


def test_a_stated_language_is_not_believed_where_a_longer_text_is_surely_another(detector: LanguageDetector) -> None:
    assert detector.language(FOREIGN["de"], ("en",), ENGLISH).code == "de"


def test_of_several_stated_languages_one_that_is_read_is_believed_before_others(detector: LanguageDetector) -> None:
    for stated in (("fr", "en"), ("de-CH", "en_GB"), ("en", "fr")):
        language = detector.language("Fine", stated, ENGLISH)
        assert (language.code, language.supported) == ("en", True)
    assert detector.language("Fine", ("fr", "de"), ENGLISH).code == "fr"
    assert detector.language(FOREIGN["de"], ("fr", "en"), ENGLISH).code == "de"


def test_a_region_of_a_stated_language_does_not_matter(detector: LanguageDetector) -> None:
    assert detector.language("Fine", ("en-GB",), ENGLISH).code == "en"


def test_detection_asks_no_network(detector: LanguageDetector, socket_disabled: None) -> None:
    with pytest.raises(Exception, match=r"socket|A test tried"):
        socket.socket()
    assert detector.language(FOREIGN["fr"], (), ENGLISH).code == "fr"


SHORT_FOREIGN = (
    *("Ich bringe dich um", "Du bist der letzte Dreck", "On sait où tu habites, fais gaffe", "Te voy a matar a golpes"),
    *("Vou te matar hoje", "Ik weet waar je woont", "Jag ska döda dig", "Wiem gdzie mieszkasz", "Seni öldüreceğim"),
    *("Știu unde locuiești", "Tudom hol laksz", "Я тебя убью", "سأقتلك", "मैं तुझे मार दूंगा", "我要杀了你", "お前を殺す"),
    *(
        "죽여버릴 거야",
        "אני אהרוג אותך",
        "ฉันจะฆ่าคุณ",
        "Θα σε σκοτώσω",
        "உன்னை கொன்று விடுவேன்",
        "আমি তোকে মেরে ফেলব",
        "Я тебе вб'ю",
    ),
)


@pytest.mark.parametrize("text", SHORT_FOREIGN)
def test_a_short_foreign_text_is_told_where_no_word_of_it_is_english(detector: LanguageDetector, text: str) -> None:
    assert not detector.language(text, (), ENGLISH).supported


@pytest.mark.parametrize(
    "text",
    [
        *("π and Ω", "ಠ_ಠ", "Bravo Maria Gonzalez", "Déjà vu", "C'est la vie", "Schadenfreude!", "¯\\_(ツ)_/¯", "笑"),
        *("Good grief", "Well said sir", "total nonsense mate", "Angela Merkel und Emmanuel Macron", "lol wtf smh"),
    ],
)
def test_names_borrowed_words_and_faces_are_no_foreign_text(detector: LanguageDetector, text: str) -> None:
    language = detector.language(text, (), ENGLISH)
    assert (language.supported, language.unread) == (True, None)


@pytest.mark.parametrize("readable", ["uk", "ru", "bg"])
def test_a_short_text_in_a_script_that_the_pack_reads_counts_as_readable(
    detector: LanguageDetector, readable: str
) -> None:
    assert detector.language("Я тебе вб'ю", (), (readable,)).supported


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thank you for this report on the trams, it was good to read it all. Я тебя убью, я знаю где ты.", "ru"),
        ("I agree with most of what the council has said there. Ich weiß wo du wohnst, du Schwein.", "de"),
        (
            "The trams are late and they have been for a year!\nJe sais où tu habites et je vais te tuer\nThat is all.",
            "fr",
        ),
        ("I read the whole of it twice and that was time well spent. 我要杀了你们全家。", "zh"),
        ("It was a fine day and we all went " * 80 + "home. سوف أقتلك يا كلب أينما كنت", "ar"),
    ],
)
def test_a_sentence_that_cannot_be_read_is_told_in_a_text_that_can(
    detector: LanguageDetector, text: str, code: str
) -> None:
    language = detector.language(text, (), ENGLISH)
    assert (language.code, language.supported, language.unread) == ("en", True, code)
    assert detector.language(text, (), ("en", code)).unread is None


@pytest.mark.parametrize(
    "text",
    [
        "Xi Jinping (习近平) spoke to Путин about the trams, and that is all that they said in the end.",
        "The café owner, Señor García, was très surprised. It was his Schadenfreude that made me laugh about it.",
        "C'est la vie. I do not mind it at all, and neither should you. Que sera, sera.",
    ],
)
def test_a_name_or_a_saying_in_another_language_is_no_unread_part(detector: LanguageDetector, text: str) -> None:
    language = detector.language(text, (), ENGLISH)
    assert (language.supported, language.unread) == (True, None)
