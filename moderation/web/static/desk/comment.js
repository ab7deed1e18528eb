/* One comment on a page of its own: it is locked for others while it is open. */
import "./keys.js";
import { Locks } from "./locks.js";

const pane = document.querySelector(".pane");
const locks = new Locks({ token: pane.dataset.token, got: () => {} });
if (pane.dataset.waiting) locks.want(pane.dataset.comment);
