/* How many comments wait, in the masthead and in the tab's title, on every page of the desk: asked for every second,
   in a tab that is not in front too, and more seldom while nobody answers. */
import { at } from "./root.js";
import { gettext } from "./words.js";

const EVERY = 1000;
const AT_LEISURE = 10; // it is asked again after so many times what the answer took, where that is longer
const SELDOM = [2000, 5000, 15000, 30000];

const mast = document.getElementById("waits");
const bench = document.getElementById("workbench");
const counted = () => (mast.textContent ? `(${mast.textContent}) ` : "");
const bare = document.title.startsWith(counted()) ? document.title.slice(counted().length) : document.title;
let missed = 0;

const known = (words, why) => {
  if (mast.title === words) return;
  mast.title = words;
  mast.classList.toggle("old", Boolean(why));
};

/* The queue's own title counts what its view shows. */
export const showWaiting = (number) => {
  missed = 0;
  const words = number === "0" ? "" : number;
  if (mast.textContent !== words) mast.textContent = words;
  if (!bench && document.title !== counted() + bare) document.title = counted() + bare;
  known(gettext("Comments that wait"));
};

/* Nobody answered: the number stays, and says that it may be old. One question that is lost is no news. */
export const unanswered = () => {
  missed += 1;
  if (missed > 1) known(gettext("Comments that waited when the network was last there"), "old");
};

/* How long until the next question; `took` is what the last one took, in milliseconds. */
export const pause = (every, took) => (missed
  ? SELDOM[Math.min(missed, SELDOM.length) - 1]
  : Math.max(every, AT_LEISURE * took));

let timer = 0;
let asking = false;

const ask = async () => {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  const asked = performance.now();
  const answer = await fetch(at("/review/waiting"), { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer && answer.redirected) { known(gettext("You were signed out"), "old"); return; } // what came is the page to sign in
  asking = false;
  const facts = answer && answer.ok ? await answer.json().catch(() => null) : null;
  if (facts) showWaiting(facts.waiting); else unanswered();
  timer = setTimeout(ask, pause(EVERY, performance.now() - asked));
};

/* A queue of what waits asks for more, and tells the number along. */
if (!bench || bench.dataset.waiting === undefined) {
  timer = setTimeout(ask, EVERY);
  addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
}
