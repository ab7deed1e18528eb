<?php
// An article, a comment, where it stands, what is published, and what a webhook tells: with nothing but PHP.
// `php comments.php` sends; `php -S 127.0.0.1:9700 comments.php` listens.
const BODY = 'The bridge will spare my children the detour along the main road every morning.';

function call(string $method, string $path, ?array $content = null): array
{
    $headers = ['Authorization: Bearer ' . getenv('SECRET_KEY'), 'Content-Type: application/json'];
    $http = ['method' => $method, 'header' => $headers, 'ignore_errors' => true, 'timeout' => 30];
    if ($content !== null) {
        $http['content'] = json_encode($content);
    }
    $told = json_decode(file_get_contents(getenv('MODERATION') . $path, false, stream_context_create(['http' => $http])), true);
    if (($told['type'] ?? '') === 'about:blank') { // a problem, by RFC 9457
        throw new RuntimeException($told['detail']);
    }
    return $told;
}

function send(): void
{
    $article = ['title' => 'The bridge', 'text' => 'The council builds a bridge over the river.'];
    call('PUT', '/api/v1/articles/bridge', $article + ['url' => 'https://news.example/bridge']);
    $author = ['id' => 'reader-7', 'name' => 'Ada'];
    $comment = call('POST', '/api/v1/articles/bridge/comments', ['author' => $author, 'body' => BODY]);
    echo "{$comment['id']} {$comment['status']} {$comment['message']}\n";
    $whole = call('GET', "/api/v1/comments/{$comment['id']}");
    echo $whole['status'], ' ', implode('; ', $whole['reasons']), "\n";
    $published = call('GET', '/api/v1/articles/bridge/comments?site=' . getenv('PUBLISHABLE_KEY'));
    foreach ($published['comments'] as $one) {
        echo "{$one['author']['name']} {$one['body']}\n";
    }
}

function is_ours(string $body): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $time = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $key = base64_decode(substr((string) getenv('WEBHOOK_SECRET'), strlen('whsec_')));
    if ($key === '') {
        throw new RuntimeException('WEBHOOK_SECRET is missing: anybody could sign.');
    }
    $own = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
    $told = array_map(fn ($one) => hash_equals($own, $one), explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? ''));
    return in_array(true, $told, true) && abs(time() - (int) $time) < 300;
}

function receive(): void
{
    $body = file_get_contents('php://input');
    if (!is_ours($body)) {
        http_response_code(401);
        return;
    }
    $event = json_decode($body, true);
    $line = "{$_SERVER['HTTP_WEBHOOK_ID']} {$event['type']} " . ($event['data']['comment']['id'] ?? '') . "\n"; // webhook.test has none
    file_put_contents('php://stderr', $line);
    http_response_code(204); // once it is stored; the work comes afterwards
}

PHP_SAPI === 'cli' ? send() : receive();
