/* What a reader is told when something is refused: by its code where the section knows more than the service (what becomes
   of what they wrote), else in the service's own words, which come in the reader's language. */

const worded = ({ code, wait }, { gettext, ngettext }) => {
  switch (code) {
    case "away":
      return gettext("The comments can’t be reached right now. What you wrote is kept here: please try again in a moment.");
    case "origin_not_allowed":
    case "key_invalid":
      return gettext("This page can’t send comments at the moment. What you wrote is kept here.");
    case "token_expired":
      return gettext("You were signed out meanwhile. What you wrote is kept here: please sign in again, then send it.");
    case "rate_limited":
      return ngettext("That was a little fast. Please wait %(num)s minute, then send it again.", "That was a little fast. Please wait %(num)s minutes, then send it again.", Math.ceil(wait / 60) || 1);
    default:
      return null;
  }
};

/* The words for a refusal, as `ask` rejects with; the field that is to be mended, if it is one of the form. */
export const told = (refusal, words) => {
  const [wrong] = refusal.errors || [];
  return {
    words: worded(refusal, words) || refusal.detail || worded({ code: "away" }, words),
    field: wrong && wrong.field,
  };
};
