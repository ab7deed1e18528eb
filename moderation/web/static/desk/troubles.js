/* What went wrong, told above the list until it is put away. */
import { at, ourPath } from "./root.js";
import { gettext } from "./words.js";

const troubles = document.getElementById("troubles");

export const piece = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html; // eslint-disable-line no-restricted-syntax -- our own server's, or written here
  return holder.content;
};

const headline = ({ current, open_with: by }) => {
  if (current) return [current.words, gettext("Nothing was overwritten.")].join(". ");
  return by ? gettext("%(name)s has this comment open. Nothing was changed yet.", { name: by }) : gettext("That was not done.");
};

const told = (item, answer) => {
  if (answer.open_with) return `${item.name}: ${item.words}?`;
  return [item.name, answer.current ? "" : item.words, answer.detail].filter(Boolean).join(": ");
};

/* An action that failed comes back with its comment, and with what was typed for it; `again` opens the comment, and
   `anyway` does what waits for a second press. */
export const trouble = (item, answer, again, anyway) => {
  const box = document.createElement("div");
  box.className = "notice warn";
  box.append(piece("<p><strong></strong> <span></span></p><p><a></a> <button type='button' class='link'></button></p>"));
  box.querySelector("button").textContent = gettext("Put away");
  box.querySelector("strong").textContent = headline(answer);
  box.querySelector("span").textContent = told(item, answer);
  for (const [name, typed] of item.fields || []) {
    if (!typed || (name !== "note" && name !== "sentence")) continue;
    box.append(Object.assign(document.createElement("p"), { className: "kept", textContent: typed }));
  }
  const link = box.querySelector("a");
  if (item.comment) {
    link.href = at(`/review/comments/${item.comment}`);
    link.textContent = gettext("Look at it");
    link.addEventListener("click", (event) => { event.preventDefault(); again(item.comment); box.remove(); });
  } else link.remove();
  box.querySelector("button").addEventListener("click", () => box.remove());
  if (answer.open_with) {
    const press = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: gettext("Do it all the same") });
    press.addEventListener("click", () => { anyway(item); box.remove(); });
    box.lastElementChild.prepend(press, " ");
  }
  troubles.append(box);
};

/* What is to be sent has to wait for the network or a sign-in; an empty `why`: it goes on. */
export const held = (why, number) => {
  const waits = document.getElementById("held") || Object.assign(document.createElement("p"), { id: "held", className: "notice warn" });
  waits.textContent = why === "network"
    ? gettext("The network is away. %(number)s of your actions wait here and go out as soon as it is back; go on reading.", { number })
    : gettext("You were signed out. %(number)s of your actions wait in this tab. Sign in again here and they go out.", { number });
  if (why) troubles.append(waits); else waits.remove();
  if (why === "signed out") {
    const link = Object.assign(document.createElement("a"), { href: at(`/login?next=${encodeURIComponent(ourPath())}`), textContent: gettext(" Sign in") });
    waits.append(link);
  }
};
