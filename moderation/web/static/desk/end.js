/* The end of the list: what is left of it, and with whom. */
import { gettext, ngettext } from "./words.js";
import { lines } from "./list.js";
import { piece } from "./troubles.js";

const isLeft = (line) => !line.classList.contains("gone");

/* What is told of it by its number and by who has what open, to see whether there is news. */
export const left = () => lines().filter(isLeft).map((line) => `${line.id} ${line.dataset.by || ""}`).join("\n");

const entry = (line) => {
  const item = piece("<li><a><bdi></bdi></a></li>").firstElementChild;
  const link = item.querySelector("a");
  link.href = line.firstElementChild.href;
  link.dataset.opens = line.dataset.comment;
  item.querySelector("bdi").textContent = line.dataset.name;
  if (line.dataset.by) item.append(gettext(" (open with %(by)s)", { by: line.dataset.by }));
  return item;
};

const told = (words, some) => {
  const part = piece("<p></p><ul class='remaining'></ul>");
  part.querySelector("p").textContent = words;
  part.querySelector("ul").append(...some.map(entry));
  return part;
};

/* What stands in place of a comment once there is none further; `look` is the view's address. */
export const ending = (look) => {
  const some = lines().filter(isLeft);
  const taken = some.filter((line) => line.dataset.by);
  const free = some.filter((line) => !line.dataset.by);
  const last = document.createElement("div");
  last.className = "empty ended";
  last.tabIndex = -1;
  last.dataset.left = left();
  last.append(piece("<strong></strong>"));
  last.firstElementChild.textContent = some.length ? gettext("That was the end of the list") : gettext("That was the last one");
  if (!some.length) last.append(Object.assign(document.createElement("p"), { textContent: gettext("Nothing further in this view.") }));
  if (free.length) last.append(told(ngettext("%(number)s comment in it still waits:", "%(number)s comments in it still wait:", free.length), free));
  if (taken.length) {
    last.append(told(ngettext("%(number)s comment is open with a colleague:", "%(number)s comments are open with colleagues:", taken.length), taken));
  }
  last.append(piece("<p><a></a></p>"));
  Object.assign(last.lastElementChild.firstElementChild, { href: look, textContent: gettext("Look again") });
  return last;
};
