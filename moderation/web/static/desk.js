/* One key each. Every key presses a button or follows a link that is on the page, so whatever works here works without
   this script too. */
"use strict";

(() => {
  document.documentElement.classList.add("scripted");
  const cards = Array.from(document.querySelectorAll(".card"));
  const help = document.getElementById("help");
  const keysOn = document.getElementById("keys-on");
  let here = -1;
  let choosing = null;

  const remembered = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  if (keysOn) {
    keysOn.checked = remembered();
    keysOn.addEventListener("change", () => {
      try { localStorage.setItem("keys", keysOn.checked ? "on" : "off"); } catch { /* then it lasts for this page */ }
    });
  }

  const scope = () => (cards.length ? cards[here] : document);

  const go = (index, gently) => {
    if (!cards.length) return;
    if (here >= 0) cards[here].classList.remove("here");
    here = Math.max(0, Math.min(cards.length - 1, index));
    choosing = null;
    const card = cards[here];
    card.classList.add("here");
    card.focus({ preventScroll: true });
    if (!gently) card.scrollIntoView({ block: "start" });
  };

  const press = (key, within) => {
    const target = within && within.querySelector(`[data-key="${key}"]`);
    if (!target) return false;
    target.click();
    return true;
  };

  const reject = () => {
    const summary = scope() && scope().querySelector('summary[data-key="r"]');
    if (!summary) return false;
    const details = summary.parentElement;
    choosing = details;
    if (!details.open) details.open = true;
    const first = details.querySelector("[data-digit]");
    if (first) { first.focus(); first.scrollIntoView({ block: "nearest" }); }
    return true;
  };

  const choose = (digit) => {
    const within = choosing || (cards.length ? null : document);
    const target = within && within.querySelector(`[data-digit="${digit}"]`);
    if (!target) return false;
    target.click();
    if (target.type === "radio") target.focus();
    return true;
  };

  const undo = () => press("u", document.getElementById("done")) || press("u", scope());

  const search = () => {
    const field = document.querySelector('input[data-key="/"]');
    if (!field) return false;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
    field.select();
    return true;
  };

  const actions = {
    j: () => { go(here + 1); return true; },
    k: () => { go(here - 1); return true; },
    a: () => press("a", scope()),
    r: reject,
    u: undo,
    o: () => press("o", scope()),
    q: () => { location.assign("/review"); return true; },
    "/": search,
    "?": () => { help.showModal(); return true; },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    const target = event.target;
    if (target.closest("dialog")) return;
    if (event.key === "Escape" && choosing) { choosing.open = false; choosing = null; return; }
    if (target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])")) return;
    if (!remembered() && event.key !== "?") return;
    const done = /^[1-9]$/.test(event.key) ? choose(event.key) : actions[event.key] && actions[event.key]();
    if (done) event.preventDefault();
  });

  cards.forEach((card, index) => card.addEventListener("focusin", () => {
    if (here !== index) {
      if (here >= 0) cards[here].classList.remove("here");
      here = index;
      card.classList.add("here");
    }
  }));

  // A second press while the first is on its way would only meet "somebody was faster".
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

  const named = cards.findIndex((card) => location.hash === `#${card.id}`);
  if (cards.length) go(Math.max(named, 0), named < 0);
  const told = document.getElementById("conflict") || document.getElementById("problem");
  if (told) told.focus();
})();
