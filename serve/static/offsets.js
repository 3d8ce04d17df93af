/** Offsets of the API count Unicode code points, those of JavaScript's strings UTF-16 units. */

/** A text that can be sliced by code points. Building it is linear, each look-up logarithmic. */
export class CodePoints {
  #pairs = []; // the code point offset of each character that takes two units

  constructor(text) {
    this.text = text;
    for (const found of text.matchAll(/[\u{10000}-\u{10ffff}]/gu)) this.#pairs.push(found.index - this.#pairs.length);
  }

  /** The UTF-16 offset of a code point offset. */
  unit(offset) {
    return offset + countBelow(this.#pairs, offset);
  }

  /** The text of a half-open range of code points. */
  slice({ start, end }) {
    return this.text.slice(this.unit(start), this.unit(end));
  }
}

/** How many of the ascending numbers are smaller than the limit. */
export function countBelow(numbers, limit) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
