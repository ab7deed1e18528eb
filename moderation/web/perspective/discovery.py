"""The discovery document that Google's API clients read before they call Perspective."""

from __future__ import annotations

from typing import Any

from moderation.perspective.wire import LABEL_OF


def discovery_document(root: str) -> dict[str, Any]:
    """Describes ``comments:analyze`` and ``comments:suggestscore`` under ``root``, which ends with a slash."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "canonicalName": "Comment Analyzer",
        "version": "v1alpha1",
        "version_module": True,
        "revision": "20261101",
        "title": "Comment analysis in the shape of the Perspective Comment Analyzer API",
        "description": "Scores comments for toxicity, and for relevance to the article in their context.",
        "ownerDomain": "google.com",
        "ownerName": "Google",
        "icons": {},
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "basePath": "",
        "batchPath": "batch",
        "fullyEncodeReservedExpansion": True,
        "parameters": _PARAMETERS,
        "schemas": _SCHEMAS,
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method(
                        "analyze",
                        "AnalyzeComment",
                        "Analyzes the provided text and returns scores for requested attributes.",
                    ),
                    "suggestscore": _method(
                        "suggestscore", "SuggestCommentScore", "Keeps a moderator's label for calibration."
                    ),
                }
            }
        },
    }


def _method(name: str, message: str, description: str) -> dict[str, Any]:
    return {
        "id": f"commentanalyzer.comments.{name}",
        "description": description,
        "path": f"v1alpha1/comments:{name}",
        "flatPath": f"v1alpha1/comments:{name}",
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }


def _parameter(description: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"type": kind, "location": "query", "description": description, **more}


_PARAMETERS = {
    "$.xgafv": _parameter("V1 error format.", enum=["1", "2"], enumDescriptions=["v1 error format", "v2 error format"]),
    "access_token": _parameter("Not used here."),
    "alt": _parameter("Data format for response.", default="json", enum=["json"], enumDescriptions=["JSON"]),
    "callback": _parameter("Not used here."),
    "fields": _parameter("Not used here: every field comes back."),
    "key": _parameter("A site's secret key with the right `analyze`."),
    "oauth_token": _parameter("Not used here."),
    "prettyPrint": _parameter("Not used here.", "boolean", default="true"),
    "quotaUser": _parameter("Not used here: limits count by site."),
    "uploadType": _parameter("Not used here."),
    "upload_protocol": _parameter("Not used here."),
}


def _object(identity: str, description: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": identity, "type": "object", "description": description, "properties": properties}


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _reference(schema: str, description: str) -> dict[str, Any]:
    return {"$ref": schema, "description": description}


def _list(items: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": items, "description": description}


def _map(schema: str, description: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": {"$ref": schema}, "description": description}


def _integer(description: str) -> dict[str, Any]:
    return {"type": "integer", "format": "int32", "description": description}


def _float(description: str) -> dict[str, Any]:
    return {"type": "number", "format": "float", "description": description}


_SCORE_TYPE = _text(
    "Only PROBABILITY is known here.",
    enum=["SCORE_TYPE_UNSPECIFIED", "PROBABILITY"],
    enumDescriptions=["The same as PROBABILITY.", "A probability from 0 to 1."],
)
_TOKEN = _text("Comes back as it was sent.")
_LANGUAGES = _list({"type": "string"}, "What the text is in (ISO 639-1 or BCP 47); believed unless it clearly isn't.")
_COMMON = {
    "comment": _reference("TextEntry", "The comment; at most 20,480 bytes."),
    "context": _reference("Context", "The article and the parent comment, for RELEVANCE; at most 1 MB each."),
    "languages": _LANGUAGES,
    "clientToken": _TOKEN,
    "communityId": _text("Not used here."),
    "sessionId": _text("Not used here."),
}
_SCHEMAS = {
    schema["id"]: schema
    for schema in (
        _object(
            "AnalyzeCommentRequest",
            "A comment and the attributes that it is to be scored for.",
            **_COMMON,
            requestedAttributes=_map("AttributeParameters", f"By name: {', '.join(LABEL_OF)}."),
            spanAnnotations=_flag("Whether each sentence gets a score of its own."),
            doNotStore=_flag("Nothing is stored in any case."),
            dropUnsupportedAttributes=_flag("Leaves out what can't be scored instead of answering with an error."),
        ),
        _object(
            "AnalyzeCommentResponse",
            "The scores.",
            attributeScores=_map("AttributeScores", "By the names that were requested."),
            languages=_list({"type": "string"}, "The requested languages, or else the detected one."),
            detectedLanguages=_list({"type": "string"}, "What the text was found to be in."),
            clientToken=_TOKEN,
        ),
        _object(
            "SuggestCommentScoreRequest",
            "A comment and what a moderator says that it should have scored.",
            **_COMMON,
            attributeScores=_map("AttributeScores", "By name; summaryScore.value from 0 to 1."),
        ),
        _object(
            "SuggestCommentScoreResponse",
            "The label is kept.",
            clientToken=_TOKEN,
            detectedLanguages=_list({"type": "string"}, "What the text was found to be in."),
            requestedLanguages=_list({"type": "string"}, "The languages of the request."),
        ),
        _object(
            "TextEntry",
            "A text.",
            text=_text("The text in UTF-8."),
            type=_text(
                "How it is written.",
                enum=["TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML"],
                enumDescriptions=[
                    "The same as PLAIN_TEXT.",
                    "As a reader sees it.",
                    "With tags, which are not scored.",
                ],
            ),
        ),
        _object(
            "Context",
            "What the comment is about. One of the two.",
            entries=_list({"$ref": "TextEntry"}, "The article first; the last of those after it is the parent."),
            articleAndParentComment=_reference("ArticleAndParentComment", "Article and parent by name."),
        ),
        _object(
            "ArticleAndParentComment",
            "An article and the comment that is answered.",
            article=_reference("TextEntry", "The article's text."),
            parentComment=_reference("TextEntry", "The comment that this one answers."),
        ),
        _object(
            "AttributeParameters",
            "How an attribute is to be scored.",
            scoreType=_SCORE_TYPE,
            scoreThreshold=_float("Scores below this are left out."),
        ),
        _object(
            "AttributeScores",
            "What one attribute scored.",
            summaryScore=_reference("Score", "The whole comment's score."),
            spanScores=_list({"$ref": "SpanScore"}, "Scores of parts; at least one, over the whole text."),
        ),
        _object("Score", "A score.", value=_float("From 0 to 1."), type=_SCORE_TYPE),
        _object(
            "SpanScore",
            "The score of a part of the text.",
            begin=_integer("The first UTF-16 code unit of the part."),
            end=_integer("The UTF-16 code unit after its last one."),
            score=_reference("Score", "The part's score."),
        ),
    )
}
