// A speaker at a glance: a letter in a colour, beside the name.

import { html } from "../ui.js";

/** @param {{badge: import("../model/speakers.js").Badge | undefined}} given */
export function Badge({ badge }) {
  if (!badge) return null;
  return html`<span class="badge" data-colour=${badge.colour} aria-hidden="true">${badge.letter}</span>`;
}
