/* What a reader is told when something is refused: where the section knows more than the service in its own words, else in
   the service's, which come in the reader's language. */

const worded = ({ status, code, detail, wait }, { gettext, ngettext }) => {
  if (code === "signed_out") return gettext("You were signed out meanwhile. Please sign in again, then send it.");
  if (code === "sign_in_required") return detail;
  if (code === "shut_out" || status === 401) return gettext("Comments aren’t possible on this page at the moment.");
  if (status === 429) {
    return ngettext("That was a little fast. Please wait %(num)s minute, then send it again.", "That was a little fast. Please wait %(num)s minutes, then send it again.", Math.ceil(wait / 60) || 1);
  }
  return detail || gettext("The comments can’t be reached right now. Please try again in a moment.");
};

/* The words for a refusal, as `ask` rejects with, and the field that is to be mended, where it is one. */
export const told = (refusal, words) => {
  const [wrong] = refusal.errors || [];
  return { words: worded(refusal, words), code: refusal.code, field: wrong && wrong.field };
};
