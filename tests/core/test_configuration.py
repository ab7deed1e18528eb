"""The configuration file: every wrong key names itself, and what is right is read as it stands."""

from __future__ import annotations

import itertools
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.config.configuration_file import is_cut_off, parse_configuration
from moderation.core.comment import Mode
from moderation.core.conditions import SIGNALS
from moderation.core.errors import ConfigurationError

SHIPPED = (Path(__file__).parents[2] / "config/moderation.toml").read_text()


def test_the_shipped_file_says_what_an_empty_one_means() -> None:
    shipped, empty = parse_configuration(SHIPPED), parse_configuration("")
    assert shipped.comments == empty.comments
    assert shipped.rate_limits == empty.rate_limits
    assert shipped.scoring == empty.scoring
    assert shipped.policy.rules_for() == empty.policy.rules_for()
    assert len(shipped.reasons) > 1
    assert empty.reasons[0].id == "other"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("nonsense", "the file"),
        (f"[comments]\nminimum_length = {'9' * 5000}", "the file"),
        ("[comments", "the file"),
        ("[coments]", "coments"),
        ("comments = 5", "comments"),
        ("[comments]\nminimum = 5", "comments.minimum"),
        ("[comments]\nminimum_length = -1", "comments.minimum_length"),
        ("[comments]\nminimum_length = '50'", "comments.minimum_length"),
        ("[comments]\nminimum_length = true", "comments.minimum_length"),
        ("[comments]\nminimum_length = 50.5", "comments.minimum_length"),
        ("[comments]\nminimum_length = 6000", "comments.minimum_length"),
        ("[comments]\nmaximum_length = 40", "comments.minimum_length"),
        ("[comments.sections.live]\nmaximum_length = 40", "comments.sections.live.minimum_length"),
        ("[comments]\nmaximum_body = 5", "comments.maximum_body"),
        ('[comments]\nmode = "open"', "comments.mode"),
        ("[comments]\nclose_after_days = 1e3", "comments.close_after_days"),
        ("[comments.sections]\nlive = 5", "comments.sections.live"),
        ("[comments.sections.live]\nlength = 5", "comments.sections.live.length"),
        ("[comments.sections.live]\nmaximum_body = 5000", "comments.sections.live.maximum_body"),
        ("[comments.sites.a]\nmode = 1", "comments.sites.a.mode"),
        ("[comments.replies]\nmode = 'x'", "comments.replies.mode"),
        ("[rate_limits]\nenabled = 1", "rate_limits.enabled"),
        ("[rate_limits]\nper_reader = '6 per minute'", "rate_limits.per_reader"),
        ("[rate_limits]\nper_reader = ['often']", "rate_limits.per_reader"),
        ("[rate_limits]\nper_reader = [6]", "rate_limits.per_reader"),
        ("[rate_limits]\nper_reader = ['']", "rate_limits.per_reader"),
        ("[rate_limits]\nper_reader = ['0 per minute']", "rate_limits.per_reader"),
        ("[rate_limits]\nper_hour = []", "rate_limits.per_hour"),
        ("[scoring]\nmode = 'later'", "scoring.mode"),
        ("[scoring]\nruntime = 'gpu'", "scoring.runtime"),
        ("[scoring]\npack = 5", "scoring.pack"),
        ("[scoring]\ntimeout_seconds = 0", "scoring.timeout_seconds"),
        ("[policy.flags]\n", "policy.flags"),
        ("[policy.flag]\ntoxicity = 0.5", "policy.flag.toxicity"),
        ("[policy.flag]\ntoxicity_over = 0.5", "policy.flag.toxicity_over"),
        ("[policy.flag]\nrudeness_at_least = 0.5", "policy.flag.rudeness_at_least"),
        ("[policy.flag]\ntoxicity_at_least = 50", "policy.flag.toxicity_at_least"),
        ("[policy.flag]\ntoxicity_at_least = '0.5'", "policy.flag.toxicity_at_least"),
        ("[policy.flag]\ntoxicity_at_least = true", "policy.flag.toxicity_at_least"),
        ("[policy.flag]\ntoxicity_at_least = nan", "policy.flag.toxicity_at_least"),
        ("[policy.flag]\ntoxicity_at_least = -inf", "policy.flag.toxicity_at_least"),
        ("[policy.flag]\nlinks_at_least = -1", "policy.flag.links_at_least"),
        ("[policy]\nflag = 5", "policy.flag"),
        ("[policy.sections.opinion]\ntoxicity_at_least = 0.5", "policy.sections.opinion.toxicity_at_least"),
        ("[policy.sections.opinion.flag]\ntox = 0.5", "policy.sections.opinion.flag.tox"),
        ("[policy.sites.a.flag]\ntox = 0.5", "policy.sites.a.flag.tox"),
        ("[policy.sites.a.sections.b.flag]\ntox = 0.5", "policy.sites.a.sections.b.flag.tox"),
        ("[policy.sites.a.sections.b]\nflags = 0.5", "policy.sites.a.sections.b.flags"),
        ("[reasons]\nid = 'x'", "reasons"),
        ("reasons = [5]", "reasons[1]"),
        ("[[reasons]]\nid = 'x'\nlabel = 'X'", "reasons[1].reader"),
        ("[[reasons]]\nid = ' '\nlabel = 'X'\nreader = 'Y'", "reasons[1].id"),
        ("[[reasons]]\nid = 5\nlabel = 'X'\nreader = 'Y'", "reasons[1].id"),
        ("[[reasons]]\nid = 'x'\nlabel = 'X'\nreader = 'Y'\ncolour = 'red'", "reasons[1].colour"),
        ("[[reasons]]\nid = 'x'\nlabel = 'X'\nreader = 'Y'\n" * 2, "reasons[2].id"),
        ("[sign_in]\npasswords = 'nobody'", "sign_in.passwords"),
        ("[sign_in]\nidle_minutes = 14", "sign_in.idle_minutes"),
        ("[sign_in]\nidle_minutes = 721", "sign_in.idle_minutes"),
        ("[sign_in]\nidle_minutes = '2 hours'", "sign_in.idle_minutes"),
        ("[sign_in.oidc]\nname = ''", "sign_in.oidc.name"),
        ("[sign_in.oidc]\nscopes = ['profile groups']", "sign_in.oidc.scopes"),
        ("[sign_in.oidc]\nnew_accounts = true", "sign_in.oidc.new_accounts"),
        ("[sign_in.oidc]\nclient_secret = 'x'", "sign_in.oidc.client_secret"),
        ("[[sign_in.oidc.roles]]\nvalue = 'x'", "sign_in.oidc.roles[1].role"),
        ("[[sign_in.oidc.roles]]\nvalue = 'x'\nrole = 'boss'", "sign_in.oidc.roles[1].role"),
        ("[[sign_in.oidc.roles]]\nvalue = 'x'\nrole = 'senior'\nsections = ['a']", "sign_in.oidc.roles[1].sections"),
        (
            "[[sign_in.oidc.roles]]\nvalue = 'x'\nrole = 'admin'\nsite = 'a'\nsections = ['a']",
            "sign_in.oidc.roles[1].sections",
        ),
        ("[[sign_in.oidc.roles]]\nvalue = 'x'\nrole = 'senior'\nextra = ['all']", "sign_in.oidc.roles[1].extra"),
        ("[[sign_in.oidc.roles]]\nvalue = 'x'\nrole = 'senior'\n" * 101, "sign_in.oidc.roles"),
        (
            "".join(
                f"[[sign_in.oidc.roles]]\nvalue = '{n}'\nrole = 'senior'\nsite = 'a'\n"
                f"sections = {[f'{n} {m}' for m in range(60)]}\n"
                for n in range(2)
            ),
            "sign_in.oidc.roles[2].sections",
        ),
    ],
)
def test_a_wrong_key_names_itself(text: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        parse_configuration(text)
    assert wrong.value.key == key
    assert str(wrong.value).startswith(key)


def test_every_signal_can_be_asked_about_and_false_takes_a_condition_away() -> None:
    lines = "\n".join(f"{signal}_at_least = 1\n{signal}_at_most = 0" for signal in SIGNALS)
    policy = parse_configuration(f"[policy.flag]\n{lines}\n[policy.sections.quiet.flag]\nlinks_at_least = false").policy
    assert len(policy.rules_for().flag) == 2 * len(SIGNALS)
    assert len(policy.rules_for(None, "quiet").flag) == 2 * len(SIGNALS) - 1


COUNTED_DANGERS = {"private_data_at_least", "reports_at_least"}
DANGERS = {"threat_at_least", "identity_attack_at_least", "severe_toxicity_at_least", *COUNTED_DANGERS}
DEFAULTS = {"toxicity_at_least", "relevance_at_most", "links_at_least", "spam_at_least", "name_toxicity_at_least"}


def flags(text: str, site: str | None = None, section: str | None = None) -> dict[str, float]:
    rules = parse_configuration(text).policy.rules_for(site, section)
    return {str(condition.key): condition.threshold for condition in rules.flag}


def test_an_empty_table_means_no_condition_but_danger_and_a_missing_one_the_default() -> None:
    assert set(flags("[policy.flag]\n")) == DANGERS
    assert set(flags("[policy.approve]\nlinks_at_most = 0")) == DANGERS | DEFAULTS
    assert set(flags("")) == DANGERS | DEFAULTS


@pytest.mark.parametrize("key", sorted(DANGERS))
def test_danger_flags_unless_the_file_says_false_or_another_number(key: str) -> None:
    assert set(flags(f"[policy.flag]\n{key} = false\nlinks_at_least = 9\n")) == DANGERS - {key} | {"links_at_least"}
    number = 3 if key in COUNTED_DANGERS else 0.87
    assert flags(f"[policy.flag]\n{key} = {number}\n")[key] == number
    section = f"[policy.sections.opinion.flag]\n{key} = false\n"
    assert key not in flags(section, section="opinion")
    assert key in flags(section, section="sport")


def test_taking_a_danger_away_is_another_policy() -> None:
    without = parse_configuration("[policy.flag]\nthreat_at_least = false\n").policy.version
    assert without != parse_configuration("[policy.flag]\n").policy.version


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('regions = ["GB", "Narnia"]', "private_data.regions: holds 'Narnia', which isn't known here. Known are GB"),
        ('regions = "GB"', "private_data.regions: is 'GB'; it must be a list of countries"),
        ('allow = ["the editor"]', "private_data.allow: holds 'the editor'; each must be"),
        ('allow = ["@"]', "private_data.allow: holds '@'"),
        ("allow = [116123]", "private_data.allow: is [116123]; it must be a list of texts"),
        ("region = []", "private_data.region: is not a key of this file"),
    ],
)
def test_what_private_data_can_not_be_told_is_named(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_configuration(f"[private_data]\n{text}\n")
    assert says in error.value.detail


def test_comments_are_overridden_key_by_key() -> None:
    comments = parse_configuration(
        '[comments]\nminimum_length = 10\nmode = "post"\n[comments.sites.daily]\nmaximum_length = 300\n'
        '[comments.sections.live]\nminimum_length = 5\nmode = "closed"\n[comments.replies]\nminimum_length = 2\n'
    ).comments

    def rules(section: str | None = None, *, reply: bool = False, article: str | None = None) -> tuple[int, int, Mode]:
        found = comments.rules_for(site="daily", section=section, reply=reply, article_mode=article)
        return found.minimum_length, found.maximum_length, found.mode

    assert rules() == (10, 300, Mode.POST)
    assert rules("live") == (5, 300, Mode.CLOSED)
    assert rules("live", reply=True) == (2, 300, Mode.CLOSED)
    assert rules("live", article="pre") == (5, 300, Mode.PRE)


# --- cut off ---------------------------------------------------------------------------------------------------------

STRICT = SHIPPED.replace("[policy.reject] ", "[policy.reject]\nthreat_at_least = 0.95\n# ")


def test_no_cut_of_a_file_in_force_takes_effect_with_less_in_it() -> None:
    whole = parse_configuration(STRICT)
    raw = STRICT.encode()
    for place in itertools.chain(range(0, len(raw), 7), range(len(raw) - 300, len(raw))):
        try:
            cut = parse_configuration(raw[:place].decode())
        except (ConfigurationError, UnicodeDecodeError):
            continue
        same = (cut.comments, cut.rate_limits, cut.scoring, cut.policy, cut.reasons) == (
            whole.comments, whole.rate_limits, whole.scoring, whole.policy, whole.reasons,
        )  # fmt: skip
        assert same or is_cut_off(cut, whole), raw[:place][-80:]


def test_whoever_means_a_shorter_file_can_say_so() -> None:
    whole = parse_configuration("[policy.flag]\nlinks_at_least = 2\n[policy.reject]\nthreat_at_least = 0.95\n")
    assert is_cut_off(parse_configuration("[policy.flag]\nlinks_at_least = 2\n"), whole)
    assert not is_cut_off(parse_configuration("[policy.flag]\nlinks_at_least = 2\n# no more rejecting\n"), whole)
    assert not is_cut_off(whole, whole)


@given(st.text(max_size=200))
def test_no_text_is_more_than_a_configuration_error(text: str) -> None:
    with suppress(ConfigurationError):
        parse_configuration(text)


def test_surges_and_legal_clocks_are_off_or_as_the_file_says() -> None:
    plain = parse_configuration("")
    assert not plain.comments.surge.on
    assert (plain.legal.notice_hours, plain.legal.grievance_days, plain.legal.order_hours) == (24, 15, 1)
    told = parse_configuration(
        "[comments.surge]\nfirst_time_share = 0.5\nhours = 3\n[legal]\norder_hours = 36\ndue_soon_hours = 0\n"
    )
    assert (told.comments.surge.first_time_share, told.comments.surge.arrivals_per_hour) == (0.5, None)
    assert (told.comments.surge.hours, told.legal.order_hours, told.legal.due_soon_hours) == (3, 36, 0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[comments.surge]\nhours = 3", "comments.surge.hours"),
        ("[comments.surge]\narrivals_per_hour = 0", "comments.surge.arrivals_per_hour"),
        ("[comments.surge]\narrivals_per_hour = true", "comments.surge.arrivals_per_hour"),
        ("[comments.surge]\nfirst_time_share = 0", "comments.surge.first_time_share"),
        ("[comments.surge]\nfirst_time_share = 1.5", "comments.surge.first_time_share"),
        ("[comments.surge]\nfirst_time_share = nan", "comments.surge.first_time_share"),
        ("[comments.surge]\nper_hour = 3", "comments.surge.per_hour"),
        ("[comments.sections.live.surge]\narrivals_per_hour = 3", "comments.sections.live.surge"),
        ("[legal]\nnotice_hours = 0", "legal.notice_hours"),
        ("[legal]\ngrievance_days = '15'", "legal.grievance_days"),
        ("[legal]\norder_days = 1", "legal.order_days"),
        ("legal = 3", "legal"),
    ],
)
def test_wrong_surges_and_clocks_name_themselves(text: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_configuration(text)
    assert error.value.key == key


@pytest.mark.parametrize(
    "text", ['[comments]\nmode = "{}"', "[comments]\n{} = 1", '[scoring]\nruntime = "{}"', "[{}]\na = 1"]
)
def test_an_error_never_repeats_all_that_stands_in_the_file(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse_configuration(text.replace("{}", "x" * 100_000))
    assert len(str(refused.value)) < 5000
