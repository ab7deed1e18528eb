/* The section of one article, from its first request to its last. */
import { discussion } from "./threads.js";
import { fill } from "./comment.js";
import { writeForm } from "./form.js";
import { keeperOf } from "./kept.js";
import { add, empty, make, press, quietly } from "./plain.js";
import { whenIdle } from "./page.js";
import { told } from "./refusals.js";

const NEWS = 60000; // milliseconds between two looks for new comments
let sections = 0;

/* What becomes of a comment that is sent. */
const FOLLOWS = (gettext) => ({
  after_review: gettext("A moderator reads comments before they appear."),
  some_at_once: gettext("Some comments appear at once; a moderator reads the others first."),
});

/* Fills `root`, an empty element. `words` is a speaker, `service` what `server.js` makes, `site` the site's key, `sort` the
   order to begin with, `signIn` where readers sign in. Returns what closes it. */
export const openSection = (root, { words, service, site, sort, signIn }) => {
  const { gettext, ngettext, number, moment } = words;
  const id = `section-${sections += 1}`;
  const reader = service.reader();
  let closed = false;
  let timer = 0;
  let facts;
  let keeper;
  let talk;
  let own = 0; // published at once since the last look, which aren't news to their writer

  const spoken = make("p", { class: "hidden", role: "status" });
  const trouble = make("div", {});
  const count = make("span", { class: "count" });
  const heading = make("h2", { id, class: "heading" }, gettext("Reader comments"), " ", count);
  const more = press(gettext("Show more comments"), () => showMore(), { class: "button more" });
  const news = press("", () => start("newest", true), { class: "button primary" });
  const newsBar = make("div", { class: "news", role: "status" });
  const write = make("div", { class: "write" });
  const section = make("section", { class: "section", "aria-labelledby": id }, heading, spoken, trouble);

  const tell = (refusal, again) => {
    empty(trouble);
    const box = make("div", { class: "notice bad", role: "alert" }, make("p", {}, told(refusal, words).words));
    if (again) add(box, press(gettext("Try again"), again));
    add(trouble, box);
  };

  const send = async (draft, parent) => {
    try {
      const answer = await service.send(facts, draft, parent);
      if (answer.status === "approved") own += 1;
      spoken.textContent = answer.status === "rejected" ? answer.message : thanks(answer);
      return answer;
    } catch (refusal) {
      throw told(refusal, words);
    }
  };

  const thanks = ({ status, message }) => {
    if (status === "approved") return gettext("Thank you. Your comment is published.");
    return status === "rejected" ? message : gettext("Thank you. Your comment waits for a moderator.");
  };

  /* --- writing ----------------------------------------------------------------------------------------------------- */

  const drawWriting = (sent) => {
    empty(write);
    if (facts.article.state !== "open") {
      add(write, make("p", {}, facts.article.closed_because || gettext("Comments are closed here.")));
      return null;
    }
    add(write, make("h3", { class: "heading" }, gettext("Leave a comment")));
    if (facts.sign_in && !facts.reader) {
      add(write, make("p", {}, make("a", { href: signIn }, gettext("Please sign in to write a comment."))));
      return null;
    }
    if (sent) {
      const again = press(gettext("Write another comment"), () => drawWriting().focus());
      const notice = make("div", { class: "notice good", tabindex: "-1" }, make("p", {}, thanks(sent)), again);
      add(write, notice);
      return notice;
    }
    add(write, make("p", { class: "guideline" },
      gettext("We welcome thoughtful discussions from our readers. Please keep comments respectful and on-topic."), " ",
      make("a", { href: service.rules, target: "_blank" }, gettext("Rules for comments"))));
    const closes = facts.article.closes_at;
    if (closes) add(write, make("p", { class: "guideline" }, gettext("Open until %(time)s.", { time: moment(new Date(closes)) })));
    const { form, focus } = writeForm({
      words, rules: facts.rules, keeper, send, reader: facts.reader,
      sent: (answer, draft) => {
        talk.arrived(answer, draft);
        drawWriting(answer).focus();
      },
    });
    add(write, form);
    const follows = FOLLOWS(gettext)[facts.what_follows];
    if (follows) add(write, make("p", { class: "hint" }, follows));
    return { focus };
  };

  /* --- reading ----------------------------------------------------------------------------------------------------- */

  const showMore = async () => {
    try {
      const page = await service.page(sort, facts.next);
      const first = fill(talk.list, page.comments, talk.draw);
      facts.next = page.next;
      more.hidden = !page.next;
      if (first) first.firstChild.focus();
    } catch (refusal) {
      tell(refusal);
    }
  };

  const select = make("select", { class: "input", "aria-label": gettext("Sort"), onchange: () => start(select.value) });
  const sorting = () => {
    empty(select);
    for (const [value, label] of [["newest", gettext("Newest first")], ["oldest", gettext("Oldest first")], ["featured", gettext("Featured first")]]) {
      add(select, make("option", { value, selected: value === sort }, label));
    }
    return make("div", { class: "bar" },
      press(gettext("Leave a comment"), () => (write.querySelector("textarea, .notice") || drawWriting() || write.querySelector("a"))?.focus(), { class: "link" }),
      select);
  };

  const announcement = ({ kind, text, until }) => make("div", { class: "announcement" },
    make("h3", {}, kind === "question" ? gettext("The newsroom asks") : gettext("From the newsroom")),
    make("p", { class: "text", dir: "auto" }, text),
    until && make("p", { class: "hint" }, gettext("Open until %(time)s.", { time: moment(new Date(until)) })));

  const drawList = () => {
    const all = facts.article.count;
    count.textContent = all ? number(all) : "";
    select.value = sort;
    fill(talk.list, facts.comments, talk.draw, true);
    more.hidden = !facts.next;
    talk.showOwnComments();
  };

  const drawAll = () => {
    const { article, comments } = facts;
    keeper = keeperOf(site, article.id);
    empty(section);
    for (const part of [heading, spoken, trouble]) add(section, part);
    if (facts.announcement) add(section, announcement(facts.announcement));
    if (article.state === "hidden") {
      add(section, make("p", {}, gettext("The comments under this article are not shown at the moment.")));
      return;
    }
    talk = discussion({ words, service, keeper, facts, send, trouble: tell });
    if (comments.length) add(section, sorting());
    else if (article.state === "open") add(section, make("p", { class: "guideline" }, gettext("No comment is published here yet. Yours can be the first.")));
    for (const part of [talk.waiting, talk.list, newsBar, more, write]) add(section, part);
    drawList();
    empty(write);
    whenIdle(() => write.firstChild || drawWriting()); // fields cost a page more than many comments
  };

  /* Whoever followed a link to one comment is taken there. */
  const goToLinked = () => {
    const linked = /^#(comment-[\w-]+)$/.exec(location.hash);
    const found = linked && talk && talk.drawn(linked[1].slice(8));
    if (!found) return;
    found.scrollIntoView({ block: "center" });
    found.focus({ preventScroll: true });
  };

  /* New comments announce themselves and never move the page: they are shown when the reader asks for them. */
  const look = async () => {
    clearTimeout(timer);
    if (closed) return;
    timer = setTimeout(look, NEWS);
    if (document.visibilityState !== "visible" || !talk) return;
    const found = await service.news(facts.article.id, facts.newest).catch(() => null);
    const fresh = found ? found.new - own : 0;
    if (fresh < 1 || closed) return;
    news.textContent = ngettext("%(num)s new comment", "%(num)s new comments", fresh);
    add(newsBar, news);
  };

  /* From the first page on. In another order, or with what is new, the list begins anew where it stands. */
  const start = async (order, focus) => {
    const first = !facts || !facts.comments.length;
    section.setAttribute("aria-busy", "true");
    try {
      const answer = await service.page(order || sort);
      answer.reader = await reader;
      if (closed) return;
      sort = order || sort;
      facts = answer;
      own = 0;
      empty(trouble);
      empty(newsBar);
      if (first) {
        drawAll();
        goToLinked();
      } else {
        drawList();
        spoken.textContent = ngettext("%(num)s comment", "%(num)s comments", facts.article.count);
      }
      if (focus) talk.list.querySelector(".comment")?.focus();
    } catch (refusal) {
      quietly(refusal);
      tell(refusal, () => start(order, focus));
    }
    section.removeAttribute("aria-busy");
  };

  add(root, section);
  start();
  timer = setTimeout(look, NEWS);
  document.addEventListener("visibilitychange", look);
  return () => {
    closed = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
};
