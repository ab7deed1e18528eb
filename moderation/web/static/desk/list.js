/* The lines of the list, and what is said on each. Nothing here moves one. */
import { gettext } from "./words.js";

export const list = document.getElementById("lines");

export const lines = () => Array.from(list.querySelectorAll(".line"));
export const lineOf = (id) => document.getElementById(`l-${id}`);
export const free = (line) => !line.classList.contains("gone") && !line.classList.contains("taken");

/* What became of a comment, said on its line. */
export const fate = (id, words, gone = true) => {
  const line = lineOf(id);
  if (!line) return;
  line.classList.toggle("gone", gone);
  line.querySelector(".fate").textContent = words;
};

/* Where a comment stands after what we did ourselves: else the next look would take it for a colleague's doing. */
export const stand = ({ id, status, revision }) => {
  const line = lineOf(id);
  if (!line || !revision) return;
  line.dataset.status = status;
  line.dataset.revision = revision;
};

/* Who else has it open. */
export const take = (line, by) => {
  line.classList.toggle("taken", Boolean(by));
  if (by) line.dataset.by = by; else delete line.dataset.by;
  if (!line.classList.contains("gone")) line.querySelector(".fate").textContent = by ? gettext("%(name)s has it open", { name: by }) : "";
};
