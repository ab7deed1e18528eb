"""`moderation score` and `moderation packs`, as a shell calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.core.scores import LABELS


@pytest.fixture
def run(packs_dir: Path, tmp_path: Path, without_world: None) -> Any:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "packs").symlink_to(packs_dir)
    places = {"MODERATION_VAR": str(tmp_path / "var"), "MODERATION_CONFIG": str(tmp_path / "moderation.toml")}

    def call(*arguments: str, lines: str | bytes = "") -> Result:
        return CliRunner(env=places).invoke(main, arguments, input=lines)

    return call


def answers(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def line(**fields: Any) -> str:
    return json.dumps(fields) + "\n"


def test_every_line_is_answered_in_order(run: Any) -> None:
    texts = ["bad " * n + "idiot." for n in range(150)]
    result = run("score", "--pack", "small", lines="".join(line(id=n, text=text) for n, text in enumerate(texts)))
    assert result.exit_code == 0
    assert [answer["id"] for answer in answers(result)] == list(range(150))


def test_an_answer_has_the_names_of_the_contract(run: Any) -> None:
    (answer,) = answers(run("score", "--pack", "small", lines=line(id="a", text="You idiot. Good people.")))
    assert list(answer) == [
        "id", "toxicity", "relevance", "passage", "spam", "sentences", "language", "outcome", "reasons", "pack",
    ]  # fmt: skip
    (named,) = answers(
        run("score", "--pack", "small", lines=line(id="a", text="Good people.", name="See www.x.com, you fool"))
    )
    assert list(named["name"]) == list(LABELS)
    assert "name: links 1, at or over 1" in named["reasons"]
    assert list(answer["toxicity"]) == list(LABELS)
    assert [sorted(s) for s in answer["sentences"]] == [["end", "start", "toxicity"]] * 2
    assert sorted(answer["language"]) == ["code", "supported"]
    assert answer["outcome"] == "pending"
    assert sorted(answer["pack"]) == ["name", "precision", "runtime", "version"]


def test_a_name_may_be_as_long_as_an_author_s(run: Any) -> None:
    result = run("score", "--pack", "small", lines=line(id="a", text="Good people.", name="a\u0300" * 400))
    assert result.exit_code == 1
    (told,) = answers(result)
    assert told["id"] == "a"
    assert "name holds 800 code points" in told["error"]


def test_a_bad_line_is_named_in_its_place_and_the_rest_are_scored(run: Any) -> None:
    lines = "".join(
        [
            line(id=1, text="good"),
            line(id=2, text=5),
            "{not json\n",
            line(id=4, text="good", article={"title": "only"}),
            line(id=5, text="good", parent=7),
            '["a list"]\n',
            "\n",
            "[" * 100_000 + "\n",
            line(id=9, text="\ud800 lone surrogate"),
            '{"id": NaN, "text": "good"}\n',
        ]
    )
    result = run("score", "--pack", "small", lines=lines.encode() + b'{"id": 10, "text": "\xff"}\n')
    found = answers(result)
    assert result.exit_code == 1
    assert [answer["id"] for answer in found] == [1, 2, None, 4, 5, None, None, 9, None, None]
    assert ["error" in answer for answer in found] == [False, True, True, True, True, True, True, False, True, True]
    assert "text must be a string" in found[1]["error"]
    assert "article.text" in found[3]["error"]


def test_the_configuration_decides(run: Any, tmp_path: Path) -> None:
    (tmp_path / "moderation.toml").write_text('[scoring]\npack = "small"\n[policy.reject]\ntoxicity_at_least = 0.0\n')
    (answer,) = answers(run("score", lines=line(id=1, text="good")))
    assert answer["pack"]["name"] == "small"
    assert answer["outcome"] == "rejected"
    assert answer["reasons"][0].startswith("toxicity ")


def test_links_count(run: Any) -> None:
    text = "See https://example.com and http://example.org now"
    (answer,) = answers(run("score", "--pack", "small", lines=line(id=1, text=text)))
    assert any(reason.startswith("links 2") for reason in answer["reasons"])


def test_the_balanced_scale_is_asked_for(run: Any) -> None:
    low, high = (
        answers(run("score", "--pack", "small", "--calibration", scale, lines=line(id=1, text="good")))[0]
        for scale in ("natural", "balanced")
    )
    assert high["toxicity"]["toxicity"] > low["toxicity"]["toxicity"]


def test_a_pack_with_six_labels_answers_six(run: Any) -> None:
    (answer,) = answers(run("score", "--pack", "plain", lines=line(id=1, text="good")))
    assert len(answer["toxicity"]) == 6


def test_a_pack_that_is_not_there_is_said_in_a_sentence(run: Any) -> None:
    result = run("score", "--pack", "nowhere", lines=line(id=1, text="good"))
    assert result.exit_code == 2
    assert "no scoring pack named 'nowhere'" in result.stderr


def test_packs_are_listed_and_verified(run: Any) -> None:
    listed = run("packs", "list").stdout
    assert "small: small 1" in listed
    assert "plain: plain 1" in listed
    assert run("packs", "verify").exit_code == 0


def test_verify_names_the_file_with_a_wrong_hash(run: Any, tmp_path: Path, packs_dir: Path) -> None:
    damaged = packs_dir / "damaged"
    damaged.mkdir()
    for file in (packs_dir / "small").iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    try:
        with (damaged / "tokenizer.json").open("a") as tokenizer:
            tokenizer.write(" ")
        result = run("packs", "verify", "damaged")
    finally:
        for path in damaged.iterdir():
            path.unlink()
        damaged.rmdir()
    assert result.exit_code == 1
    assert "damaged/tokenizer.json" in result.stderr
