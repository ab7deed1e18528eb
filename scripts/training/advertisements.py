"""Advertisements as they turn up under articles, written for the spam output; some quote a headline or a comment."""

from __future__ import annotations

import random
from collections.abc import Sequence

from scripts.training.examples import SPAM, Example

OFFERS = (
    "Buy cheap {goods} at {site}",
    "I earn ${sum} a week from home, see {site}",
    "My {kin} makes ${sum} a month on the laptop. {site}",
    "Best {goods} online, free shipping! {site}",
    "Check out my channel for {topic}",
    "Subscribe to my channel please, {topic} every day",
    "Visit {site} for {goods}",
    "Order {goods} now, {percent}% off with code {code}",
    "Lost my money to a scam until {site} got it back",
    "Follow me on Instagram @{code} for {topic}",
    "Get {goods} without prescription: {site}",
    "Click here {site} and win a new phone",
    "Invest in {coin} today and double your money, write to me on WhatsApp +1 555 {sum}",
    "Contact Mr {name} for a loan at 2%: {code}@mail.example",
    "I just got paid ${sum} working three hours a day, no experience needed. Start here {site}",
    "For {goods} go to {site} and thank me later",
    "{goods}!!! {goods}!!! only today at {site}",
    "Hello friends, I post about {topic}, please like and share: {site}",
    "Dr {name} brought my {kin} back with a spell, contact {code}@mail.example",
    "Meet singles in your area tonight {site}",
    "Limited offer: {goods} for ${sum}. Call 555-{sum}",
    "Work from home opportunity! {site}",
    "Free {coin} giveaway, join now {site}",
    "Great post! Read more about {topic} at {site}",
    "Our shop has the best {goods} in town, come by or see {site}",
)
GOODS = (
    "sunglasses",
    "watches",
    "pills",
    "sneakers",
    "handbags",
    "essays",
    "followers",
    "insurance",
    "weight loss tea",
    "solar panels",
    "mattresses",
    "vitamins",
    "phone cases",
    "casino chips",
    "window cleaning",
    "roof repairs",
    "t-shirts",
    "software keys",
    "CBD oil",
)
TOPICS = (
    "fitness",
    "makeup",
    "crypto trading",
    "gaming",
    "cooking",
    "dropshipping",
    "music covers",
    "dating tips",
    "stock picks",
    "astrology",
)
SITES = (
    "www.best-{code}.example",
    "http://{code}.example/offer",
    "{code}shop.example",
    "bit.example/{code}",
    "https://{code}-deals.example",
    "{code}.example",
)
COINS = ("bitcoin", "forex", "ethereum", "our new token", "gold")
KIN = ("sister", "uncle", "neighbor", "roommate's aunt", "wife", "ex")
NAMES = ("Johnson", "Osaze", "Williams", "Petrov", "Smith", "Kumar")


def advertisements(rng: random.Random, count: int, comments: Sequence[str]) -> list[Example]:
    """``count`` advertisements; half of them open or close with a sentence of a real comment, as disguised ones do."""
    made = []
    for _ in range(count):
        text = _offer(rng)
        if rng.random() < 0.5:
            quoted = rng.choice(comments).split(". ")[0][:160]
            text = f"{quoted}. {text}" if rng.random() < 0.7 else f"{text} {quoted}"
        made.append(
            Example(
                text=text,
                targets={SPAM: 1.0, "toxicity": 0.03, "threat": 0.0, "identity_attack": 0.0},
                source="written/advertisement",
            )
        )
    return made


def _offer(rng: random.Random) -> str:
    code = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(4, 9)))
    return rng.choice(OFFERS).format(
        goods=rng.choice(GOODS),
        site=rng.choice(SITES).format(code=code),
        sum=rng.randint(20, 9900),
        topic=rng.choice(TOPICS),
        percent=rng.choice((20, 30, 50, 70)),
        code=code,
        coin=rng.choice(COINS),
        name=rng.choice(NAMES),
        kin=rng.choice(KIN),
    )
