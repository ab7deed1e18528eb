"""Small archives with the oddities that real ones have, written by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

DISQUS = """`\ufeff<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="7"><forum>harbour</forum><title>General</title></category>
<thread dsq:id="10"><id>trams-2020</id><forum>harbour</forum><category dsq:id="7"/>
 <link>https://www.news.example/trams/?utm_source=mail</link><title>Trams &amp; rails</title>
 <createdAt>2020-01-01T08:00:00Z</createdAt><isClosed>true</isClosed><isDeleted>false</isDeleted></thread>
<thread dsq:id="11"><id/><forum>harbour</forum><link>https://news.example/ferries</link><title/>
 <createdAt>2020-01-01T08:00:00Z</createdAt><isClosed>false</isClosed><isDeleted>false</isDeleted></thread>
<post dsq:id="103"><id/><message><![CDATA[<p>An answer before
 its question, with <a href="https://rails.example/a">a link</a>.</p>]]></message>
 <createdAt>2020-01-03T09:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Bo</name><isAnonymous>false</isAnonymous><username>bo1</username></author>
 <thread dsq:id="10"/><parent dsq:id="101"/></post>
<post dsq:id="101"><id/><message><![CDATA[<p>First line</p><p>Second &lt;line&gt;&nbsp;\x0bhere</p>]]></message>
 <createdAt>2020-01-02T09:00:00Z</createdAt><isDeleted>true</isDeleted><isSpam>false</isSpam>
 <author><email>ann@mail.example</email><name>Ann</name><isAnonymous>true</isAnonymous></author>
 <ipAddress>203.0.113.77</ipAddress><thread dsq:id="10"/></post>
<post dsq:id="104"><id/><message><![CDATA[<p>Cheap watches</p>]]></message>
 <createdAt>2020-01-02T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>true</isSpam>
 <author><name/><isAnonymous>true</isAnonymous></author><thread dsq:id="11"/></post>
<post dsq:id="105"><id/><message><![CDATA[<p>Under nothing</p>]]></message>
 <createdAt>2020-01-02T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Cy</name></author><thread dsq:id="99"/></post>
<post dsq:id="106"><id/><message><![CDATA[<p>Some day</p>]]></message>
 <createdAt>yesterday</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Cy</name></author><thread dsq:id="10"/></post>
<post dsq:id=""><id/><message><![CDATA[<p>Without an id</p>]]></message>
 <createdAt>2020-01-02T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Cy</name></author><thread dsq:id="10"/></post>
<post dsq:id="107"><id/><message><![CDATA[<p> </p>]]></message>
 <createdAt>2020-01-02T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Cy</name></author><thread dsq:id="10"/></post>
<post dsq:id="108"><id/><message><![CDATA[<p>To somebody who is gone</p>]]></message>
 <createdAt>2020-01-05T10:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
 <author><name>Cy</name></author><thread dsq:id="10"/><parent dsq:id="55"/></post>
</disqus>
"""

WORDPRESS = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The Daily</title><wp:wxr_version>1.2</wp:wxr_version>
<item><title>Trams return</title><link>https://news.example/?p=5</link>
 <content:encoded><![CDATA[The city lays rails.

<b>Trams</b> run from May.]]></content:encoded>
 <wp:post_id>5</wp:post_id><wp:post_date_gmt>2021-03-01 07:00:00</wp:post_date_gmt>
 <wp:comment_status>open</wp:comment_status>
 <wp:comment><wp:comment_id>1</wp:comment_id><wp:comment_author><![CDATA[Ann]]></wp:comment_author>
  <wp:comment_author_email>ann@mail.example</wp:comment_author_email><wp:comment_author_IP>203.0.113.77</wp:comment_author_IP>
  <wp:comment_date>2021-03-02 10:00:00</wp:comment_date><wp:comment_date_gmt>2021-03-02 09:00:00</wp:comment_date_gmt>
  <wp:comment_content><![CDATA[Good.
So <em>good</em>.]]></wp:comment_content><wp:comment_approved>1</wp:comment_approved>
  <wp:comment_type></wp:comment_type><wp:comment_parent>0</wp:comment_parent>
  <wp:comment_user_id>0</wp:comment_user_id></wp:comment>
 <wp:comment><wp:comment_id>2</wp:comment_id><wp:comment_author>Bo</wp:comment_author>
  <wp:comment_date>2021-03-02 11:00:00</wp:comment_date><wp:comment_date_gmt>0000-00-00 00:00:00</wp:comment_date_gmt>
  <wp:comment_content>May I?</wp:comment_content><wp:comment_approved>0</wp:comment_approved>
  <wp:comment_type>comment</wp:comment_type><wp:comment_parent>1</wp:comment_parent>
  <wp:comment_user_id>12</wp:comment_user_id></wp:comment>
 <wp:comment><wp:comment_id>3</wp:comment_id><wp:comment_author>Spam</wp:comment_author>
  <wp:comment_date_gmt>2021-03-02 12:00:00</wp:comment_date_gmt>
  <wp:comment_content>Pills</wp:comment_content><wp:comment_approved>spam</wp:comment_approved>
  <wp:comment_type></wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>
 <wp:comment><wp:comment_id>4</wp:comment_id><wp:comment_author>Bo</wp:comment_author>
  <wp:comment_date_gmt>2021-03-02 13:00:00</wp:comment_date_gmt>
  <wp:comment_content>Rude</wp:comment_content><wp:comment_approved>trash</wp:comment_approved>
  <wp:comment_type></wp:comment_type><wp:comment_parent>0</wp:comment_parent>
  <wp:comment_user_id>12</wp:comment_user_id></wp:comment>
 <wp:comment><wp:comment_id>6</wp:comment_id><wp:comment_author>Blog</wp:comment_author>
  <wp:comment_date_gmt>2021-03-02 13:00:00</wp:comment_date_gmt>
  <wp:comment_content>[…]</wp:comment_content><wp:comment_approved>1</wp:comment_approved>
  <wp:comment_type>pingback</wp:comment_type><wp:comment_parent>0</wp:comment_parent></wp:comment>
</item></channel></rss>
"""


def write_lines(path: Path, values: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def coral(folder: Path) -> Path:
    """A folder as mongoexport fills it."""
    folder.mkdir()
    write_lines(folder / "stories.json", [{"id": "s1", "url": "https://news.example/trams", "metadata": _METADATA}])
    users = [{"id": "u1", "username": "Ann", "email": "ann@mail.example"}, {"id": "u2", "username": "Bo"}]
    write_lines(folder / "users.jsonl", users)
    comments = [
        _coral("c2", "u2", "REJECTED", "2022-01-02T00:00:00.000Z", "<div>You fool</div>", parent="c1", score=0.91),
        _coral("c1", "u1", "NONE", {"$date": "2022-01-01T00:00:00Z"}, "Fine<br>weather", score=0.02),
        _coral("c3", "u1", "PREMOD", {"$date": {"$numberLong": "1641168000000"}}, "May I?"),
        _coral("c5", "u9", "EXPLODED", "2022-01-02T00:00:00Z", "Never seen"),
    ]
    write_lines(folder / "comments.json", comments)
    gone = {**_coral("c4", None, "APPROVED", "2022-01-03T00:00:00Z", ""), "deletedAt": "2022-02-01T00:00:00Z"}
    (folder / "archivedComments.json").write_text(json.dumps([gone]))
    actions = [
        {"id": "a1", "commentID": "c2", "status": "APPROVED", "moderatorID": None, "createdAt": "2022-01-02T00:00:01Z"},
        {
            "id": "a2",
            "commentID": "c2",
            "status": "REJECTED",
            "moderatorID": "m1",
            "createdAt": "2022-01-02T05:00:00Z",
            "rejectionReason": {"code": "HATE_SPEECH", "detailedExplanation": "Names a group"},
        },
    ]
    write_lines(folder / "commentModerationActions.json", actions)
    return folder


_METADATA = {"title": "Trams return", "section": "City", "publishedAt": "2022-01-01T00:00:00Z"}


def _coral(
    id_: str, author: str | None, status: str, at: object, body: str, *, parent: str | None = None, score: float = -1
) -> dict[str, Any]:
    perspective = {"perspective": {"score": score, "model": "SEVERE_TOXICITY"}} if score >= 0 else {}
    return {
        "id": id_,
        "storyID": "s1",
        "authorID": author,
        "parentID": parent,
        "status": status,
        "createdAt": at,
        "actionCounts": {"REACTION": 3},
        "revisions": [{"id": "r1", "body": "before"}, {"id": "r2", "body": body, "metadata": perspective}],
    }


def isso(path: Path, comments: Iterable[Mapping[str, Any]]) -> Path:
    """A database with the tables that Isso makes."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256))")
        database.execute(
            "CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, "
            "created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR, "
            "author VARCHAR, email VARCHAR, website VARCHAR, "
            "likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL, "
            "notification INTEGER DEFAULT 0)"
        )
        database.execute("INSERT INTO threads VALUES (1, '/trams', 'Trams')")
        for comment in comments:
            row = {"tid": 1, "parent": None, "mode": 1, "voters": b"", "likes": 0, "dislikes": 0} | dict(comment)
            names = ", ".join(row)
            database.execute(
                f"INSERT INTO comments ({names}) VALUES ({', '.join('?' * len(row))})",
                list(row.values()),
            )
    return path


REMARK42 = [
    {"version": 1, "users": [], "posts": []},
    {
        "id": "r2",
        "pid": "r1",
        "text": "<p>Thanks &amp; bye</p>",
        "user": {"name": "Bo", "id": "github_1"},
        "locator": {"site": "daily", "url": "https://news.example/trams"},
        "score": -2,
        "time": "2023-05-02T10:00:00.123456789-05:00",
    },
    {
        "id": "r1",
        "pid": "",
        "text": "",
        "user": {"name": "deleted", "id": "deleted"},
        "locator": {"site": "daily", "url": "https://news.example/trams"},
        "score": 0,
        "time": "2023-05-01T10:00:00Z",
        "delete": True,
        "title": "Trams",
    },
]

COMMENTO = {
    "version": 1,
    "comments": [
        {
            "commentHex": "k2",
            "domain": "news.example",
            "url": "/trams",
            "commenterHex": "anonymous",
            "markdown": "I *agree*",
            "parentHex": "k1",
            "state": "flagged",
            "score": 1,
            "creationDate": "2019-05-02T10:00:00.5Z",
            "deleted": False,
        },
        {
            "commentHex": "k1",
            "domain": "news.example",
            "url": "/trams",
            "commenterHex": "p1",
            "markdown": "First",
            "parentHex": "root",
            "state": "approved",
            "score": 2,
            "creationDate": "2019-05-01T10:00:00Z",
            "deleted": False,
        },
    ],
    "commenters": [{"commenterHex": "p1", "email": "ann@mail.example", "name": "Ann"}],
}
