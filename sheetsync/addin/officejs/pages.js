/** A long list, a page at a time: 5,000 issues cost no more than 50. */

import { el, figure } from './draw.js';

const SIZE = 50;

/** A list with its pager. */
export class Pages {
  #place;
  #label;
  #draw;
  #items = [];
  #page = 0;

  /**
   * @param {HTMLElement} place Where it is drawn.
   * @param {string} label What is listed, for those who do not see it.
   * @param {function(Object): HTMLElement} draw Draws one item as a list item.
   */
  constructor(place, label, draw) {
    this.#place = place;
    this.#label = label;
    this.#draw = draw;
  }

  /** Shows other items, from the first one on. */
  show(items) {
    this.#items = items;
    this.#turn(0);
  }

  #turn(page) {
    this.#page = page;
    const first = page * SIZE;
    const here = this.#items.slice(first, first + SIZE);
    const list = el('ol.items', { 'aria-label': this.#label, tabindex: '-1', start: first + 1 });
    list.append(...here.map(this.#draw));
    this.#place.replaceChildren(...(here.length ? [list] : []), ...this.#pager(first, here.length));
  }

  #pager(first, shown) {
    if (this.#items.length <= SIZE) return [];
    const last = Math.ceil(this.#items.length / SIZE) - 1;
    const where = `${figure(first + 1)} to ${figure(first + shown)} of ${figure(this.#items.length)}`;
    return [
      el(
        'nav.pager',
        { 'aria-label': `Pages of ${this.#label.toLowerCase()}` },
        this.#step('Previous', this.#page - 1, this.#page === 0),
        el('span', {}, where),
        this.#step('Next', this.#page + 1, this.#page === last),
      ),
    ];
  }

  #step(text, page, over) {
    const turn = () => {
      if (over) return;
      this.#turn(page);
      const list = this.#place.querySelector('.items');
      list.focus({ preventScroll: true });
      list.scrollIntoView({ block: 'start' });
    };
    return el('button', { type: 'button', 'aria-disabled': String(over), onclick: turn }, text);
  }
}
