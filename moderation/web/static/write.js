/* The comment form: a live counter, spoken when the writer pauses, and a refusal before a comment is sent that the
   server would refuse anyway. Without this script the form works just as well. */
import { visibleLength } from "./visible-length.js";

(() => {
  const body = document.getElementById("body");
  if (!body) {
    const sent = document.getElementById("sent");
    if (sent) sent.focus({ preventScroll: false });
    return;
  }
  const counter = document.getElementById("counter");
  const spoken = document.getElementById("counter-spoken");
  const refusal = document.getElementById("too-short");
  const minimum = Number(body.dataset.minimum);
  const maximum = Number(body.dataset.maximum);
  let pause = 0;

  const said = JSON.parse(body.dataset.words); // in the page's language
  const plural = new Intl.PluralRules(document.documentElement.lang);

  const counted = (forms, number) => (forms[plural.select(number)] || forms.other).replace("%(number)s", number);
  const words = (length) => {
    if (length < minimum) return counted(said.needed, minimum - length);
    if (length > maximum) return counted(said.over, length - maximum);
    return said.enough;
  };

  const show = () => {
    const length = visibleLength(body.value);
    counter.textContent = length > maximum ? `${length}/${maximum}` : `${length}/${minimum}`;
    if (length >= minimum && length <= maximum) refusal.textContent = "";
    counter.classList.toggle("enough", length >= minimum && length <= maximum);
    counter.classList.toggle("over", length > maximum);
    clearTimeout(pause);
    // Spoken once the writer pauses, not at every letter.
    pause = setTimeout(() => { spoken.textContent = words(length); }, 1200);
    return length;
  };

  body.addEventListener("input", show);
  body.form.addEventListener("submit", (event) => {
    const length = show();
    if (length >= minimum && length <= maximum) return;
    event.preventDefault();
    clearTimeout(pause);
    refusal.textContent = said.unsent.replace("{why}", words(length));
    body.setAttribute("aria-invalid", "true");
    body.focus();
  });
  show();

  const problem = document.getElementById("problem");
  if (problem) problem.focus();
})();
