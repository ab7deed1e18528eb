/* One key each. Every key presses a button, follows a link or goes to a field that is on the page, so whatever works
   here works without this script too. */

document.documentElement.classList.add("scripted");

const help = document.getElementById("help");
const switches = Array.from(document.querySelectorAll("[data-keys-on]"));

const on = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
for (const box of switches) {
  box.checked = on();
  box.addEventListener("change", () => {
    for (const other of switches) other.checked = box.checked;
    try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* then it lasts for this page */ }
  });
}

const pane = () => document.querySelector(".pane");
const inThread = () => document.activeElement && document.activeElement.closest(".thread [data-comment]");

/* Where a key is looked for: the comment of the thread that has the focus, then the comment that is open, then all. */
const find = (key) => {
  const selector = `[data-key="${key}"]:not([disabled], [aria-disabled="true"])`;
  const near = inThread();
  if (near && near.querySelector(selector)) return near.querySelector(selector);
  if (near && "ar".includes(key)) return null; // meant for this one, and not for the one that is open
  for (const where of [pane(), document]) {
    const found = where && Array.from(where.querySelectorAll(selector)).find((one) => !one.closest(".thread [data-comment]"));
    if (found) return found;
  }
  return null;
};

const unfold = (details) => {
  details.open = true;
  if (details.matches(".reject, .note, .author-card")) {
    const first = details.querySelector(".panel :is(button, select, textarea)") || details.querySelector(".panel a");
    first.focus({ preventScroll: true });
  }
  if (details.matches(".thread-around")) {
    const first = details.querySelector("li[data-comment]:has(form)") || details.querySelector("li[data-comment]");
    if (first) first.focus();
  }
};

const fold = (details) => {
  details.open = false;
  const back = details.closest(".thread [data-comment], .pane");
  if (back) back.focus({ preventScroll: true });
};

const press = (key) => {
  const found = find(key);
  if (!found) return false;
  for (let around = found.closest("details"); around; around = around.parentElement.closest("details")) {
    if (!around.open && found.parentElement !== around) around.open = true;
  }
  if (found.matches("summary")) {
    if (found.parentElement.open) fold(found.parentElement);
    else unfold(found.parentElement);
  } else if (found.matches("input, textarea")) {
    found.focus();
    found.select();
  } else {
    found.click();
  }
  return true;
};

const rejecting = () => {
  const near = inThread();
  if (near) return near.querySelector("details.reject[open]");
  return pane() && pane().querySelector(".action-bar details.reject[open]");
};

/* To the reader in other words: the field begins with the sentence of the reason that is picked. */
let adapting = false;

const adapt = (folded, button) => {
  const field = folded.querySelector("textarea[name=sentence]");
  for (const other of folded.querySelectorAll(".picked")) other.classList.remove("picked");
  button.classList.add("picked");
  field.value = button.dataset.sentence;
  field.focus();
  adapting = false;
};

const choose = (digit) => {
  const folded = rejecting();
  const button = folded && folded.querySelector(`[data-digit="${digit}"]`);
  if (!button) return false;
  if (adapting) adapt(folded, button);
  else button.click();
  return true;
};

const otherWords = () => {
  const folded = rejecting();
  if (!folded) return false;
  const picked = document.activeElement.closest("[data-digit]");
  if (picked && picked !== folded.querySelector("[data-digit]")) adapt(folded, picked);
  else adapting = true;
  return true;
};

const moveInThread = (step) => {
  const here = inThread();
  if (!here) return false;
  const all = Array.from(here.closest(".thread").querySelectorAll("li[data-comment]"));
  const next = all[all.indexOf(here) + step];
  if (next) next.focus();
  return true;
};

const escape = (target) => {
  const folded = target.closest("details.pop[open], details.thread-around[open]")
    || document.querySelector(".pane details.pop[open]");
  adapting = false;
  if (folded) fold(folded);
  else if (target.matches("input, textarea")) target.blur();
  return Boolean(folded);
};

/* The key that is meant, whatever the keyboard: what it writes where that is a Latin letter (Caps Lock or not), else
   where it lies: Cyrillic, Greek and Hebrew letters are read by their place, and so are digits that need Shift (AZERTY). */
const meant = (event) => {
  const { key, code, shiftKey } = event;
  if (key.length !== 1) return key;
  const digit = !shiftKey && /^(?:Digit|Numpad)([0-9])$/.exec(code);
  if (digit) return digit[1];
  if (/^[a-zA-Z]$/.test(key)) return shiftKey && !event.getModifierState("CapsLock") ? key : key.toLowerCase();
  if (code === "Slash" && (key === "." || key > "~")) return shiftKey ? "?" : "/";
  const letter = !shiftKey && key > "~" && /^Key([A-Z])$/.exec(code);
  return letter ? letter[1].toLowerCase() : key;
};

const handle = (key) => {
  if (/^[1-9]$/.test(key)) return choose(key);
  if (key === "w") return otherWords();
  if (key === "j") return moveInThread(1) || press("j");
  if (key === "k") return moveInThread(-1) || press("k");
  return /^[a-z/?]$/.test(key) && press(key);
};

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.defaultPrevented || event.isComposing || target.closest("dialog")) return;
  if (event.key === "Escape") { if (escape(target)) event.preventDefault(); return; }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.matches("textarea")) {
    const picked = target.form.querySelector(".picked");
    target.form.requestSubmit(picked || undefined);
    event.preventDefault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("textarea, select, .several, input:not([type=radio], [type=checkbox])")) return;
  const key = meant(event);
  if (!on() && key !== "?") return;
  if (event.repeat && !"jk".includes(key)) return;
  if (handle(key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const asked = event.target.closest('[data-key="?"]');
  if (!asked || !help || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  help.showModal();
});

/* A panel that folds out closes when something else is pressed; but while a reason is chosen the text is read. */
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.pop[open]")) {
    const reads = open.closest(".action-bar") && event.target.closest(".inside");
    if (!open.contains(event.target) && !reads) open.open = false;
  }
});

/* On a narrow screen the panel stands below the text: then both are brought into sight. */
document.addEventListener("toggle", ({ target }) => {
  if (!target.open || !target.matches(".action-bar .pop")) return;
  const narrow = getComputedStyle(target.querySelector(".panel")).position === "static";
  if (narrow) target.closest(".pane").scrollIntoView({ block: "start" });
}, true);

/* Where one is shall be seen in a menu that is wider than the screen. */
for (const chosen of document.querySelectorAll("nav [aria-current]")) chosen.scrollIntoView({ block: "nearest", inline: "nearest" });

const told = document.getElementById("conflict") || document.getElementById("problem");
if (told) told.focus();
