// An article, a comment, where it stands, what is published, and what a webhook tells: with JavaScript (Node 20).
// `node comments.mjs` sends; `node comments.mjs receive` listens.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { MODERATION, SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET, PORT = "9700" } = process.env;
const BODY = "The bridge will spare my children the detour along the main road every morning.";

async function call(method, path, content) {
  const answer = await fetch(MODERATION + path, {
    method,
    headers: { Authorization: `Bearer ${SECRET_KEY}`, "Content-Type": "application/json" },
    body: content && JSON.stringify(content),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

async function send() {
  const article = { title: "The bridge", text: "The council builds a bridge over the river." };
  await call("PUT", "/api/v1/articles/bridge", { ...article, url: "https://news.example/bridge" });
  const author = { id: "reader-7", name: "Ada" };
  const comment = await call("POST", "/api/v1/articles/bridge/comments", { author, body: BODY });
  console.log(comment.id, comment.status, comment.message);
  const whole = await call("GET", `/api/v1/comments/${comment.id}`);
  console.log(whole.status, whole.reasons);
  const published = await call("GET", `/api/v1/articles/bridge/comments?site=${PUBLISHABLE_KEY}`);
  for (const one of published.comments) console.log(one.author.name, one.body);
}

// What the package `standardwebhooks` does, with nothing but Node.
function isOurs(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(time)) < 300)) return false;
  const key = Buffer.from(WEBHOOK_SECRET.replace("whsec_", ""), "base64");
  const own = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64")}`);
  const told = signatures.split(" ").map((one) => Buffer.from(one));
  return told.some((one) => one.length === own.length && timingSafeEqual(one, own));
}

function receive() {
  if (!WEBHOOK_SECRET) throw new Error("WEBHOOK_SECRET is missing: anybody could sign.");
  createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString("utf8");
    if (!isOurs(request.headers, body)) return response.writeHead(401).end();
    const event = JSON.parse(body);
    console.log(request.headers["webhook-id"], event.type, event.data.comment?.id ?? ""); // webhook.test has none
    return response.writeHead(204).end(); // once it is stored; the work comes afterwards
  }).listen(Number(PORT), "127.0.0.1");
}

await (process.argv[2] === "receive" ? receive() : send());
