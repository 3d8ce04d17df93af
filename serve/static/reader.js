/** The article with its spans marked. */

import { element } from "./dom.js";
import { percent } from "./format.js";
import { countBelow } from "./offsets.js";

/** Shows texts in a container. `marks` holds an element for each span, in text order. */
export class Reader {
  #nodes = []; // the text nodes, in order
  #starts = []; // where each starts, in UTF-16 units

  constructor(container) {
    this.container = container;
    this.marks = [];
  }

  /** Show the text (CodePoints) with its spans, which are in text order and do not overlap. */
  show(points, spans) {
    const fragment = document.createDocumentFragment();
    const add = (parent, start, end) => {
      if (start === end) return;
      this.#starts.push(start);
      this.#nodes.push(parent.appendChild(document.createTextNode(points.text.slice(start, end))));
    };
    let done = 0;
    this.#nodes = [];
    this.#starts = [];
    this.marks = spans.map((span, index) => {
      const [start, end] = [points.unit(span.start), points.unit(span.end)];
      const mark = markOf(span, index);
      add(fragment, done, start);
      add(mark, start, end);
      fragment.append(mark);
      done = end;
      return mark;
    });
    add(fragment, done, points.text.length);
    this.container.replaceChildren(fragment);
    this.container.scrollTop = 0;
  }

  /** The parts of a range of UTF-16 units that stand outside of marks, as ranges of the page. */
  unmarked(start, end) {
    const [first, last] = [countBelow(this.#starts, start + 1) - 1, countBelow(this.#starts, end)];
    return this.#nodes.slice(first, last).flatMap((node, index) => {
      const offset = this.#starts[first + index];
      const isMarked = node.parentNode !== this.container;
      return isMarked ? [] : [rangeIn(node, Math.max(start - offset, 0), Math.min(end - offset, node.length))];
    });
  }
}

function rangeIn(node, start, end) {
  const range = document.createRange();
  range.setStart(node, start);
  range.setEnd(node, end);
  return range;
}

function markOf({ tag, score }, index) {
  const name = tag.toLowerCase();
  return element("mark", {
    class: `tag ${name}`,
    role: "button",
    tabindex: index ? -1 : 0,
    title: `${name}, ${percent(score)}`,
    "data-index": index,
  });
}
