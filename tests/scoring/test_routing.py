"""Which of several packs a comment goes to, by its language and by what a mistake costs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.core.errors import ScoringFailed, ScoringTooSlow
from moderation.core.scores import Scale, ScoreRequest, Scores
from moderation.scoring import PackScorer, RoutedScorer, build_scorer, for_many_threads, stamps_today
from moderation.scoring.packs import Pack, PackDamaged, installed
from moderation.scoring.queues import PackQueues
from moderation.scoring.runtime import Runtime, load
from tests.scoring.small_pack import write_pack

MANY = tuple("ar zh cs nl en fr de hi id it ja ko pl pt ru es sv tr vi".split())  # noqa: SIM905 - read better so
ENGLISH = "I think that the minister is right about this and that we should build the trams."
GERMAN = "Ich finde, dass der Minister völlig recht hat, wenn er mehr in unsere Industrie investieren will."
FINNISH = "Olen sitä mieltä, että ministeri on täysin oikeassa halutessaan sijoittaa enemmän teollisuuteemme."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("routed")
    write_pack(folder / "shipped" / "world", name="world", languages=MANY, seed=5)
    write_pack(folder / "packs" / "main", name="main")
    write_pack(folder / "packs" / "french", name="french", languages=("fr", "en"), embedding=False, seed=11)
    return folder


@pytest.fixture
def packs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``main`` reads English, ``french`` French and English, ``world``, as one that is shipped, many languages."""
    monkeypatch.setattr("moderation.scoring.packs.WORLD", folder / "shipped" / "world")
    return folder / "packs"


@pytest.fixture(scope="module")
def scorer(folder: Path) -> RoutedScorer:
    """English by ``main``, all else by ``world``."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("moderation.scoring.packs.WORLD", folder / "shipped" / "world")
        return built(folder / "packs")


def built(packs: Path, main: str = "main", **languages: str) -> RoutedScorer:
    made = build_scorer(main, "openvino-f32", packs, languages=languages, threads=1)
    assert isinstance(made, RoutedScorer)
    return made


def scored(scorer: RoutedScorer | PackQueues, text: str, *stated: str, name: str | None = None) -> Scores:
    return scorer.score([ScoreRequest(text=text, languages=stated, name=name)])[0]


def read_by(scorer: RoutedScorer, text: str, *stated: str, name: str | None = None) -> tuple[str, str, bool]:
    """The pack that scored a text, its language, and whether it was read whole."""
    scores = scored(scorer, text, *stated, name=name)
    return scores.pack.name, scores.language.code, scores.language.supported and scores.language.unread is None


# --- what is plain ----------------------------------------------------------------------------------------------------


def test_english_goes_to_the_main_pack_other_languages_to_world_and_the_rest_waits(scorer: RoutedScorer) -> None:
    assert read_by(scorer, ENGLISH) == ("main", "en", True)
    assert read_by(scorer, GERMAN) == ("world", "de", True)
    assert read_by(scorer, FINNISH) == ("main", "fi", False)


def test_answers_of_several_packs_come_in_the_order_of_the_requests(scorer: RoutedScorer) -> None:
    texts = [GERMAN, ENGLISH, "Я тебя убью", "Good grief", FINNISH, GERMAN]
    found = scorer.score([ScoreRequest(text=text) for text in texts])
    assert [scores.pack.name for scores in found] == ["world", "main", "world", "main", "main", "world"]
    assert found[0].toxicity == pytest.approx(found[5].toxicity, abs=1e-5)


def test_a_pack_that_is_named_for_a_language_comes_before_world(packs: Path) -> None:
    french = "Je pense que le ministre a parfaitement raison de vouloir investir dans notre industrie nationale."
    scorer = built(packs, fr="french")
    assert read_by(scorer, french)[0] == "french"
    assert read_by(scorer, GERMAN)[0] == "world"


def test_the_configuration_overrules_what_a_pack_says_that_it_reads(packs: Path) -> None:
    scorer = built(packs, de="french")
    assert read_by(scorer, GERMAN) == ("french", "de", False)


def test_an_insult_of_another_language_at_the_end_of_an_english_comment_is_read(scorer: RoutedScorer) -> None:
    for text in (f"{ENGLISH} Du Hurensohn", f"{ENGLISH} hijo de puta", f"{ENGLISH} 傻逼"):
        assert read_by(scorer, text)[0] == "world", text


def test_abuse_alone_in_english_stays_with_the_pack_for_english(scorer: RoutedScorer) -> None:
    for text in ("moron", "Scum, all of them", "What a wanker"):
        assert read_by(scorer, text)[0] == "main", text


def test_a_main_pack_keeps_its_own_languages(packs: Path) -> None:
    french = "Je pense que le ministre a parfaitement raison de vouloir investir dans notre industrie nationale."
    scorer = built(packs, main="french")
    assert [read_by(scorer, text)[0] for text in (french, ENGLISH, GERMAN)] == ["french", "french", "world"]


def test_world_as_the_main_pack_reads_all_by_itself(packs: Path) -> None:
    scorer = build_scorer("world", "openvino-f32", packs, threads=1)
    assert isinstance(scorer, PackScorer)
    assert scorer.score([ScoreRequest(text=ENGLISH)])[0].pack.name == "world"


@pytest.mark.usefixtures("without_world")
def test_without_world_all_is_as_it_was(folder: Path) -> None:
    scorer = build_scorer("main", "openvino-f32", folder / "packs", threads=1)
    assert isinstance(scorer, PackScorer)
    (scores,) = scorer.score([ScoreRequest(text=GERMAN)])
    assert (scores.pack.name, scores.language.supported) == ("main", False)


# --- what is short ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Du Arschloch",
            "Halt die Fresse",
            "Ta gueule",
            "Hijo de puta",
            "Vai se foder",
            "Tyst din jävel",
            "Kurwa mać",
        ),
        *("Kamu bodoh sekali", "Thằng ngu", "Siktir git lan", "Ty debile", "Godverdomme zeg", "Ich will dich töten"),
        *("tu chutiya hai kya", "teri maa ki", "kutte ki aulad", "saale harami", "bakwas mat karo yaar"),
        *("хуй", "сука ты", "كلب", "يا حمار", "傻逼", "死ね", "バカ", "병신", "कुत्ता", "gandu"),
    ],
)
def test_a_short_text_that_is_not_plainly_english_goes_to_world(scorer: RoutedScorer, text: str) -> None:
    scores = scored(scorer, text)
    assert (scores.pack.name, scores.language.supported) == ("world", True)


@pytest.mark.parametrize(
    "text", ["", "ok", "👍👍", "2024!", "?!", "You are an idiot", "I agree", "Good grief", "shut up", "lol", "no way"]
)
def test_what_is_plainly_english_or_says_nothing_stays_with_the_main_pack(scorer: RoutedScorer, text: str) -> None:
    scores = scored(scorer, text)
    assert (scores.pack.name, scores.language.supported) == ("main", True)


@pytest.mark.parametrize(
    ("text", "code"), [("죽여버릴 거야", "ko"), ("お前を殺す", "ja"), ("मैं तुझे मार दूंगा", "hi"), ("Я тебя", "ru")]
)
def test_a_short_text_is_named_by_its_script(scorer: RoutedScorer, text: str, code: str) -> None:
    assert read_by(scorer, text) == ("world", code, True)


@pytest.mark.parametrize("text", ["Θα σε σκοτώσω", "אני אהרוג אותך", "ฉันจะฆ่าคุณ"])
def test_a_script_that_no_pack_reads_waits(scorer: RoutedScorer, text: str) -> None:
    name, _, whole = read_by(scorer, text)
    assert (name, whole) == ("main", False)


def test_english_amid_another_language_in_latin_letters_goes_to_world(scorer: RoutedScorer) -> None:
    text = "the sarkar is bakwas and ye neta log are looting is desh ko roz roz, you know kya hoga"
    assert read_by(scorer, text)[0] == "world"


# --- what is stated ---------------------------------------------------------------------------------------------------


def test_a_stated_language_is_believed_of_a_short_text(scorer: RoutedScorer) -> None:
    assert read_by(scorer, "Super", "de") == ("world", "de", True)
    assert read_by(scorer, "Super", "pt-BR") == ("world", "pt", True)
    assert read_by(scorer, "Super", "fi") == ("main", "fi", False)
    assert read_by(scorer, "I agree", "en") == ("main", "en", True)


def test_stated_as_english_a_text_that_is_not_plainly_so_is_judged_by_world(scorer: RoutedScorer) -> None:
    assert read_by(scorer, "Seni geri zekali", "en") == ("world", "en", True)
    assert read_by(scorer, "сука ты", "en") == ("world", "ru", True)
    assert read_by(scorer, GERMAN, "en") == ("world", "de", True)


# --- what is mixed ----------------------------------------------------------------------------------------------------


def test_a_part_that_only_world_reads_takes_the_whole_there(scorer: RoutedScorer) -> None:
    mixed = "I agree with most of what the council has said there. Ich weiß wo du wohnst, du Schwein."
    assert read_by(scorer, mixed) == ("world", "en", True)
    assert read_by(scorer, "I read all of it and I liked it. 我要杀了你们全家。") == ("world", "und", True)


def test_a_part_that_no_pack_reads_makes_it_wait(scorer: RoutedScorer) -> None:
    assert scored(scorer, f"{ENGLISH} Θα σε σκοτώσω αύριο το βράδυ.").language.unread == "el"
    assert scored(scorer, f"{GERMAN} Θα σε σκοτώσω αύριο το βράδυ.").language.unread == "el"
    both = scored(scorer, f"{ENGLISH} Ich weiß wo du wohnst, du Schwein. Θα σε σκοτώσω αύριο το βράδυ.")
    assert (both.language.supported, both.language.unread) == (True, "el")


def test_a_name_in_a_script_that_only_world_reads_takes_the_comment_there(scorer: RoutedScorer) -> None:
    assert read_by(scorer, ENGLISH, name="Сергей Иванов")[0] == "world"
    assert read_by(scorer, ENGLISH, name="Γιώργος Παπαδόπουλος")[0] == "main"
    assert read_by(scorer, ENGLISH, name="José Müller")[0] == "main"


# --- behind one door --------------------------------------------------------------------------------------------------


@pytest.fixture
def served(packs: Path) -> Iterator[PackQueues]:
    queues = for_many_threads(built(packs))
    assert isinstance(queues, PackQueues)
    yield queues
    queues.close()


def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packs that are loaded from now on."""
    names: list[str] = []

    def counting(pack: Pack, *given: Any) -> Runtime:
        names.append(pack.manifest.name)
        return load(pack, *given)

    monkeypatch.setattr("moderation.scoring.scorer.load", counting)
    return names


def test_world_is_loaded_once_and_by_the_first_who_needs_it(
    served: PackQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = loaded(monkeypatch)
    assert served.wait_until_ready(30)
    assert served.ready
    scored(served, ENGLISH)
    assert "world" not in names
    answers: list[Scores] = []
    asking = [threading.Thread(target=lambda: answers.append(scored(served, GERMAN))) for _ in range(6)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(30)
    assert names.count("world") == 1
    assert [answer.pack.name for answer in answers] == ["world"] * 6


def test_english_is_answered_while_world_is_being_loaded(served: PackQueues, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    assert served.wait_until_ready(30)

    def slow(pack: Pack, *given: Any) -> Runtime:
        assert go_on.wait(30)
        return load(pack, *given)

    monkeypatch.setattr("moderation.scoring.scorer.load", slow)
    with pytest.raises(ScoringTooSlow):
        served.score_one(ScoreRequest(text=GERMAN), timeout_s=0.2)
    assert served.score_one(ScoreRequest(text=ENGLISH), timeout_s=20).pack.name == "main"
    german, english = served.score_each([ScoreRequest(text=GERMAN), ScoreRequest(text=ENGLISH)], timeout_s=1.0)
    assert isinstance(german, ScoringTooSlow)
    assert isinstance(english, Scores)
    go_on.set()
    assert served.score_one(ScoreRequest(text=GERMAN), scale=Scale.BALANCED, timeout_s=20).pack.name == "world"


def test_a_world_that_is_damaged_stops_neither_the_start_nor_english(packs: Path) -> None:
    model = installed(packs)["world"] / "model.onnx"
    whole = model.read_bytes()
    model.write_bytes(whole[:-1] + b"x")
    queues = for_many_threads(built(packs))
    try:
        assert queues.wait_until_ready(30)
        german, english = queues.score_each([ScoreRequest(text=GERMAN), ScoreRequest(text=ENGLISH)], timeout_s=20)
        assert isinstance(german, PackDamaged)
        assert isinstance(german, ScoringFailed)
        assert isinstance(english, Scores)
        assert queues.ready
        model.write_bytes(whole)
        assert queues.score_one(ScoreRequest(text=GERMAN), timeout_s=20).pack.name == "world"
    finally:
        queues.close()


def test_what_would_score_here_names_world_without_reading_its_model(packs: Path) -> None:
    model = installed(packs)["world"] / "model.onnx"
    model.rename(model.with_suffix(".elsewhere"))
    found = stamps_today("main", "openvino-f32", packs, {"fr": "french"})
    model.with_suffix(".elsewhere").rename(model)
    assert {stamp.name for stamp in found} == {"main", "french", "world"}
