/* What is new while a queue is open: asked for every second, told where it belongs, and nothing moves. */
import { ngettext } from "./words.js";
import { fate, lines, take } from "./list.js";
import { pause, showWaiting, unanswered } from "./waiting.js";

const NEWS = 1200;
const ASKED_ABOUT = 150; // lines at most
const NEW_COUNTED = 98;

const announced = document.querySelector("#news a");

const count = ({ total, waiting }) => {
  showWaiting(waiting);
  for (const place of document.querySelectorAll(".total")) if (place.textContent !== total) place.textContent = total;
  document.title = document.title.replace(/^\([\d,+]+/, `(${total}`);
};

const announce = (number) => {
  if (!number) return;
  const shown = number > NEW_COUNTED ? `${NEW_COUNTED + 1}+` : number;
  const words = ngettext("%(shown)s new comment", "%(shown)s new comments", number, { shown });
  if (announced.textContent !== words) announced.textContent = words;
  announced.hidden = false;
};

/* `ask(ids)` gives the address; `sending(id)` says whether what we did with a comment is still on its way, and
   `changed(id, words)` is told of what somebody else did; `seen()` is told when all of it is. */
export const watch = ({ ask, sending, changed, seen }) => {
  const look = async () => {
    const shown = lines().filter((line) => !line.classList.contains("gone"));
    const answer = await fetch(ask(shown.slice(0, ASKED_ABOUT).map((line) => line.dataset.comment).join(","))).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) { unanswered(); return; }
    const facts = await answer.json();
    count(facts);
    announce(facts.new);
    for (const line of shown) {
      const id = line.dataset.comment;
      take(line, facts.taken[id]);
      const stands = facts.standing[id];
      if (!stands || stands.revision === Number(line.dataset.revision) || sending(id)) continue;
      line.dataset.revision = stands.revision;
      if (stands.status !== line.dataset.status) fate(id, stands.words);
      changed(id, stands.words);
    }
    seen();
  };
  const again = async () => {
    const asked = performance.now();
    await look().catch(() => {});
    setTimeout(again, pause(NEWS, performance.now() - asked));
  };
  setTimeout(again, NEWS);
  document.addEventListener("visibilitychange", look);
};
