/* The discussion: threads with their replies one level deep, the form for a reply where somebody replies, and beside the
   published comments those that only their writer sees. */
import { drawer, fill, ownNote } from "./comment.js";
import { writeForm } from "./form.js";
import { add, empty, make, press } from "./plain.js";

const SHOWN_TO_WRITER = { received: true, pending: true, rejected: true };

const initial = (name) => (name.match(/[\p{L}\p{N}]/u) || ["·"])[0].toUpperCase();

/* `facts` is what the service said of the article; `send(draft, parent)` sends; `trouble(refusal)` tells the reader. */
export const discussion = ({ words, service, keeper, facts, send, trouble }) => {
  const { gettext, ngettext } = words;
  const drawComment = drawer(words);
  const open = facts.article.state === "open" && (!facts.sign_in || facts.reader);
  const list = make("ol", { class: "threads", "aria-label": gettext("Comments") });
  const waiting = make("ol", { class: "threads", "aria-label": gettext("Comments that only you see") });
  const drawn = (id) => list.querySelector(`[id="comment-${id}"]`);

  /* Only its writer sees it, where it would stand. `stands` is {status, message}. Returns its element. */
  const showOwn = (own, stands) => {
    const note = ownNote({ ...stands, link: service.link(own.id, own.receipt) }, words);
    const shown = drawComment(own, { note });
    const parent = own.parent && drawn(own.parent);
    add(parent ? parent.closest(".threads > li").querySelector(".replies") : waiting, make("li", { class: "own" }, shown));
    return shown;
  };

  /* A comment has just arrived. */
  const arrived = ({ id, receipt, created_at, ...stands }, { name, body }, parent) => {
    const own = { id, receipt, created_at, parent, body, author: { name, initials: initial(name) } };
    keeper.keepOwn([...keeper.own(), own]);
    return showOwn(own, stands);
  };

  /* The form under a comment; whoever presses twice is taken to the one that is there. */
  const reply = (comment, item) => {
    const close = (draft) => {
      item.writing.form.remove();
      item.writing = null;
      if (!draft) keeper.keepDraft(comment.id, null);
    };
    if (!item.writing) {
      item.writing = writeForm({
        words,
        rules: facts.rules,
        keeper,
        reader: facts.reader,
        to: comment,
        send: (draft) => send(draft, comment.id),
        sent: (answer, draft) => {
          close(draft);
          arrived(answer, draft, comment.id).focus();
        },
        cancel: () => {
          close();
          item.firstChild.focus();
        },
      });
      item.insertBefore(item.writing.form, item.firstChild.nextSibling);
    }
    return item.writing;
  };

  const draw = (comment) => {
    const item = make("li", {});
    add(item, drawComment(comment, { reply: open && (() => reply(comment, item).focus()) }));
    if (open && keeper.draft(comment.id)) reply(comment, item);
    if (comment.replies) {
      const { comments, next } = comment.replies;
      const under = make("ol", { class: "replies", "aria-label": gettext("Replies") });
      fill(under, comments, draw);
      add(item, under);
      if (next) add(item, further(comment, under));
    }
    return item;
  };

  const further = ({ id, replies: { count, next } }, under) => {
    let cursor = next;
    const show = async () => {
      try {
        const more = await service.replies(id, cursor);
        const first = fill(under, more.comments, draw);
        cursor = more.next;
        if (first) first.firstChild.focus();
        if (cursor) name();
        else button.remove();
      } catch (refusal) {
        trouble(refusal);
      }
    };
    const button = press("", show, { class: "link more" });
    const name = () => {
      const left = Math.max(1, count - under.childElementCount);
      button.textContent = ngettext("Show %(num)s more reply", "Show %(num)s more replies", left);
    };
    name();
    return button;
  };

  /* What this reader wrote in this tab and still waits; what is published or gone is kept no longer. */
  const showOwnComments = async () => {
    const gone = new Set();
    const shown = new Map();
    for (const own of keeper.own()) {
      const unknown = (refusal) => ({ status: refusal.status === 404 ? "gone" : "pending" });
      const stands = await service.standing(own.id, own.receipt).catch(unknown);
      if (SHOWN_TO_WRITER[stands.status]) shown.set(own, stands);
      else gone.add(own.id);
    }
    const left = [];
    for (const own of keeper.own()) if (!gone.has(own.id)) left[left.length] = own;
    keeper.keepOwn(left);
    empty(waiting);
    for (const [own, stands] of shown) showOwn(own, stands);
  };

  return { list, waiting, drawn, draw, arrived, showOwnComments };
};
