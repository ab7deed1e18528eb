/* What the scripts of the desk say: English stands in the code, other languages come with the page (script_words.py). */
const words = JSON.parse((document.getElementById("main") || { dataset: {} }).dataset.words || "{}");
const plural = new Intl.PluralRules(document.documentElement.lang || "en");

const fill = (text, filled) => text.replace(/%\((\w+)\)s/g, (_, name) => filled[name]);

export const gettext = (text, filled = {}) => fill(words[text] || text, filled);

export const ngettext = (one, many, number, filled = {}) => {
  const forms = words[one] || { one, other: many };
  return fill(forms[plural.select(number)] || forms.other, { number, ...filled });
};
