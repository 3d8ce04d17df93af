/** What belongs together lights up together: a claim and its spans, from either side. */

import { ROLES } from "./format.js";

const EVIDENCE = globalThis.CSS?.highlights ? new Highlight() : null; // not in every browser: then no sentence is tinted
if (EVIDENCE) CSS.highlights.set("evidence", EVIDENCE);

/** For each claim the indexes of its spans, the quantity's first; for each span those of the claims that it is part of. */
export function linksOf({ spans, claims }) {
  const indexAt = new Map(spans.map((span, index) => [span.start, index])); // spans do not overlap
  const spansOf = claims.map((claim) =>
    Object.keys(ROLES).filter((role) => claim[role]).map((role) => indexAt.get(claim[role].start)));
  const claimsOf = spans.map(() => []);
  spansOf.forEach((indexes, claim) => indexes.forEach((index) => claimsOf[index].push(claim)));
  return { spansOf, claimsOf };
}

/**
 * Lights rows and marks as the pointer rests on one of them or it has the focus; the pointer goes first. `jump` is
 * called with the counterpart of an item on which Enter was pressed.
 */
export class Linking {
  #lit = [];
  #focused = null;
  #result = null;

  constructor(reader, claimsPane, jump) {
    this.reader = reader;
    this.panes = [reader.container, claimsPane];
    this.jump = jump;
    this.panes.forEach((pane) => this.#listen(pane));
  }

  /** Link the rows of the table with the marks of the reader, for an extraction of `points` (CodePoints). */
  connect(row, rows, points) {
    this.#result = { ...linksOf(row), row, rows, points };
    this.#focused = null;
    this.#light(null);
  }

  #listen(pane) {
    const itemOf = (event) => event.target.closest("[data-index]");
    pane.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.#light(itemOf(event) ?? this.#focused));
    pane.addEventListener("pointerleave", () => this.#light(this.#focused));
    pane.addEventListener("focusin", (event) => this.#focus(itemOf(event)));
    pane.addEventListener("focusout", () => this.#focus(null));
    pane.addEventListener("keydown", (event) => this.#press(event, pane, itemOf(event)));
  }

  #focus(item) {
    this.#focused = item;
    this.#light(item, true);
    if (item) makeTabStop(item);
  }

  #press(event, pane, item) {
    if (item === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = pane === this.reader.container ? this.reader.marks : this.#result.rows;
    const next = event.key === "Enter" || event.key === " " ? this.#counterpart(item) : moved(event.key, items, item);
    if (!next) return;
    event.preventDefault();
    if (items.includes(next)) next.focus();
    else this.jump(next);
  }

  /** Where Enter leads: from a claim to its quantity, from a span to its first claim. */
  #counterpart(item) {
    const { spansOf, claimsOf, rows } = this.#result;
    const index = Number(item.dataset.index);
    return isRow(item) ? this.reader.marks[spansOf[index][0]] : rows[claimsOf[index][0]];
  }

  #light(item, focused = false) {
    for (const lit of this.#lit) lit.classList.remove("lit");
    this.#lit = [];
    EVIDENCE?.clear();
    if (item === null) return;
    const { spansOf, claimsOf, row, rows, points } = this.#result;
    const index = Number(item.dataset.index);
    const claims = isRow(item) ? [index] : claimsOf[index];
    const marks = claims.flatMap((claim) => spansOf[claim]).map((span) => this.reader.marks[span]);
    this.#lit = [item, ...marks, ...claims.map((claim) => rows[claim])];
    for (const lit of this.#lit) lit.classList.add("lit");
    for (const { start, end } of claims.map((claim) => row.claims[claim].sentence))
      for (const range of this.reader.unmarked(points.unit(start), points.unit(end))) EVIDENCE?.add(range);
    const counterpart = this.#counterpart(item);
    if (counterpart) reveal(counterpart, this.panes[isRow(item) ? 0 : 1], focused);
  }
}

/** The item that a key of navigation leads to, or undefined. */
function moved(key, items, item) {
  const index = Number(item.dataset.index);
  const steps = { ArrowDown: index + 1, ArrowRight: index + 1, ArrowUp: index - 1, ArrowLeft: index - 1, Home: 0, End: items.length - 1 };
  return items[steps[key]];
}

/** The Tab key stops once in a pane, however many items it has: at the one that had the focus last. */
function makeTabStop(item) {
  const pane = item.closest(".pane");
  for (const stop of pane.querySelectorAll("[data-index][tabindex='0']")) stop.tabIndex = -1;
  item.tabIndex = 0;
}

/** Scroll the pane so that the item shows. The page itself moves only for the focus, never under a resting pointer. */
function reveal(item, pane, focused) {
  if (pane.scrollHeight === pane.clientHeight) {
    if (focused) item.scrollIntoView({ block: "nearest" });
    return;
  }
  const [inner, outer] = [item.getBoundingClientRect(), pane.getBoundingClientRect()];
  const margin = Math.min(72, outer.height / 4);
  const [above, below] = [inner.top - outer.top - margin, inner.bottom - outer.bottom + margin];
  if (above < 0) pane.scrollBy({ top: above });
  else if (below > 0) pane.scrollBy({ top: below });
}

function isRow(item) {
  return item.localName === "tr";
}
