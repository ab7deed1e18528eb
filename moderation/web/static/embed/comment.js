/* One comment as readers see it: who wrote it, when, what, and what can be done with it. */
import { add, empty, make, press } from "./plain.js";

const HUES = 12;

/* The same writer has the same colour everywhere on the page. */
const hue = (name) => {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = (sum * 31 + name.charCodeAt(at)) % 9973;
  return ((sum % HUES) * 360) / HUES;
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

/* What draws comments in a language. All have the same parts: made once and copied, they take a third of the time.
   `reply()` opens a form under the comment, where one may write; `note` is what only its writer sees of it. */
export const drawer = (words) => {
  const { gettext, ago, moment } = words;
  const blank = make("article", { class: "comment", tabindex: "-1" },
    make("span", { class: "avatar", "aria-hidden": "true" }),
    make("header", {}, make("bdi", { class: "name" }), make("a", {}, make("time"))),
    make("div", { class: "text", dir: "auto" }),
    make("div", { class: "row" },
      press(gettext("Reply"), null, { class: "link" }),
      press(gettext("Share"), null, { class: "link" }),
      make("a", {}, gettext("Report"))));

  return (comment, { reply, note }) => {
    const { author, id, url } = comment;
    if (comment.removed) {
      return make("article", { class: "comment gone", id: `comment-${id}`, tabindex: "-1" },
        make("p", {}, gettext("A comment stood here. It is no longer published.")));
    }
    const article = blank.cloneNode(true);
    const [avatar, head, text, row] = article.childNodes;
    const [name, link] = head.childNodes;
    const when = link.firstChild;
    article.id = `comment-${id}`;
    avatar.textContent = author.initials;
    avatar.style.setProperty("--hue", hue(author.name));
    name.textContent = author.name;
    for (const mark of author.marks || []) add(head, make("span", { class: "mark" }, markName(mark, gettext)));
    if (author.first) add(head, make("span", {}, gettext("First comment here")));
    if (comment.featured) add(head, make("span", { class: "mark featured" }, gettext("Featured")));
    if (comment.in_reply_to?.name) add(head, make("span", {}, gettext("to %(name)s", { name: comment.in_reply_to.name })));
    const time = new Date(comment.created_at);
    when.dateTime = comment.created_at;
    when.textContent = ago(time);
    when.onmouseover = () => { when.title = moment(time); }; // to word it for all of them would take longer than to draw them
    add(head, url ? link : when);
    text.textContent = comment.body;

    const [answer, pass, report] = row.childNodes;
    const named = (button, onclick) => {
      button.onclick = onclick;
      button.setAttribute("aria-label", `${button.textContent}, ${author.name}`);
    };
    if (url) {
      link.href = url;
      named(pass, () => share(url, pass, words));
      report.href = `${url}/report`;
    } else {
      link.remove();
      empty(row);
    }
    if (reply) named(answer, reply);
    else answer.remove();
    if (note) article.insertBefore(note, row);
    return article;
  };
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
