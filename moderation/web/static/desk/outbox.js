/* What a moderator does goes out in its order, in the background, and is kept in this tab until the server has it. */
import { gettext } from "./words.js";

const PAUSES = [1000, 2000, 5000, 10000, 30000];
const LATER = new Set([429, 502, 503, 504]);

const pause = (attempts) => new Promise((resolve) => { setTimeout(resolve, PAUSES[Math.min(attempts, PAUSES.length - 1)]); });

export class Outbox {
  /* `done(item, answer)` and `failed(item, answer)` are told what became of each; `held(why, number)` when what is to be
     sent has to wait ("network", "signed out"), and with an empty text when it goes on; `kept(number)` how many are
     still to go out. */
  constructor({ token, me, done, failed, held, kept }) {
    Object.assign(this, { token, me, done, failed, held, kept });
    this.storageKey = `desk-outbox ${me}`; // whoever signs in here next sends nothing of somebody else's
    this.busy = false;
    this.revisions = new Map(); // where our own actions have left comments
    this.numbers = 0;
    try {
      ({ items: this.items, actions: this.actions = {} } = JSON.parse(sessionStorage.getItem(this.storageKey)));
      for (const item of this.items) item.again = true;
    } catch {
      this.items = [];
      this.actions = {};
    }
    addEventListener("beforeunload", (event) => { if (this.items.length) event.preventDefault(); });
    this.run();
  }

  /* `item`: `url`, `fields` (pairs), `comment`, and for an undo `undoes`, the number of what it takes back. */
  add(item) {
    this.numbers += 1;
    const number = `${Date.now()}-${this.numbers}`;
    this.items.push({ ...item, number });
    this.keep();
    this.run();
    return number;
  }

  keep() {
    this.kept(this.items.length);
    try { sessionStorage.setItem(this.storageKey, JSON.stringify({ items: this.items, actions: this.actions })); } catch { /* full */ }
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    let attempts = 0;
    while (this.items.length) {
      const went = await this.sendFirst();
      if (went === "signed out") { this.held(went, this.items.length); break; }
      if (went === "later") {
        this.held("network", this.items.length);
        await pause(attempts);
        attempts += 1;
        continue;
      }
      if (attempts) this.held("", 0);
      attempts = 0;
      this.items.shift();
      this.keep();
    }
    this.busy = false;
  }

  async sendFirst() {
    const [item] = this.items;
    if (!item.undoes) return this.settled(item, await this.post(item.url, item.fields, item.comment));
    const actions = this.actions[item.undoes];
    if (!actions) { this.failed(item, { detail: gettext("It had not been done, so there is nothing to take back.") }); return "through"; }
    while (actions.length) {
      const fields = [...item.fields.filter(([name]) => name !== "action_id"), ["action_id", actions.at(-1)]];
      const went = this.settled(item, await this.post(item.url, fields));
      if (went === "later" || went === "signed out") return went;
      actions.pop();
      this.keep();
    }
    return "through";
  }

  async post(url, fields, comment) {
    const sent = new URLSearchParams(fields);
    sent.set("csrf_token", this.token);
    const own = this.revisions.get(comment);
    if (own && sent.has("revision") && Number(sent.get("revision")) < own) sent.set("revision", own);
    try {
      const answer = await fetch(url, {
        method: "POST", body: sent, keepalive: true, headers: { Accept: "application/json" },
      });
      const facts = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : null;
      return { status: answer.status, facts };
    } catch {
      return { status: 0, facts: null };
    }
  }

  settled(item, { status, facts }) {
    if (status === 0 || LATER.has(status)) return "later";
    if (!facts && (status === 400 || status === 403)) return "signed out";
    if (status >= 200 && status < 300 && facts) this.note(item, facts);
    else if (item.again && facts && facts.current && facts.current.by === this.me) this.done(item, facts.current);
    else this.failed(item, facts || { detail: gettext("Something broke on our side, and this was not done.") });
    return "through";
  }

  note(item, facts) {
    for (const comment of facts.comments || [facts]) {
      if (comment.revision) this.revisions.set(comment.id, comment.revision);
    }
    const actions = facts.action_ids || (facts.action_id && !item.undo ? [facts.action_id] : []);
    if (actions.length) this.actions[item.number] = actions;
    this.done(item, facts);
  }
}
