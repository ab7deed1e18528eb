"""The chain by itself: its text is RFC 8785's, and no change of any event goes unseen."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.audit_chain import GENESIS, AuditEvent, UnchainedEvent, canonical, hashed_text, link, verify
from moderation.core.comment import Author
from moderation.core.errors import ChainBroken
from moderation.core.ids import new_id
from moderation.core.signing import author_key, is_receipt, receipt_for

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)


def chain_of(count: int) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for number in range(1, count + 1):
        unchained_event = UnchainedEvent(
            chain="demo",
            actor="policy",
            event="comment.decided",
            subject=f"c{number}",
            payload={"value": 0.25 * number},
        )
        previous = events[-1].hash if events else GENESIS
        events.append(link(unchained_event, sequence=number, previous=previous, at=NOON))
    return events


@given(*[TEXT] * 7, st.integers(0, 2**53 - 1))
def test_the_hashed_text_is_that_of_rfc_8785(
    a: str, b: str, c: str, d: str, e: str, f: str, g: str, sequence: int
) -> None:
    columns = {"chain": a, "time": b, "actor": c, "event": d, "subject": e, "payload": f, "previous": g}
    assert hashed_text(**columns, sequence=sequence).encode() == rfc8785.dumps(columns | {"sequence": sequence})


def test_each_event_names_the_one_before_it() -> None:
    events = chain_of(4)
    assert events[0].previous == GENESIS
    assert all(later.previous == earlier.hash for earlier, later in pairwise(events))
    assert all(hashlib.sha256(event.text.encode()).hexdigest() == event.hash for event in events)
    assert verify("demo", events).hash == events[-1].hash


def test_the_payload_is_canonical_json() -> None:
    unchained_event = UnchainedEvent(
        chain="demo", actor="a", event="e", subject="s", payload={"b": 1.0, "a": 0.1, "c": [None, "é"]}
    )
    assert link(unchained_event, sequence=1, previous=GENESIS, at=NOON).payload == '{"a":0.1,"b":1,"c":[null,"é"]}'


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(0, 1).map(lambda score: round(score, 6))
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_every_payload_is_written_as_rfc_8785_has_it(payload: dict[str, Any]) -> None:
    assert canonical(payload).encode() == rfc8785.dumps(payload)


@pytest.mark.parametrize(
    "number", [0.1, 1e-4, 1e-5, 0.000001, 1e15, 1e16, 123e18, 1e21, -0.0, 5e-324, 0.1 + 0.2, 10.05]
)
def test_a_number_is_written_as_rfc_8785_has_it_wherever_python_would_not(number: float) -> None:
    payload = {"value": number, "values": [number, -number]}
    assert canonical(payload).encode() == rfc8785.dumps(payload)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53)])
def test_a_number_that_json_does_not_hold_is_no_payload(number: float) -> None:
    with pytest.raises(rfc8785.CanonicalizationError):
        canonical({"value": number})


@pytest.mark.parametrize("key", [1, 0.5, True, None, (1, 2)])
def test_a_key_that_is_no_string_is_no_payload_at_any_depth(key: Any) -> None:
    for payload in ({key: 1}, {"a": 1, key: 1}, {"a": {key: 1}}, {"a": [1, ({"b": {key: 1}},)]}):
        with pytest.raises(rfc8785.CanonicalizationError):
            canonical(payload)


COLUMNS = ("chain", "time", "actor", "event", "subject", "payload", "previous", "hash", "text")


@given(st.integers(0, 4), st.sampled_from(COLUMNS), st.data())
def test_no_character_of_any_column_changes_unseen(number: int, column: str, data: st.DataObject) -> None:
    events = chain_of(5)
    before = getattr(events[number], column)
    place = data.draw(st.integers(0, len(before) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != before[place]))
    events[number] = replace(events[number], **{column: before[:place] + letter + before[place + 1 :]})
    with pytest.raises(ChainBroken) as broken:
        verify("demo", events)
    assert broken.value.sequence == number + 1


@given(st.integers(0, 4), st.integers(-3, 9).filter(lambda n: n != 0))
def test_no_number_changes_unseen(number: int, step: int) -> None:
    events = chain_of(5)
    events[number] = replace(events[number], sequence=events[number].sequence + step)
    with pytest.raises(ChainBroken):
        verify("demo", events)


@pytest.mark.parametrize("number", range(4))
def test_a_removed_event_is_named(number: int) -> None:
    events = chain_of(5)
    del events[number]
    with pytest.raises(ChainBroken) as broken:
        verify("demo", events)
    assert broken.value.sequence == number + 1


def test_a_replaced_event_that_is_right_in_itself_is_named_by_the_next() -> None:
    events = chain_of(5)
    forged = UnchainedEvent(chain="demo", actor="policy", event="comment.approved", subject="c3", payload={})
    events[2] = link(forged, sequence=3, previous=events[1].hash, at=NOON)
    with pytest.raises(ChainBroken) as broken:
        verify("demo", events)
    assert broken.value.sequence == 4


def test_a_cut_tail_shows_in_the_head_alone() -> None:
    events = chain_of(5)
    assert verify("demo", events[:3]).hash != verify("demo", events).hash


def test_ids_are_in_order_of_time_and_never_the_same() -> None:
    ids = [new_id(NOON.replace(microsecond=1000 * number)) for number in range(500)]
    assert ids == sorted(ids)
    assert len({new_id(NOON) for _ in range(500)}) == 500
    assert all(len(made) == 26 and made.isalnum() for made in ids)


def test_receipts_belong_to_one_comment_and_one_secret() -> None:
    receipt = receipt_for("secret", "id")
    assert is_receipt("secret", "id", receipt)
    assert not is_receipt("secret", "ie", receipt)
    assert not is_receipt("other", "id", receipt)
    assert not is_receipt("secret", "id", "é\ud800")


def test_an_author_is_an_id_or_an_address_with_a_name_on_one_site() -> None:
    def key(site: str = "s", **who: Any) -> str:
        return author_key("secret", site, Author(**({"name": "Ada"} | who)))

    assert key(id="1") == key(id="1", name="Bob", address="x")
    assert key(id="1") != key(site="t", id="1")
    assert key(address="x") != key(address="x", name="Bob")
    assert key(address="x", name="ADA") == key(address="x")
    assert len({key(), key(id="1"), key(address="1"), key(id="Ada"), key(address="Ada")}) == 5
