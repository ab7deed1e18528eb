/* Whoever has a comment open has it for a few minutes: the server is told, again and again, and when it is left. */
import { at } from "./root.js";

const AGAIN = 60000;
const AWAY = 300000; // without a key or a click for so long, nobody is there

export class Locks {
  /* `got(comment, answer)` is told what the server says: `mine`, or `by` whom it is open. */
  constructor({ token, got }) {
    Object.assign(this, { token, got });
    this.wanted = null;
    this.held = null;
    this.busy = false;
    this.seen = Date.now();
    const here = () => { this.seen = Date.now(); };
    addEventListener("keydown", here, { passive: true });
    addEventListener("pointerdown", here, { passive: true });
    setInterval(() => { if (this.wanted && Date.now() - this.seen < AWAY) this.say(true); }, AGAIN);
    addEventListener("pagehide", () => {
      if (!this.held) return;
      navigator.sendBeacon(at("/review/locks"), new URLSearchParams({ leave: this.held, csrf_token: this.token }));
      this.held = null;
    });
    addEventListener("pageshow", (event) => { if (event.persisted && this.wanted) this.say(true); });
  }

  want(comment) {
    this.wanted = comment;
    this.say();
  }

  async say(again) {
    if (this.busy || (!again && this.wanted === this.held)) return;
    this.busy = true;
    const [opened, left] = [this.wanted, this.held];
    const sent = new URLSearchParams({ open: opened || "", leave: left && left !== opened ? left : "", csrf_token: this.token });
    try {
      const answer = await fetch(at("/review/locks"), { method: "POST", body: sent, headers: { Accept: "application/json" } });
      if (answer.ok) {
        const facts = await answer.json();
        this.held = facts.mine ? opened : null;
        if (opened && opened === this.wanted) this.got(opened, facts);
      }
    } catch { /* the next time */ }
    this.busy = false;
    if (this.wanted !== opened) this.say();
  }
}
