"""What pages of other sites load: one small script, small files of words, a tiny counter, each well cached."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from babel import Locale

from moderation.core.messages import LANGUAGES, catalogue
from moderation.web.embed.bundle import SOURCES, counts_script, embed_script, in_order, word_file
from moderation.web.embed.tightening import tightened, with_short_names
from scripts.embed_sizes import LIMITS, sizes
from tests.web.pages import Pages

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in LANGUAGES["section"] if language != "en"]
MODULES = in_order(SOURCES / "main.js")


def test_everything_that_a_page_loads_is_small() -> None:
    assert {name for name, size in sizes().items() if size > LIMITS[name]} == set()


def test_every_module_of_the_section_is_in_its_script() -> None:
    assert {path.name for path in SOURCES.glob("*.js")} <= {path.name for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_written_so_that_it_can_be_put_together(path: Path) -> None:
    text = path.read_text()
    for line in text.splitlines():
        assert line.count("`") % 2 == 0, f"a text over several lines: {line}"
        assert not re.search(r"\$\{[^}]*`", line), f"a text with values in the values of another: {line}"
        assert not re.match(r"import .* as ", line), "a name is the same in every module"
    assert re.findall(r"^export (?!const )", text, re.MULTILINE) == []


def test_what_is_left_out_of_a_script_changes_nothing_of_its_texts() -> None:
    source = """/* What it is for: "quoted". */
const a = { b: "x  -  /* y */", c: `p // ${ 1 + 2 } , q`, }; // the end, that's "all"
  // a line that isn't `one`
  const d = a.b.replace(/[ ,]  =/g, " , "); /* it's
     over */ const e = "https://x";
"""
    assert (
        tightened(source)
        == 'const a={b:"x  -  /* y */",c:`p // ${ 1 + 2 } , q`};const d=a.b.replace(/[ ,]  =/g," , ");const e="https://x";'
    )


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("const first=1;const other=(value)=>first+value;", "const a=1;const c=(b)=>a+b;"),
        ("const far=near=>near;const text=`near ${far(1)} far`;", "const a=b=>b;const c=`near ${a(1)} far`;"),
        ('const word="word";say(word,/word/,...word);', 'const a="word";say(a,/word/,...a);'),
        ("const word=1;find('word[type=\"word\"]',word);", "const a=1;find('word[type=\"word\"]',a);"),
        # What is somewhere a property's name keeps it.
        ("const kept=1;say({kept});", "const kept=1;say({kept});"),
        ("const kept=1;say({kept:kept});", "const kept=1;say({kept:kept});"),
        ("const kept=1;this.kept=kept;", "const kept=1;this.kept=kept;"),
        ("const{kept,b=2}=this;say(kept);", "const{kept,b=2}=this;say(kept);"),
        ("const kept=1;say(`${f({ kept })}`);", "const kept=1;say(`${f({ kept })}`);"),
        # What the page has is called as the page calls it, and its names are nobody else's.
        ("const mine=document.body;say(a,mine);", "const b=document.body;say(a,b);"),
    ],
)
def test_only_own_names_are_made_short(source: str, short: str) -> None:
    assert with_short_names(source) == short


@pytest.mark.parametrize(
    ("modules", "short"),
    [
        # What is declared inside of two modules never meets.
        (("const make=(tag)=>tag;", "const draw=(item)=>make(item);"), "const a=(b)=>b;const c=(b)=>a(b);"),
        # What is declared at the top of two does, though neither knows the other.
        (("const make=(tag)=>tag;", "const draw=(item)=>item;"), "const b=(a)=>a;const c=(a)=>a;"),
        (("const make={of:(tag)=>tag};", "const draw=[(item)=>item];"), "const b={of:(a)=>a};const c=[(a)=>a];"),
    ],
)
def test_names_that_never_meet_become_the_same_letters(modules: tuple[str, ...], short: str) -> None:
    assert with_short_names(*modules) == short


@pytest.mark.parametrize("path", ["/embed.js", "/counts.js", *(f"/embed.{language}.json" for language in OTHERS)])
def test_a_script_is_kept_by_caches_and_compressed(pages: Pages, path: str) -> None:
    client = pages.app.test_client()
    plain = client.get(path)
    small = client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert (plain.status_code, small.status_code) == (200, 200)
    assert gzip.decompress(small.data) == plain.data
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "public" in small.headers["Cache-Control"]
    assert small.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in small.headers
    again = client.get(path, headers={"If-None-Match": small.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_words_are_asked_for_by_version_and_kept_for_good(pages: Pages) -> None:
    client = pages.app.test_client()
    version = word_file("de").version
    assert f'"de":"{version}"' in embed_script().body.decode()
    answer = client.get(f"/embed.de.json?{version}", headers={"Origin": "https://news.example"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "immutable" not in client.get("/embed.de.json?older").headers["Cache-Control"]
    assert client.get("/embed.xx.json").status_code == 404
    assert client.get("/embed.en.json").status_code == 404


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_all_that_the_script_says(language: str) -> None:
    words = json.loads(word_file(language).body)
    assert len(words) >= 50
    kinds = Locale(language).plural_form.tags | {"other"}
    for message in catalogue("section", language):
        if isinstance(message.id, tuple) and message.id[0] in words:
            assert set(words[message.id[0]]) == kinds


def test_numbers_are_worded_by_their_kind() -> None:
    arabic = json.loads(word_file("ar").body)["%(num)s comment"]
    assert (arabic["one"], arabic["two"], arabic["few"]) == ("تعليق واحد", "تعليقان", "%(num)s تعليقات")
    french = json.loads(word_file("fr").body)["%(num)s comment"]
    assert (french["one"], french["other"]) == ("%(num)s commentaire", "%(num)s commentaires")


def test_the_scripts_are_the_same_each_time() -> None:
    assert embed_script() is embed_script()
    assert counts_script().body.startswith(b"(()=>{")


READMES = {path: (ROOT / path).read_text() for path in ("README.md", "moderation/web/embed/README.md")}
CHAPTER = READMES["moderation/web/embed/README.md"]


def test_the_readme_names_every_property_that_a_page_can_set() -> None:
    read = set(re.findall(r"--comments-[a-z-]+", (SOURCES / "section.css").read_text()))
    assert set(re.findall(r"--comments-[a-z-]+", CHAPTER)) == read
    assert set(re.findall(r"--comments-[a-z-]+", READMES["README.md"])) <= read


@pytest.mark.parametrize("text", READMES.values(), ids=READMES)
def test_every_attribute_that_a_readme_names_can_be_set(text: str) -> None:
    sources = "".join(path.read_text() for path in [*MODULES, SOURCES.parent / "counts.js"])
    told = set(re.findall(r"data-([a-z]+(?:-[a-z]+)*)", text))
    assert told
    for name in told:
        camel = re.sub(r"-(.)", lambda letter: letter[1].upper(), name)
        assert re.search(rf"\b{camel}\b", sources), name


def test_the_readmes_show_the_same_line() -> None:
    lines = {path: re.findall(r"^<script src=.*$", text, re.MULTILINE) for path, text in READMES.items()}
    assert len(lines["README.md"]) == 1
    assert lines["README.md"] == lines["moderation/web/embed/README.md"]


NO_SENTENCES = {"Content-Type", "Accept-Language", "X-Site-Key", "Idempotency-Key", "Retry-After", "AbortError"}


def test_no_sentence_stands_in_a_script_that_is_not_in_the_catalogues() -> None:
    known: set[str] = set()
    for message in catalogue("section", "de"):
        known |= {message.id} if isinstance(message.id, str) else set(message.id)
    for path in MODULES:
        said = re.findall(r'"((?:%\(\w+\)s )?[A-Z]?[a-z][^"]*)"', path.read_text())
        sentences = {text for text in said if re.match(r"[A-Z]|%\(", text)}
        assert sentences - known - NO_SENTENCES == set(), path.name
