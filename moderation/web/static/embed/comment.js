/* One comment as readers see it: who wrote it, when, what, and what can be done with it. */
import { add, empty, make, press } from "./plain.js";

const HUES = 12;

/* The same writer has the same colour everywhere on the page. */
const hue = (name) => {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) % 9973;
  return ((sum % HUES) * 360) / HUES;
};

const avatar = (author) => {
  const circle = make("span", { class: "avatar", "aria-hidden": "true" }, author.initials);
  circle.style.setProperty("--hue", hue(author.name));
  return circle;
};

/* What a mark is called; a site's own is called what the site calls it. */
const markName = (mark, gettext) => {
  const names = { staff: gettext("Newsroom"), subscriber: gettext("Subscriber"), verified: gettext("Verified") };
  return Object.hasOwn(names, mark) ? names[mark] : mark;
};

/* Hands the address on: by the device's own menu, else to the clipboard, else as a text to copy. */
const share = async (address, button, { gettext }) => {
  try {
    if (navigator.share) await navigator.share({ url: address });
    else {
      await navigator.clipboard.writeText(address);
      button.removeAttribute("aria-label");
      button.textContent = gettext("Link copied");
    }
  } catch (error) {
    if (error.name === "AbortError") return; // the reader thought better of it
    const field = make("input", { readonly: true, dir: "ltr", "aria-label": gettext("Link to this comment") });
    field.value = address;
    button.replaceWith(field);
    field.select();
  }
};

/* `reply()` opens a form under it, where one may write; `note` is what only its writer sees of it. */
export const drawComment = (comment, { words, reply, note }) => {
  const { gettext, ago, moment } = words;
  const { author, id } = comment;
  if (comment.removed) {
    return make("article", { class: "comment gone", id: `comment-${id}`, tabindex: "-1" },
      make("p", {}, gettext("A comment stood here. It is no longer published.")));
  }
  const time = new Date(comment.created_at);
  const exactly = () => { when.title = moment(time); }; // to word it for all of them would take longer than to draw them
  const when = make("time", { datetime: comment.created_at, onmouseover: exactly }, ago(time));
  const head = make("header", {}, make("bdi", { class: "name" }, author.name));
  for (const mark of author.marks || []) add(head, make("span", { class: "mark" }, markName(mark, gettext)));
  if (author.first) add(head, make("span", {}, gettext("First comment here")));
  if (comment.featured) add(head, make("span", { class: "mark featured" }, gettext("Featured")));
  if (comment.in_reply_to?.name) add(head, make("span", {}, gettext("to %(name)s", { name: comment.in_reply_to.name })));
  add(head, comment.url ? make("a", { href: comment.url }, when) : when);

  const row = make("div", { class: "row" });
  if (reply) {
    add(row, press(gettext("Reply"), reply, { class: "link", "aria-label": `${gettext("Reply")}, ${author.name}` }));
  }
  if (comment.url) {
    const pressed = (event) => share(comment.url, event.currentTarget, words);
    add(row, press(gettext("Share"), pressed, { class: "link", "aria-label": `${gettext("Share")}, ${author.name}` }));
    add(row, make("a", { href: `${comment.url}/report` }, gettext("Report")));
  }
  return make("article", { class: "comment", id: `comment-${id}`, tabindex: "-1" },
    avatar(author), head, make("div", { class: "text", dir: "auto" }, comment.body), note, row);
};

/* What stands under a comment that only its writer sees: where it stands with the moderators. */
export const ownNote = ({ status, message, link }, { gettext }) => {
  const told = status === "rejected" ? message : status === "approved" ? gettext("Published.") : gettext("Waits for a moderator. Only you see it here.");
  return make("p", { class: "note" }, told, " ", make("a", { href: link }, gettext("Where it stands")));
};

/* The list with these comments after those that stand there; returns the first new one. */
export const fill = (list, comments, draw, anew) => {
  if (anew) empty(list);
  let first = null;
  for (const comment of comments) {
    const item = draw(comment);
    first ||= item;
    add(list, item);
  }
  return first;
};
