"""What counts as on-topic, asked of the shipped pack as the service asks it."""

from __future__ import annotations

import pytest

from moderation.core.scores import ArticleText, Scorer, ScoreRequest

MINERALS = ArticleText(
    title="Mining minister Okello joins talks in Oslo on securing supplies of rare earths",
    key_points=("Twelve nations agree to share stockpiles", "Okello: processing has to happen at home"),
    paragraphs=(
        "Uganda's minister for mining, railways and energy, Samuel Okello, joined ministers from eleven other "
        "countries in Oslo on Monday to discuss how supplies of critical minerals such as cobalt, lithium and "
        "rare earths can be made less dependent on a single exporter.",
        "The host, Norway's trade secretary Ingrid Dahl, called for partnership instead of isolation: "
        "“We want to spread the risk, not to build walls.” The nations agreed to share stockpiles in a crisis.",
        "Okello said that the country would no longer export raw ore. Smelters and refineries were to be built near "
        "the mines in the west, with training for two thousand engineers. Electronics makers and battery plants have "
        "suffered from delays for two years.",
        "Opposition members asked whether a minister with three portfolios could give it the attention it needs.",
    ),
)
LIBRARY = ArticleText(
    title="Village library reopens after the flood with a borrowed roof",
    paragraphs=(
        "Fourteen months after the river rose to the second shelf, the library of Little Marden has reopened under "
        "a roof that a circus lent it.",
        "Librarian Joan Pettifer dried nine hundred books in her own kitchen. Reading hours begin on Saturday.",
    ),
)
CATCHPHRASE = (
    "Spread the risk instead of building walls, that's the sentence to remember. Resilient supply needs partners."
)
"""Without its article it could be about almost anything."""
READERS = (
    "Good that we sit at that table. But talk is cheap: invest in mining and refineries here, with clean technology.",
    CATCHPHRASE,
    "I work for a company that makes batteries. Every time the minerals don't arrive our production line stands still, "
    "so steadier supplies are very welcome.",
    "International cooperation is fine, but it must not come with conditions that make us dependent. Domestic "
    "processing capacity has to come first.",
    "With all respect, the minister already looks after three portfolios. Critical minerals deserve somebody who does "
    "nothing else.",
    "This is a question of national security just as much as of the economy. There are rare earths in every phone and "
    "every radar.",
)
UNRELATED = (
    "My dog chewed my favourite slippers last night and I need a new pair, any tips?",
    "The striker should have been sent off in the first half, what a terrible referee.",
    "Add two eggs to the flour, whisk until smooth and bake it for thirty minutes.",
    "Just finished the new Stephen King novel and I could not sleep the whole night.",
    "How do I reset my password? The mail with the link never arrives in my inbox.",
    "The new Batman film is much too long, and the acting is terrible as well.",
    "My knee surgery went well and I can walk again without any pain, thank God.",
    "Has anyone seen my blue umbrella? I left it on the bus to the swimming pool.",
)
REACTIONS = (
    "Well said, completely agree with this",
    "I don't agree with this at all, sorry.",
    "Great article, thank you to the journalist for explaining it so clearly.",
    "One of the best pieces that I've read here in a long time, well done.",
    "There's a typo in the third paragraph, the minister's name is wrong",
    "A small correction: the date in your second paragraph can't be right.",
    "The headline is misleading, please change it.",
)


def relevance(scorer: Scorer, text: str, article: ArticleText, parent: str | None = None) -> float:
    request = ScoreRequest(text=text, article=article, parent=parent, explain=False)
    value = scorer.score([request])[0].relevance
    assert value is not None
    return value


@pytest.mark.parametrize("text", READERS)
def test_readers_of_every_stance_are_on_topic(shipped: Scorer, text: str) -> None:
    assert relevance(shipped, text, MINERALS) > 0.5


@pytest.mark.parametrize("text", UNRELATED)
def test_what_has_nothing_to_do_with_the_article_is_off_topic(shipped: Scorer, text: str) -> None:
    assert relevance(shipped, text, MINERALS) < 0.2


@pytest.mark.parametrize("text", [text for text in READERS if text != CATCHPHRASE])
def test_a_comment_on_one_article_is_off_topic_under_another(shipped: Scorer, text: str) -> None:
    assert relevance(shipped, text, LIBRARY) < 0.2


@pytest.mark.parametrize("text", REACTIONS)
@pytest.mark.parametrize("article", [MINERALS, LIBRARY], ids=["minerals", "library"])
def test_agreement_praise_and_corrections_are_on_topic_under_any_article(
    shipped: Scorer, text: str, article: ArticleText
) -> None:
    assert relevance(shipped, text, article) > 0.5


@pytest.mark.parametrize(
    "offer",
    [
        "Earn 500 dollars a day from home, visit www.quick-cash.example now!",
        "For the best loans contact us on WhatsApp +44 7911 123456.",
        "Invest in lithium today with guaranteed returns, click the link in my profile.",
    ],
)
def test_an_advertisement_is_off_topic_even_if_it_quotes_the_headline(shipped: Scorer, offer: str) -> None:
    assert relevance(shipped, f"{MINERALS.title}. {offer}", MINERALS) < 0.2


def test_a_link_to_a_source_does_not_make_an_advertisement(shipped: Scorer) -> None:
    text = "The ministry's own plan for refineries and smelters is here: https://minerals.gov.example/plan.pdf"
    assert relevance(shipped, text, MINERALS) > 0.2, "the policy's threshold for a closer look"


def test_people_and_places_are_recognised_in_other_words(shipped: Scorer) -> None:
    text = "Mrs Pettifer drying all those volumes next to her stove, what a woman. Marden can be proud of her."
    assert relevance(shipped, text, LIBRARY) > 0.5
    assert relevance(shipped, text, MINERALS) < 0.2


def test_a_headline_alone_is_enough_to_tell_its_comments_from_others(shipped: Scorer) -> None:
    headline = ArticleText(title=MINERALS.title)
    own = [relevance(shipped, text, headline) for text in READERS]
    others = [relevance(shipped, text, headline) for text in UNRELATED]
    assert sum(own) / len(own) > 0.5
    assert max(others) < sorted(own)[1]


def test_thanks_for_an_answer_are_as_relevant_as_what_they_answer(shipped: Scorer) -> None:
    thanks = "That's exactly what I meant, thanks"
    assert relevance(shipped, thanks, MINERALS, parent=READERS[0]) > 0.5
    assert relevance(shipped, thanks, MINERALS, parent=UNRELATED[0]) < 0.2


def test_a_reply_that_needs_its_parent_is_judged_with_it(shipped: Scorer) -> None:
    parent = "We need refineries and smelters at home instead of shipping raw ore to the coast."
    reply = "Chile did that thirty years ago and its smelters lost money for a decade."
    alone = relevance(shipped, reply, LIBRARY)
    assert relevance(shipped, reply, MINERALS, parent=parent) > 0.5
    assert relevance(shipped, reply, LIBRARY, parent=parent) < 0.2
    assert alone < 0.2


def test_an_answer_that_leaves_the_subject_is_off_topic(shipped: Scorer) -> None:
    assert relevance(shipped, UNRELATED[2], MINERALS, parent=READERS[0]) < 0.2


def test_the_closest_passage_is_the_one_that_the_comment_speaks_of(shipped: Scorer) -> None:
    portfolios, kitchen = (
        shipped.score([ScoreRequest(text=text, article=article, explain=False)])[0].passage
        for text, article in ((READERS[4], MINERALS), ("She dried the books in her own kitchen? Wonderful!", LIBRARY))
    )
    assert portfolios == MINERALS.paragraphs[3]
    assert kitchen == LIBRARY.paragraphs[1]


def test_a_comment_in_another_language_gets_what_its_words_say(shipped: Scorer) -> None:
    value = relevance(shipped, "Das ist eine sehr gute Nachricht für unsere Industrie und für das Land.", MINERALS)
    assert 0 <= value <= 1


def test_an_article_prepared_before_scores_as_the_article_itself(shipped: Scorer) -> None:
    prepared = shipped.prepare(MINERALS)
    for text in (*READERS[:2], *UNRELATED[:2]):
        again = shipped.score([ScoreRequest(text=text, article=prepared, explain=False)])[0].relevance
        assert again == pytest.approx(relevance(shipped, text, MINERALS), abs=0.002)
