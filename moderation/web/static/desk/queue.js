/* The queue without waiting: the next comments are fetched before they are asked for, and what is done goes out in the
   background. The list never moves under the hand; what is new announces itself. */
import { gettext } from "./words.js";
import "./keys.js";
import { Locks } from "./locks.js";
import { ending, left } from "./end.js";
import { fate, free, lineOf, lines, list, stand, take } from "./list.js";
import { watch } from "./news.js";
import "./several.js";
import { Outbox } from "./outbox.js";
import { at } from "./root.js";
import { held, piece, trouble } from "./troubles.js";
import { holder, pressedTwice } from "./twice.js";

const bench = document.getElementById("workbench");
const main = document.getElementById("main");
const opened = document.getElementById("open");
const reading = opened.parentElement;
const said = document.getElementById("said");
const undoForm = document.querySelector("form.undo");
const { token, me, view } = bench.dataset;

const AHEAD = 3;
const LEFT_WHEN_FETCHED = 6;
const SIGNED_OUT = gettext("You were signed out. Load the page again to sign in.");
const DONE = {
  approve: gettext("Published"), reject: gettext("Rejected"), reopen: gettext("Back in the queue"), escalated: gettext("Left to a senior"),
  featured: gettext("Published and featured"), newsroom: gettext("Sent to the newsroom"), note: gettext("Noted"), unnote: gettext("Note removed"),
  keep: gettext("Kept"), dismiss: gettext("Reports set aside"),
};
const OF_AUTHOR = { trusted: gettext("Trusted"), muted: gettext("Muted"), banned: gettext("Banned"), lifted: gettext("Free again") };
const panes = new Map();
const before = new Map(); // panes as they were before a decision, for when it is taken back
const stack = []; // what can be taken back: numbers in the outbox, or an action that the page came with
if (undoForm.elements.action_id.value) stack.push({ action: undoForm.elements.action_id.value });
let here = (document.querySelector(".pane") || { dataset: {} }).dataset.comment || null;
let moreComing = null;

const say = (words) => { said.textContent = words; };
const address = (path, more = {}) => {
  const query = new URLSearchParams(view);
  query.delete("at");
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return at(query.size ? `${path}?${query}` : path);
};

/* --- panes ------------------------------------------------------------------------------------------------------- */

const fetched = (id) => {
  if (!panes.has(id)) {
    const asked = fetch(address(`/review/comments/${id}/pane`)).then((answer) => {
      if (answer.redirected) throw new Error(SIGNED_OUT); // what came is the page to sign in
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    });
    asked.catch(() => panes.delete(id));
    panes.set(id, asked);
  }
  return panes.get(id);
};

const show = (html) => {
  opened.replaceChildren(piece(html));
  reading.scrollTop = 0;
  const pane = document.querySelector(".pane");
  pane.focus({ preventScroll: true });
  if (getComputedStyle(reading).overflowY === "visible") reading.scrollIntoView({ block: "start" });
};

/* Whether somebody is in the middle of something in the pane. */
const dirty = () => Boolean(opened.querySelector("details.pop[open]"))
  || Array.from(opened.querySelectorAll("textarea, input[type=text]")).some((field) => field.value !== field.defaultValue);

const refresh = async (id) => {
  panes.delete(id);
  if (id !== here || dirty()) return;
  const html = await fetched(id).catch(() => null);
  if (html && id === here && !dirty()) {
    const thread = opened.querySelector(".thread-around");
    const unfolded = thread && thread.open;
    const kept = document.activeElement && opened.contains(document.activeElement);
    opened.replaceChildren(piece(html));
    if (unfolded && opened.querySelector(".thread-around")) opened.querySelector(".thread-around").open = true;
    if (kept) document.querySelector(".pane").focus({ preventScroll: true });
  }
};

/* --- moving ------------------------------------------------------------------------------------------------------ */

const open = async (id, { forward = 0 } = {}) => {
  here = id;
  for (const line of lines()) {
    const chosen = line.dataset.comment === id;
    line.classList.toggle("here", chosen);
    line.firstElementChild.toggleAttribute("aria-current", chosen);
    if (chosen) { line.firstElementChild.setAttribute("aria-current", "true"); line.scrollIntoView({ block: "nearest" }); }
  }
  main.classList.add("opened");
  history.replaceState(null, "", address("/review", { at: id }));
  steps();
  reading.setAttribute("aria-busy", "true");
  try {
    const html = await fetched(id);
    if (here !== id) return;
    show(html);
  } catch (error) {
    const detail = error.message === SIGNED_OUT ? SIGNED_OUT : gettext("Is the network there?");
    if (here === id) trouble({ comment: id, words: gettext("It could not be opened") }, { detail }, again);
  } finally {
    if (here === id) reading.removeAttribute("aria-busy");
  }
  lock(id, forward);
  ahead();
};

const neighbour = (step) => {
  const all = lines();
  const place = all.findIndex((line) => line.dataset.comment === here);
  const rest = step > 0 ? all.slice(place + 1) : all.slice(0, Math.max(place, 0)).reverse();
  return rest.find((line) => (step > 0 ? free(line) : !line.classList.contains("taken")));
};

const steps = () => {
  for (const [key, step] of [["j", 1], ["k", -1]]) {
    const link = reading.querySelector(`.step [data-key="${key}"]`);
    const line = neighbour(step);
    if (line) { link.href = line.firstElementChild.href; link.removeAttribute("aria-disabled"); }
    else if (step < 0) { link.removeAttribute("href"); link.setAttribute("aria-disabled", "true"); }
  }
};

const go = async (step) => {
  let line = neighbour(step);
  if (!line && step > 0 && await more()) line = neighbour(step);
  if (line) { await open(line.dataset.comment, { forward: step }); return; }
  if (step > 0) end();
};

const end = () => {
  here = null;
  locks.want(null);
  opened.replaceChildren(ending(address("/review")));
  opened.firstElementChild.focus();
};

/* Who has what open may change while one stands at the end. */
const endAgain = () => {
  const last = here === null && opened.querySelector(".ended");
  if (last && last.dataset.left !== left()) end();
};

const ahead = () => {
  const all = lines().filter(free);
  const place = all.findIndex((line) => line.dataset.comment === here);
  for (const line of all.slice(place + 1, place + 1 + AHEAD)) fetched(line.dataset.comment).catch(() => {});
  if (all.length - place < LEFT_WHEN_FETCHED) more();
};

const more = () => {
  const link = list.querySelector("[data-more]");
  if (!link) return Promise.resolve(false);
  moreComing ??= fetch(link.dataset.more).then((answer) => (answer.ok && !answer.redirected ? answer.text() : "")).then((html) => {
    if (!html) return false;
    link.closest("li").remove();
    const known = new Set(lines().map((line) => line.id));
    const fresh = piece(html);
    for (const line of fresh.querySelectorAll(".line")) if (known.has(line.id)) line.remove();
    list.append(fresh);
    return true;
  }).catch(() => false).finally(() => { moreComing = null; });
  return moreComing;
};

/* Opened afresh: it may have changed. */
const again = (id) => {
  panes.delete(id);
  open(id);
};

/* --- who has what open -------------------------------------------------------------------------------------------- */

let direction = 0;
const locks = new Locks({
  token,
  got: (id, answer) => {
    const line = lineOf(id);
    if (answer.mine) {
      if (line && Number(line.dataset.revision) !== answer.revision && !line.classList.contains("gone")) {
        line.dataset.revision = answer.revision;
        refresh(id);
      }
      return;
    }
    if (line) take(line, answer.by);
    if (!direction || dirty()) { refresh(id); say(gettext("%(name)s has this comment open.", { name: answer.by })); return; }
    say(gettext("%(name)s has that one open; here is the next.", { name: answer.by }));
    go(direction);
  },
});

const lock = (id, forward) => {
  direction = forward;
  if (bench.dataset.waiting !== undefined && opened.offsetParent) locks.want(id);
};

/* --- doing -------------------------------------------------------------------------------------------------------- */

const outbox = new Outbox({
  token,
  me,
  kept: (number) => { bench.dataset.pending = number; },
  done: (item, answer) => {
    if (answer.author || item.undo) panes.clear(); // what stands of an author stands beside each of their comments
    for (const comment of answer.comments || [answer]) stand(comment);
    for (const comment of answer.comments || []) {
      const waits = comment.status === "pending" || comment.status === "received";
      fate(comment.id, waits ? "" : comment.words, !waits);
      refresh(comment.id);
    }
    if (item.undo) {
      const alone = answer.skipped ? gettext(" %(number)s left alone: somebody else has decided since.", { number: answer.skipped }) : "";
      say(answer.running ? gettext("Taking back %(number)s comments, in the background", { number: answer.total }) : gettext("Undone: %(what)s.", { what: answer.words }) + alone);
      const [first] = answer.comments || [];
      if (first && !item.comment) open(first.id);
      if (!first && here) refresh(here);
      locks.say(true); // what is open may be waiting again only now, and is nobody's until it does
    } else if (item.comment === here) refresh(item.comment);
    else if (item.comment) panes.delete(item.comment);
  },
  failed: (item, answer) => {
    if (item.comment) fate(item.comment, answer.current ? answer.current.words : "", Boolean(answer.current));
    if (answer.open_with && lineOf(item.comment)) take(lineOf(item.comment), answer.open_with);
    const place = stack.findIndex((entry) => entry.number === item.number);
    if (place >= 0) stack.splice(place, 1);
    trouble(item, answer, again, anyway);
    say(gettext("Not done: %(what)s", { what: item.name || item.words }));
    if (item.comment) refresh(item.comment);
  },
  held,
});

const MOVES_ON = new Set(["approve", "reject", "reopen", "escalated", "keep", "dismiss"]);

/* Out it goes; what decides about a comment takes it from the list. */
const send = (item) => {
  const { comment, name, words } = item;
  const number = outbox.add(item);
  stack.push({ number, comment, name, words });
  undoForm.querySelector("button").disabled = false;
  if (item.moves) {
    fate(comment, words);
    if (panes.has(comment)) before.set(comment, panes.get(comment));
    panes.delete(comment);
  }
  say(`${words}: ${name}`);
};

const anyway = ({ url, fields, comment, words, name, moves }) => {
  send({ url, fields: [...fields, ["anyway", "1"]], comment, words, name, moves });
};

/* A form goes out once. */
const sent = (form) => { if (MOVES_ON.has(form.dataset.action)) form.dataset.sent = "yes"; };

const decide = (form, submitter) => {
  const within = form.closest("[data-comment]");
  const id = within.dataset.comment;
  const kind = form.dataset.action;
  const fields = Array.from(new FormData(form, submitter)).filter(([name]) => name !== "csrf_token" && name !== "back");
  const off = fields.some(([name]) => name === "off");
  const name = (lineOf(id) || { dataset: {} }).dataset.name || within.querySelector("bdi").textContent;
  const moves = !off && (MOVES_ON.has(kind) || fields.some(([field]) => field === "approve"));
  const reason = submitter && submitter.name === "reason" ? `: ${submitter.querySelector("strong").textContent}` : "";
  const decided = kind === "author" && OF_AUTHOR[fields.find(([field]) => field === "kind")[1]];
  const words = off ? gettext("Taken back") : decided ? decided : kind === "featured" && !moves ? gettext("Featured") : `${DONE[kind]}${reason}`;
  const by = moves && holder(within);
  if (by && !pressedTwice(within, words, by)) { say(gettext("%(name)s has this comment open: press once more.", { name: by })); return; }
  if (by) fields.push(["anyway", "1"]);
  sent(form);
  send({ url: form.getAttribute("action"), fields, comment: id, words, name, moves });
  if (off && bench.dataset.flag === kind) fate(id, words); // what this list is of
  if (!within.matches(".pane")) decidedInThread(within, words);
  else if (moves) go(1);
  else stay(form, within);
};

const stay = (form, pane) => {
  form.reset();
  for (const folded of pane.querySelectorAll("details.pop[open]")) folded.open = false;
  pane.focus({ preventScroll: true });
};

const decidedInThread = (item, words) => {
  item.querySelector(".chip").textContent = words;
  item.querySelector(".actions").remove();
  const next = item.parentElement.querySelector("li[data-comment]:has(form)") || item;
  next.focus();
};

const undo = () => {
  const last = stack.pop();
  const fields = last && last.action ? [["action_id", last.action]] : [];
  outbox.add({
    url: at("/review/undo"), fields, comment: last ? last.comment : null, undo: true, undoes: last ? last.number : null,
    words: gettext("Undo"), name: last ? last.name : "",
  });
  say(gettext("Undoing…"));
  if (!last || !last.comment || !lineOf(last.comment)) return;
  if (before.has(last.comment)) panes.set(last.comment, before.get(last.comment));
  fate(last.comment, "", false);
  open(last.comment);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.action || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.action === "undo") undo();
  else if (form.dataset.sent !== "yes") decide(form, event.submitter);
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest("a");
  if (!link || link.getAttribute("aria-disabled")) return;
  const line = link.closest(".line");
  const opens = line ? line.dataset.comment : link.dataset.opens;
  if (opens) { event.preventDefault(); open(opens); return; }
  const step = { j: 1, k: -1 }[link.dataset.key];
  if (step && link.closest(".step")) { event.preventDefault(); go(step); return; }
  if (link.dataset.key === "q") {
    event.preventDefault();
    main.classList.remove("opened");
    history.replaceState(null, "", address("/review"));
    const chosen = list.querySelector(".here a");
    if (chosen) chosen.focus();
  }
  if (link.dataset.more) { event.preventDefault(); more(); }
});

/* --- what is new -------------------------------------------------------------------------------------------------- */

if (bench.dataset.waiting !== undefined) {
  watch({
    ask: (ids) => address("/review/news", { since: bench.dataset.newest, ids }),
    sending: (id) => outbox.items.some((item) => item.comment === id),
    changed: (id, words) => {
      if (id !== here) { panes.delete(id); return; }
      say(gettext("Meanwhile: %(what)s.", { what: words }));
      refresh(id);
    },
    seen: endAgain,
  });
}

if (here) panes.set(here, Promise.resolve(opened.innerHTML));
if (here && opened.offsetParent) { lock(here, 0); ahead(); }
