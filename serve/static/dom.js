/** Elements are only ever built here: what comes from outside becomes text nodes and attribute values, never markup. */

/** An element with attributes and children; a string child becomes a text node, null is left out. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** The element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}
