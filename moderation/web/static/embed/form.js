/* The form for a comment or a reply: it counts as the server counts, says why it can't be sent yet, and loses nothing. */
import { visibleLength } from "../visible-length.js";
import { newKey } from "./kept.js";
import { add, empty, make, press } from "./plain.js";

const LONG = 20000; // characters, from which on counting waits for a pause
const PAUSE = 1200; // milliseconds until the counter is spoken
let forms = 0;

/* `reader` is the name of whoever has signed in; `to` is the comment that is replied to, if it is a reply; `send(draft)`
   resolves once it has arrived and rejects with words for the reader; `sent(answer, draft)` is told; `cancel` closes a reply. */
export const writeForm = ({ words: { gettext, ngettext, number }, rules, keeper, reader, to, send, sent, cancel }) => {
  const id = `form-${forms += 1}`;
  const parent = to ? to.id : "";
  const minimum = to ? rules.reply_minimum_length : rules.minimum_length;
  const maximum = rules.maximum_length;
  const kept = keeper.draft(parent);
  let key = kept ? kept.key : newKey();
  let asked = kept && kept.asked; // about a sentence, once
  let busy = false;
  let later = 0;
  let pause = 0;

  const name = make("input", { class: "input", id: `${id}-name`, autocomplete: "name", dir: "auto", "aria-describedby": `${id}-why` });
  const body = make("textarea", { class: "input", id: `${id}-body`, rows: to ? 4 : 6, dir: "auto", "aria-describedby": `${id}-least ${id}-why` });
  const counter = make("span", { class: "counter" });
  const spoken = make("p", { class: "hidden", "aria-live": "polite" });
  const why = make("p", { class: "why", id: `${id}-why` });
  const button = make("button", { class: "button primary" }, gettext("Send comment"));
  const trouble = make("div", { role: "alert" });
  const hint = make("p", { class: "hint" });
  name.value = reader || (kept && kept.name) || keeper.writer();
  name.readOnly = reader;
  body.value = kept ? kept.body : "";

  /* What is missing, in words, and the field where it is missing. */
  const missing = () => {
    const length = visibleLength(body.value);
    const enough = length >= minimum && length <= maximum;
    counter.textContent = `${number(length)}/${number(length > maximum ? maximum : minimum)}`;
    counter.className = `counter ${enough ? "enough" : length > maximum ? "over" : ""}`;
    if (length < minimum) {
      return [ngettext("%(num)s more character needed", "%(num)s more characters needed", minimum - length), body];
    }
    if (!enough) return [ngettext("%(num)s character too many", "%(num)s characters too many", length - maximum), body];
    const named = visibleLength(name.value);
    if (!named) return [gettext("Your name is missing"), name];
    const over = named - rules.name_maximum;
    if (over > 0) return [gettext("Your name is too long"), name];
    return [];
  };

  const show = () => {
    const [words] = missing();
    why.textContent = words || "";
    button.setAttribute("aria-disabled", Boolean(words) || busy);
    clearTimeout(pause);
    pause = setTimeout(() => { spoken.textContent = words || gettext("Long enough"); }, PAUSE);
  };

  const keep = () => keeper.keepDraft(parent, { name: name.value, body: body.value, key, asked });

  const typed = () => {
    key = newKey();
    button.textContent = gettext("Send comment");
    keep();
    empty(hint);
    for (const field of [name, body]) field.removeAttribute("aria-invalid");
    clearTimeout(later);
    if (body.value.length > LONG) later = setTimeout(show, PAUSE);
    else show();
  };

  const complain = (text, field, more) => {
    empty(trouble);
    add(trouble, make("div", { class: "notice bad" }, make("p", {}, text), more && make("p", {}, more)));
    if (!field) return;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  };

  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const [words, field] = missing();
    if (words) {
      complain(gettext("Not sent yet: %(why)s.", { why: words }), field);
      return;
    }
    busy = true;
    empty(trouble);
    button.textContent = gettext("Sending…");
    show();
    const draft = { name: name.value, body: body.value, key, asked };
    keep();
    let label = gettext("Send comment");
    const answer = await send(draft).catch((told) => {
      if (told.code === "wording_to_reconsider") {
        asked = true;
        key = newKey(); // what is asked for now is another request
        label = gettext("Send it as it is");
        keep();
      }
      complain(told.words, told.field === "author.name" ? name : null, gettext("Not sent yet. What you wrote is kept here."));
    });
    busy = false;
    button.textContent = label;
    show();
    if (!answer) return;
    clearTimeout(pause);
    // What was typed meanwhile is another comment, and stays.
    if (body.value === draft.body) keeper.keepDraft(parent, { name: draft.name });
    sent(answer, draft);
  };

  const form = make("form", { class: to ? "form reply" : "form", novalidate: true, onsubmit: submit, oninput: typed },
    hint,
    make("div", { class: "field" }, make("label", { for: name.id }, gettext("Your name")), name),
    make("div", { class: "field" },
      make("label", { for: body.id }, to ? gettext("Your reply to %(name)s", { name: to.author.name }) : gettext("Your comment")),
      body,
      make("div", { class: "under" },
        make("span", { id: `${id}-least` }, ngettext("Minimum %(num)s character", "Minimum %(num)s characters", minimum)),
        counter)),
    spoken,
    make("div", { class: "row" },
      trouble,
      button,
      cancel && press(gettext("Cancel"), cancel),
      why));
  const discard = () => {
    body.value = "";
    typed();
    body.focus();
  };
  if (kept) {
    add(hint, gettext("We kept what you had written here."));
    add(hint, " ");
    add(hint, press(gettext("Discard it"), discard, { class: "link" }));
  }
  show();
  clearTimeout(pause); // nobody has typed yet
  return { form, focus: () => body.focus() };
};
