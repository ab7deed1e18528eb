"""Disguise is undone to what a reader sees, and nothing else is touched."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.core.text.disguise import undisguise

DISGUISED = {
    "zero-width characters": ("i\u200bd\u200ci\u200do\u2060t", "idiot"),
    "soft hyphens": ("st\u00adup\u00adid", "stupid"),
    "right-to-left override": ("\u202etoidi\u202c", "idiot"),
    "combining marks piled up": ("s̶t̷u̸p̶i̴d̵", "stupid"),
    "full width": ("ｉｄｉｏｔ", "idiot"),
    "mathematical letters": ("𝓼𝓽𝓾𝓹𝓲𝓭", "stupid"),
    "circled letters": ("ⓘⓓⓘⓞⓣ", "idiot"),
    "squared letters": ("🅸🅳🅸🅾🆃", "idiot"),
    "small capitals": ("ɪᴅɪᴏᴛ", "idiot"),
    "Cyrillic twins in a word": ("ѕtuріd іdіоt", "stupid idiot"),
    "Greek twins in a word": ("mοrοn", "moron"),
    "a word all of twins in a Latin text": ("You are an аѕѕ and nothing else", "You are an ass and nothing else"),
    "spaced letters": ("you i d i o t", "you idiot"),
    "spaced before a plain word": ("f u c k you", "fuck you"),
    "dotted letters": ("i.d.i.o.t", "idiot"),
    "every character dotted": ("y.o.u. .a. .f.o.o.l", "you a fool"),
    "dotted after a single letter": ("I h.a.v.e a d.o.g", "I have a dog"),
    "full width marks among full width letters": ("ｙｏｕ，ｉｄｉｏｔ！", "you,idiot!"),
    "every letter as often": ("yyoouu iiddiioott", "you idiot"),
    "dashed letters": ("s-t-u-p-i-d", "stupid"),
    "a whole text spaced": ("y o u   a r e   a n   i d i o t", "you   are   an   idiot"),
    "a whole text spaced alike": ("y o u a r e a n i d i o t", "you are an idiot"),
    "starred": ("what the f**k", "what the fuck"),
    "starred but for the first": ("f*** off", "fuck off"),
    "a sign for a letter": ("sh!t, a$$hole, @sshole", "shit, asshole, asshole"),
    "leet": ("1d10t b1tch", "idiot bitch"),
    "a whole text in leet": ("y0u 4r3 p47h371c", "you are pathetic"),
    "leet with v for u": ("jv57 57vp1d fvck1ng m0r0n", "just stupid fucking moron"),
    "v for u in a word of abuse": ("what a dvmb cvnt", "what a dumb cunt"),
    "dollars for letters": ("$7vp1d $cvm", "stupid scum"),
    "a whole text in leet, short words too": (
        "y0v @r3 7h3 w0r$7 @nd 17 1$ 7rv3 7h@7 1 w@n7 70 $@y 17",
        "you are the worst and it is true that I want to say it",
    ),
    "a plain word with a sign in it": ("a sunny d@y on the l@nd", "a sunny day on the land"),
    "stretched": ("stuuuupid", "stupid"),
    "stretched, with the word's own double letter": ("coooool pusssssy", "cool pussy"),
    "Latin letters in a Cyrillic word": ("ты дypак и сyка", "ты дурак и сука"),
    "a Cyrillic letter that shows the word": ("xyй", "хуй"),
    "a Latin word that is Cyrillic abuse": ("cyka ты, понял меня", "сука ты, понял меня"),
    "Cyrillic starred and in digits": ("п*здец х*й 6лядь", "пиздец хуй блядь"),
    "Cyrillic stretched and apart": ("дуууурак, с.у.к.а", "дурак, сука"),
    "starred in other languages": ("p*ta k*rwa m*rde sch***e", "puta kurwa merde scheiße"),
    "stretched in other languages": ("muuuuito neeeein takmaaa", "muito nein takma"),
    "Turkish with Cyrillic twins": ("çok ihtiуaçlarına değil", "çok ihtiyaçlarına değil"),
    "Arabic drawn out": ("كـــلب", "كلب"),
    "Arabic pointed": ("كَلْبٌ", "كلب"),
    "Arabic stretched": ("كلاااااب", "كلاب"),
    "Arabic as printers set it": ("ﻛﻠﺐ", "كلب"),
    "Arabic apart": ("يا ك ل ب", "يا كلب"),
    "Hangul spelled out": ("ㅅㅣㅂㅏㄹ ㅆㅣ발", "시발 씨발"),
    "Hangul spelled out and apart": ("ㅅ ㅣ ㅂ ㅏ ㄹ", "시발"),
    "Hangul parted": ("시1발 시.발 아 시 발", "시발 시발 아 시발"),
    "a joiner in Hangul": ("시\u200d발", "시발"),
    "Chinese parted": ("你傻*逼, 草 泥 马, 操.你.妈", "你傻逼, 草泥马, 操你妈"),
    "kana of half width": ("ﾊﾞｶ", "バカ"),
    "kana parted": ("バ*カ 死・ね", "バカ 死ね"),
    "Devanagari parted": ("तू चू*तिया है", "तू चूतिया है"),
    "letters of flags": ("🇫🇺🇨🇰 you, 🇩🇮🇪", "fuck you, die"),
    "letters of flags, apart": ("🇸 🇭 🇮 🇹", "shit"),
    "letters of flags with nothing between": ("🇸\u200b🇭\u200b🇮\u200b🇹", "shit"),
    "upside down": ("noʎ ʞɔnɟ", "fuck you"),
    "upside down, with its marks": ("¡ʇoıpı 'noʎ ʞɔnɟ", "fuck you, idiot!"),
    "upside down in a sentence": ("Well, ʇoıpı uɐ ǝɹɐ noʎ I say.", "Well, you are an idiot I say."),
    "one word upside down": ("what a ʇunɔ", "what a cunt"),
    "a hashtag's words": ("#KillYourself #go_die #YouAreALoser", "#Kill Yourself #go die #You Are A Loser"),
    "a hashtag's words after an abbreviation": ("#MAGAIdiots", "#MAGA Idiots"),
    "a hashtag in leet": ("#YouAre4nIdi0t", "#You Are4n Idiot"),
    "two disguises at once": ("f.u.u.u.c.k", "fuck"),
    "three disguises at once": ("ѕ\u200btuuuuріd", "stupid"),
}

UNTOUCHED = (
    "Plain English, with commas; semi-colons: and (brackets)! Isn't it?",
    "covid19 2nd 4x4 G20 $50 US$50 B2B H1N1 mp3 5am 1st AK47 3rd 80s i18n archive5 y2k 10k",
    "The U.S.A. and the U.K., e.g. in the a.m., i.e. at 9.30, cost $1,000,000.00 (100%)!!!",
    "$20k for 5m views, $1.5bn in 2017, US$700m, $17 at 7pm @NASA @NBC4 $TSLA; MVP, DVD, TV, Slavs, Kvetch, HIV+",
    "It cost $50, 70 of us paid 1 each, 15 at 45 and 17 at 50: 4G, 5G, 3D, v2, v8, MP3, CO2, PM2.5",
    "C++ and C# and R&D at AT&T; 50/50, 24/7, and/or, n/a, w/o",
    "IEEE, WWII, Louis XIII, AAA batteries, the KKK, www.example.com",
    "See https://example.com/f00/aaaa?b=1d10t or write to bob@st00pid.com, @SecScottBessent, $AAPL",
    "assess the annals, rapping, fatter, crappy, looser, bookkeeper, committee, Mississippi",
    "café, naïve, Zürich, El Niño, Łódź, Ærø, İstanbul, São Paulo, Nguyễn",
    "❤️ 👨‍👩‍👧 👍🏽 🇮🇳 🏴󠁧󠁢󠁥󠁮󠁧󠁿 😂😂",
    "你好！这是，一个句子。",
    "यह बहुत अच्छा है, क्‍षमा करें।",
    "Привет, как дела? Это очень хорошо.",
    "Αυτό είναι ένα κείμενο στα ελληνικά.",
    "می‌خواهم این کتاب را بخوانم",
    "Schifffahrt, Kaffeeersatz; er hatte volle Kassen, Lehrer*innen, z.B. u.a.",
    "El niño dijo: ¿sí?, la 3ra vez; coração, ação, não; l'été où ça?",
    "Ông Nguyễn đi chợ, ô tô của tôi; đường phố Việt Nam",
    "VPNы и IT-отдел: у нас в HR всё хорошо",
    "Українська мова, її ім'я",
    "شكراً جزيلاً يا أستاذ، ههههههه",
    "다시 발표했다. 서울시 발전 계획, ㅋㅋㅋㅋ ㅠㅠ ㅇㅡㅇ ㅇㅅㅇ",
    "我去了，死机了！哈哈哈哈，2.5倍",
    "これはOK、すごーーーい！うううう",
    "क्षमा करें, सी\u200dता, ज़रूर, हाँ",
    "Türkçe: ıssız, ısırgan, ığdır, Iğdır, İyi",
    "🇬🇧🇫🇷🇩🇪 and 🇺🇸, go 🇦🇷🇸🇪!",
    "#metoo #BLM #covid19 #1 C# and https://x.example/#KillTheBill &#39; #iphone",
    "ɔdɔ ne ɔsɔfo (Twi), kǝrǝ kǝnǝ (Kanuri), nɔvi",
    "The α-helix and β-sheet; 5 \u00b5g",
)


@pytest.mark.parametrize(("written", "seen"), DISGUISED.values(), ids=DISGUISED)
def test_disguise_is_undone_to_what_a_reader_sees(written: str, seen: str) -> None:
    assert undisguise(written).text == seen


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_not_disguise_stays_as_it_is(text: str) -> None:
    assert undisguise(text).text == text


def test_offsets_lead_back_to_what_was_written() -> None:
    written = "You are an i d i o t, really."
    undone = undisguise(written)
    start = undone.text.index("idiot")
    begin, end = undone.written(start, start + len("idiot"))
    assert written[begin:end] == "i d i o t"


def test_a_span_of_the_written_text_shows_what_a_reader_sees_of_it() -> None:
    written = "Nice. You i\u200bd\u200bi\u200bo\u200bt. Bye."
    end = written.index(". Bye") + 1
    view = undisguise(written)
    assert view.text[slice(*view.seen(6, end))] == "You idiot."


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u200d" * 1_000_000 + "b",
        "\u202e" * 100_000 + "x",
        "a" + "\u0301" * 200_000,
        "a" * 200_000,
        "f*" * 50_000,
        "i d " * 20_000,
        "1d10t " * 10_000,
        "aА" * 50_000,
    ],
    ids=["joiners", "overrides", "marks", "one letter", "stars", "spaced", "leet", "mixed alphabets"],
)
def test_a_long_text_made_to_hurt_comes_back(text: str) -> None:
    undone = undisguise(text)
    assert len(undone.offsets) == len(undone.text) + 1


TRICKY = st.text(
    alphabet=st.sampled_from(
        "abdiostu AIST.,-*_!@$013457éßаеосіѕεοЯ\u200b\u200d\u0301\u202e\u202c\ufe0f❤👍ｉ𝐢क्🅸\n"
        "🇫🇺🇬🇧ʎɔɟɐǝnoA#_кcyхйكـَابㅅㅣㅏㄹ시발1傻逼ﾊﾞचूी"
    ),
    max_size=40,
)


@given(st.one_of(st.text(max_size=60), TRICKY))
@settings(max_examples=300, deadline=None)
def test_offsets_never_decrease_and_lie_within_the_text(written: str) -> None:
    undone = undisguise(written)
    offsets = list(undone.offsets)
    assert len(offsets) == len(undone.text) + 1
    assert offsets == sorted(offsets)
    assert offsets[-1] == len(written)
    assert all(0 <= offset <= len(written) for offset in offsets)


@given(st.one_of(st.text(max_size=60), TRICKY))
@settings(max_examples=300, deadline=None)
def test_what_was_undone_once_is_undone(written: str) -> None:
    once = undisguise(written).text
    assert undisguise(once).text == once


PLAIN = """the minister said that critical minerals are good for our country and we should all agree it is really
too bad the committee will discuss free apples and I see a need"""
WORDS = st.sampled_from(PLAIN.split())


def _reads_as_english(words: list[str]) -> bool:
    """No two words of one letter side by side: "I a I I" is what a spelled-out word looks like."""
    return all(len(one) > 1 or len(other) > 1 for one, other in pairwise(words))


@given(st.lists(WORDS, min_size=1, max_size=30).filter(_reads_as_english))
def test_plain_english_is_unchanged(words: list[str]) -> None:
    text = " ".join(words).capitalize() + "."
    undone = undisguise(text)
    assert undone.text == text
    assert list(undone.offsets) == list(range(len(text) + 1))
