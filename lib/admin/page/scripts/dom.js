/**
 * Making elements. All text goes in as text, never as markup: much of it comes from other machines.
 *
 * @module
 */

/** @typedef {Readonly<Record<string, string | number | null | undefined>>} Attributes */

/** A text of more characters gets a line of its own. */
const LONG = 40;
const SVG = "http://www.w3.org/2000/svg";

/**
 * Finds an element of the page by its id and class.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof (kind ?? HTMLElement))) throw new Error(`The page has no #${id}`);
  return /** @type {Kind} */ (element);
}

/**
 * Makes an element with attributes and children. A string becomes text; null is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} attributes
 * @param {(Node | string | null)[]} children
 */
export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/**
 * Makes a part of a drawing as {@linkcode make} does an element.
 *
 * @template {keyof SVGElementTagNameMap} Name
 * @param {Name} name
 * @param {Attributes} attributes
 * @param {(Node | string | null)[]} children
 */
export function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/**
 * @template {Element} Kind
 * @param {Kind} element
 * @param {Attributes} attributes
 * @param {readonly (Node | string | null)[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * Sets a text, but only if it differs: a live region would be read out again.
 *
 * @param {Element | null | undefined} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * Sets the terms and texts of a `dl`. What stays the same is left alone.
 *
 * @param {Element} list
 * @param {readonly (readonly [term: string, text: string])[]} pairs
 */
export function setPairs(list, pairs) {
  if (list.childElementCount !== pairs.length) {
    list.replaceChildren(
      ...pairs.map(() => make("div", {}, make("dt"), make("dd"))),
    );
  }
  pairs.forEach(([term, text], i) => {
    const pair = list.children[i];
    if (!pair) return;
    pair.className = text.length > LONG ? "long" : "";
    setText(pair.firstElementChild, term);
    setText(pair.lastElementChild, text);
  });
}

/**
 * Reads a colour of the style sheet, as it is in the current scheme.
 *
 * @param {string} name
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Calls an action when the width of an element changes.
 *
 * @param {Element} element
 * @param {(width: number) => void} action
 */
export function onWidth(element, action) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    if (width > 0) action(width);
  }).observe(element);
}

/**
 * Calls an action when the colour scheme changes between light and dark.
 *
 * @param {() => void} action
 */
export function onScheme(action) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", action);
}
