/* One comment on a page of its own: it is claimed while it is open. */
import "./keys.js";
import { Claims } from "./claims.js";

const pane = document.querySelector(".pane");
const claims = new Claims({ token: pane.dataset.token, got: () => {} });
if (pane.dataset.waiting) claims.want(pane.dataset.comment);
