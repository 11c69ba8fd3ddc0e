/** Small pieces of the page. Whatever comes from a workbook is put in as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg';
/** Each meaning has its own shape, so that none is told by colour alone. */
const SHAPES = {
  error: ['M8 1.5 14.5 8 8 14.5 1.5 8Z', 'M8 4.8v3.9M8 10.9v.3'],
  warning: ['M8 2 14.8 14H1.2Z', 'M8 6.4v3.7M8 11.9v.3'],
  note: ['M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z', 'M8 7.4v3.8M8 4.8v.3'],
  good: ['M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z', 'm5 8.2 2.1 2.1L11 6.2'],
  wait: ['', 'M8 1.5a6.5 6.5 0 1 1-6.5 6.5'],
  idle: ['', 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13Z'],
  to: ['', 'M2.5 8h11M9.5 4l4 4-4 4'],
};

/**
 * An element.
 * @param {string} tag Its tag, with classes: "p.soft".
 * @param {Object} traits Attributes; functions become listeners ("onclick").
 * @param {...(Node|string|null)} parts What it holds; texts stay texts.
 * @return {HTMLElement} The element.
 */
export function el(tag, traits = {}, ...parts) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(' ');
  Object.entries(traits).forEach(([trait, value]) => {
    if (typeof value === 'function') made.addEventListener(trait.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(trait, value);
  });
  made.append(...parts.filter((part) => part !== null && part !== undefined));
  return made;
}

/** @param {string} kind One of the shapes. @return {SVGElement} A drawing that is not read out. */
export function icon(kind) {
  const drawn = document.createElementNS(SVG, 'svg');
  drawn.setAttribute('viewBox', '0 0 16 16');
  drawn.setAttribute('class', `icon ${kind}`);
  drawn.setAttribute('aria-hidden', 'true');
  SHAPES[kind].filter(Boolean).forEach((shape, i) => {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', shape);
    path.setAttribute('class', i || !SHAPES[kind][0] ? 'stroke' : 'fill');
    drawn.append(path);
  });
  return drawn;
}

/** @param {string} id An element's id. @return {HTMLElement} The element. */
export const at = (id) => document.getElementById(id);

/** Puts a text where another one stood, and leaves readers alone when it is the same. */
export function say(id, text) {
  const place = at(id);
  if (place.textContent !== text) place.textContent = text;
}

const digits = new Intl.NumberFormat('en-GB');

/** @return {string} A number of things: "1 cell", "1,200 cells". */
export function count(number, one, many = `${one}s`) {
  return `${digits.format(number)} ${number === 1 ? one : many}`;
}

/** @return {string} A number as people write it. */
export const figure = (number) => digits.format(number);

/** @return {string} A day like 2026-06-30 as people write it: "30 June 2026". */
export function day(iso) {
  const long = { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' };
  return new Intl.DateTimeFormat('en-GB', long).format(new Date(`${iso}T00:00:00Z`));
}

/** What is said of a cell that holds nothing. */
export const EMPTY = '(empty)';

/** @return {string} A cell of the wire as people read it. */
export function shown(value) {
  if (value === null || value === undefined || value === '') return EMPTY;
  if (typeof value !== 'object') return String(value);
  if ('d' in value) return value.d.replace(/T00:00:00$/, '').replace('T', ' ');
  if ('s' in value) return `${value.s} s`;
  return 'e' in value ? value.e : shown(value.v);
}
