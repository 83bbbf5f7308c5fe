/**
 * Making elements. All text goes in as text, never as markup: much of it comes from other machines.
 *
 * @module
 */

/** A text of more characters gets a line of its own. */
const LONG = 40;
const SVG = "http://www.w3.org/2000/svg";

/** The element with an id, which the page has. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element with attributes and children; children that are no elements become text. */
export function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for a part of a drawing. */
export function makeSvg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Sets a text, but only if it differs: a live region would be read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Brings `dl` to these pairs of term and text; what stays the same is left alone. */
export function setPairs(list, pairs) {
  if (list.childElementCount !== pairs.length) {
    list.replaceChildren(
      ...pairs.map(() => make("div", {}, make("dt"), make("dd"))),
    );
  }
  pairs.forEach(([term, text], i) => {
    const [dt, dd] = list.children[i].children;
    list.children[i].className = text.length > LONG ? "long" : "";
    setText(dt, term);
    setText(dd, text);
  });
}

/** A colour of the style sheet, as the scheme of the moment has it. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Calls an action when the width of an element changes. */
export function onWidth(element, action) {
  let width = 0;
  new ResizeObserver(() => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    if (width > 0) action(width);
  }).observe(element);
}

/** Calls an action when the machine goes from light to dark or back. */
export function onScheme(action) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", action);
}
