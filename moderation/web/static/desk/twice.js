/* What a colleague has open is decided on the second press of the same button or key. */
import { gettext } from "./words.js";
import { lineOf } from "./list.js";
import { piece } from "./troubles.js";

/* Who else has a comment open, as far as this page knows; `within` is its pane, or its place in a thread. */
export const holder = (within) => (lineOf(within.dataset.comment) || within).dataset.by;

let pressed = ""; // once

/* Whether this is the second press; the first is told who reads the comment. */
export const pressedTwice = (within, words, by) => {
  const what = [within.dataset.comment, words, by].join(" ");
  const twice = pressed === what;
  pressed = twice ? "" : what;
  if (twice) return true;
  const told = within.querySelector(":scope > .open-elsewhere") || document.createElement("div");
  told.className = "notice warn open-elsewhere";
  told.replaceChildren(piece("<p role='alert'><strong></strong> <span></span></p>"));
  told.querySelector("strong").textContent = gettext("%(name)s has this comment open.", { name: by });
  told.querySelector("span").textContent = gettext("Press once more for “%(what)s” all the same.", { what: words });
  within.querySelector(":scope > :first-child").after(told);
  return false;
};
