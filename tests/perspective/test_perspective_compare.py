"""`moderation perspective`: our scores beside those that Perspective gave, and the labels that came since."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from moderation.cli import main
from moderation.cli.perspective_log import BadLine, Logged, read_log
from moderation.core.errors import InvalidField
from moderation.perspective.comparison import compare, rank_agreement, shares_held
from tests.perspective.asking import Perspective

SCORES = st.lists(st.integers(0, 20).map(lambda twentieth: twentieth / 20), min_size=1, max_size=60)


# --- arithmetic -------------------------------------------------------------------------------------------------------


def test_the_rank_agreement_is_spearmans() -> None:
    # Worked by hand: ranks 1 2.5 2.5 4 and 2 1 3 4; without ties 1 - 6 * 2 / (4 * 15).
    assert rank_agreement([0.1, 0.2, 0.2, 0.9], [0.3, 0.2, 0.5, 0.6]) == pytest.approx(3 / (4.5 * 5) ** 0.5)
    assert rank_agreement([1, 2, 3, 4], [2, 1, 3, 4]) == pytest.approx(0.8)
    assert rank_agreement([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)
    assert rank_agreement([1, 1, 1], [1, 2, 3]) is None


@given(SCORES)
def test_only_the_order_matters_to_the_rank_agreement(scores: list[float]) -> None:
    found = rank_agreement(scores, [score**3 / 2 for score in scores])
    assert found is None or found == pytest.approx(1)


def test_the_threshold_itself_is_held() -> None:
    found = compare([0.8, 0.79, 0.1, 0.9], [0.5, 0.8, 0.2, 0.7], 0.8)
    assert found.held_by_them == 0.5
    assert found.held_by_us == 0.25


@given(SCORES, st.data(), st.floats(0, 1))
def test_at_the_same_rate_ours_holds_as_many_but_for_ties(theirs: list[float], data: st.DataObject, at: float) -> None:
    ours = data.draw(st.lists(st.floats(0, 1), min_size=len(theirs), max_size=len(theirs)))
    found = compare(theirs, ours, at)
    held = sum(score >= at for score in theirs)
    if found.same_rate is None:
        assert held == 0
        return
    assert sum(score > found.same_rate for score in ours) < held <= sum(score >= found.same_rate for score in ours)


def test_where_perspective_holds_nothing_there_is_no_threshold_to_tell() -> None:
    found = compare([0.1, 0.2], [0.9, 0.9], 0.8)
    assert (found.same_rate, found.held_by_both, found.held_by_us) == (None, None, 1.0)


@given(SCORES, SCORES)
def test_shares_over_many_thresholds_are_those_over_each(scores: list[float], thresholds: list[float]) -> None:
    one_by_one = [sum(score >= threshold for score in scores) / len(scores) for threshold in thresholds]
    assert shares_held(scores, thresholds) == pytest.approx(one_by_one)


# --- files ------------------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, content: str) -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def test_csv_has_names_in_any_case_and_empty_cells(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "scores.csv",
        '\ufeffid,text,TOXICITY,insult,SPAM\n1,"Two\nlines, ""quoted""",0.9,0.5,1\n2,Calm,0.1,,0\n',
    )
    assert list(read_log(file)) == [
        Logged(line=3, text='Two\nlines, "quoted"', scores={"TOXICITY": 0.9, "INSULT": 0.5}, language=None),
        Logged(line=4, text="Calm", scores={"TOXICITY": 0.1}, language=None),
    ]


def test_json_lines_hold_scores_beside_the_text_or_as_perspective_answered(tmp_path: Path) -> None:
    answer = {"attributeScores": {"TOXICITY@6": {"summaryScore": {"value": 0.7, "type": "PROBABILITY"}}}}
    lines = [
        {"text": "a", "toxicity": 0.2, "language": "en"},
        {"text": "b", **answer},
        {"text": "c", "response": answer},
        {"text": "d", "scores": {"PROFANITY": 0.3, "sexual_explicit": "0.4"}},
    ]
    file = write(tmp_path, "scores.jsonl", "\n".join(map(json.dumps, lines)))
    assert [row.scores for row in read_log(file) if isinstance(row, Logged)] == [
        {"TOXICITY": 0.2},
        {"TOXICITY": 0.7},
        {"TOXICITY": 0.7},
        {"PROFANITY": 0.3, "SEXUAL_EXPLICIT": 0.4},
    ]


@pytest.mark.parametrize(
    ("name", "sign"), [("a.csv", ";"), ("a.csv", "\t"), ("a.tsv", "\t"), ("a.csv", "|"), ("a.txt", ";")]
)
def test_columns_are_set_apart_by_what_the_first_line_shows(tmp_path: Path, name: str, sign: str) -> None:
    rows = [["id", "text", "TOXICITY"], ["1", "One, two", "0,83"], ["2", "Three", "0.5"]]
    file = write(tmp_path, name, "\n".join(sign.join(row) for row in rows))
    assert [(row.text, row.scores) for row in read_log(file) if isinstance(row, Logged)] == [
        ("One, two", {"TOXICITY": 0.83}),
        ("Three", {"TOXICITY": 0.5}),
    ]


def test_corals_scores_are_read_as_it_keeps_them(tmp_path: Path) -> None:
    kept = {"perspective": {"score": 0.91, "model": "SEVERE_TOXICITY"}}
    lines = [
        {"text": "a", **kept},
        {"text": "b", "metadata": kept},
        {
            "id": "1",
            "revisions": [
                {
                    "id": "r",
                    "body": "<div>First</div>",
                    "metadata": {"perspective": {"score": 0.1, "model": "TOXICITY"}},
                },
                {"id": "s", "body": "<div>Tom &amp; <b>I</b></div>", "metadata": kept},
                {"id": "t", "body": "<div>Never scored</div>", "metadata": {}},
            ],
        },
    ]
    file = write(tmp_path, "comments.json", "\n".join(map(json.dumps, lines)))
    found = [(row.text, row.scores) for row in read_log(file) if isinstance(row, Logged)]
    assert found == [(text, {"SEVERE_TOXICITY": 0.91}) for text in ("a", "b", "Tom & I")]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"TOXICITY": 0.5}', "no text"),
        ('{"text": " ", "TOXICITY": 0.5}', "no text"),
        ('{"text": "a"}', "no score"),
        ('{"text": "a", "TOXICITY": 1.5}', "TOXICITY"),
        ('{"text": "a", "TOXICITY": true}', "TOXICITY"),
        ('{"text": "a", "TOXICITY": NaN}', "TOXICITY"),
        ('{"text": "a", "TOXICITY": "high"}', "TOXICITY"),
        ('{"text": "a", "scores": {"INSULT": -1}}', "INSULT"),
    ],
)
def test_a_line_that_can_not_be_used_is_named(tmp_path: Path, line: str, why: str) -> None:
    file = write(tmp_path, "scores.jsonl", f'{{"text": "a", "TOXICITY": 0.5}}\n\n{line}\n')
    good, bad = read_log(file)
    assert isinstance(good, Logged)
    assert isinstance(bad, BadLine)
    assert bad.line == 3
    assert why in bad.problem


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "text\nhello\n", "TOXICITY\n0.5\n"])
def test_a_file_without_text_or_scores_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidField, match="text"):
        list(read_log(write(tmp_path, "scores.csv", content)))


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_bytes("text,TOXICITY\ncaf\xe9,0.5\n".encode("latin-1"))
    with pytest.raises(InvalidField, match="UTF-8"):
        list(read_log(tmp_path / "scores.csv"))


# --- the commands -----------------------------------------------------------------------------------------------------

RUDE = ["You are an idiot and a liar.", "Shut up, you stupid fool.", "What a pathetic moron you are."]
CALM = ["Thank you for this report.", "The trams should run later.", "I wonder how much it will cost us."]
FINNISH = "Hallitus päätti eilen, että kaikkien on maksettava ensi vuonna enemmän veroja kuin tänä vuonna."


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["perspective", *arguments], env={"MODERATION_VAR": str(folder / "var")})


def test_compare_tells_agreement_what_each_holds_and_the_threshold_to_set(tmp_path: Path) -> None:
    lines = [{"text": text, "TOXICITY": 0.95, "SPAM": 0} for text in RUDE]
    lines += [{"text": text, "TOXICITY": 0.05} for text in CALM]
    lines += [{"text": FINNISH, "TOXICITY": 0.9}, {"text": "no score"}]
    file = write(tmp_path, "scores.jsonl", "\n".join(map(json.dumps, lines)))
    plot = tmp_path / "plot.svg"
    result = run(tmp_path, "compare", str(file), "--threshold", "0.8", "--plot", str(plot))
    assert result.exit_code == 1, result.output  # the last line has no score
    assert f"{file}, line 8: has no score" in result.stderr
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("TOXICITY")]
    name, texts, agreement, theirs, *_, same = row.split()
    assert (name, texts, theirs, same) == ("TOXICITY", "6", "50.00%", "100%")
    assert float(agreement) > 0.8
    assert "  TOXICITY: 6 texts, too few to say." in result.stdout
    assert "1 texts in languages that the pack doesn't read (fi)" in result.stdout
    drawn = ElementTree.parse(plot).getroot()
    assert len(drawn.findall(".//{http://www.w3.org/2000/svg}polyline")) == 2


def test_compare_with_nothing_to_compare_says_so(tmp_path: Path) -> None:
    result = run(tmp_path, "compare", str(write(tmp_path, "scores.jsonl", '{"text": "a"}\n')))
    assert result.exit_code == 2
    assert "no row that could be compared" in result.stderr


def test_labels_are_exported_and_erased_by_command(perspective: Perspective, tmp_path: Path) -> None:
    perspective.suggest(1, "You idiot.", clientToken="comment:17", languages=["en"])
    environment = {"MODERATION_VAR": str(tmp_path), "MODERATION_DATABASE_URL": perspective.services.database.url}

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["perspective", *arguments, "--site", perspective.site], env=environment)

    line = json.loads(command("labels").stdout)
    assert line["clientToken"] == "comment:17"
    assert line["labels"] == {"TOXICITY": 1.0}
    assert line["scores"]["toxicity"] == 0.9
    assert line["pack"] == {"name": "words", "version": "7"}
    assert command("erase", "--token", "comment:17").stdout == "Erased 1.\n"
    assert json.loads(command("labels").stdout)["clientToken"] is None
    assert "nothing" in command("erase", "--token", "comment:17").stdout
