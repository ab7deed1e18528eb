#!/usr/bin/env bash
# An article, a comment, where it stands, and what is published: with curl.
set -euo pipefail
: "${MODERATION:?the address of the service, such as https://comments.example}" "${SECRET_KEY:?sk_...}" "${PUBLISHABLE_KEY:?pk_...}"

call() { # METHOD PATH [BODY]: by the site's server
    curl --fail-with-body --silent --show-error --request "$1" "$MODERATION$2" \
        --header "Authorization: Bearer $SECRET_KEY" --header "Content-Type: application/json" ${3+--data "$3"}
}

call PUT /api/v1/articles/bridge '{"title": "The bridge", "text": "The council builds a bridge over the river.",
    "url": "https://news.example/bridge"}'
echo
comment=$(call POST /api/v1/articles/bridge/comments '{"author": {"id": "reader-7", "name": "Ada"},
    "body": "The bridge will spare my children the detour along the main road every morning."}')
echo "$comment"
id=$(sed 's/.*"id": *"\([a-z0-9]*\)".*/\1/' <<<"$comment")
call GET "/api/v1/comments/$id"
echo
curl --fail-with-body --silent --show-error "$MODERATION/api/v1/articles/bridge/comments?site=$PUBLISHABLE_KEY"
echo
