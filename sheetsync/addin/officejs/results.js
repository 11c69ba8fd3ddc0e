/** The panels "Changes", "Tiers" and "Partner": what a run did, and what it says of a partner. */

import { at, count, el, EMPTY, figure, icon, say, shown } from './draw.js';
import { Pages } from './pages.js';

const REASONS = {
  trim: 'spaces taken out',
  case: 'capital letters as in the list',
  alias: 'the word of the list',
  number: 'a number, not text',
  percent: 'a percentage, not text',
  day: 'a date, not text',
  month: 'a month, not text',
  flag: 'yes or no',
  phone: 'phone number with its country',
  email: 'email address',
  country: 'country code',
  currency: 'currency code',
  slug: 'code for links',
  auto_id: 'new id',
  accepted: 'you accepted it',
};

const FLAGS = { small: 'small sample', partial: 'partial data', stale: 'old data' };

/** The panel "Changes". */
export class Changes {
  #jump;
  #pages;

  /** @param {function(Object)} jump Shows a cell. */
  constructor(jump) {
    this.#jump = jump;
  }

  /** Shows what a run changed, as `told` by `telling`; null when nothing ran yet. */
  show(told) {
    const lines = told ? [...told.fixes, ...told.refused] : [];
    say('count-changes', told ? figure(lines.length) : '–');
    say('empty-changes', this.#nothing(told, lines));
    const place = at('changes');
    place.replaceChildren();
    if (!told) return;
    if (lines.length) {
      const list = el('div');
      place.append(el('h3', {}, heading(told)), list);
      new Pages(list, heading(told), (line) => this.#line(line)).show(lines);
    }
    place.append(...told.notes.map((note) => el('p.soft', {}, note)));
    if (told.written.length)
      place.append(el('h3', {}, 'Results written'), this.#tabs(told.written));
  }

  #nothing(told, lines) {
    if (!told) return 'Press Recalculate to see here what it changed.';
    if (lines.length || told.written.length) return '';
    return told.did === 'check' ? 'Recalculate would put no cell right.' : 'No cell was changed.';
  }

  #line(line) {
    const place = [line.tab, line.row ? `row ${line.row}` : '', line.column]
      .filter(Boolean)
      .join(', ');
    const jump = () => this.#jump({ sheet: line.tab, row: line.row, column: line.column });
    const parts = line.message ? [el('span.words', {}, line.message)] : [turn(line), why(line)];
    return el(
      'li',
      {},
      el(
        'button.jump',
        { type: 'button', onclick: jump },
        el('span.head.place', {}, place),
        ...parts,
      ),
    );
  }

  #tabs(written) {
    const line = ({ sheet, address }) =>
      el(
        'li',
        {},
        el(
          'button.jump',
          { type: 'button', onclick: () => this.#jump({ sheet, address }) },
          el('span.head.place', {}, sheet),
        ),
      );
    return el('ul.items', { 'aria-label': 'Results written' }, ...written.map(line));
  }
}

function heading({ did, refused }) {
  if (did === 'undo') return refused.length ? 'Left as they are' : '';
  return did === 'check' ? 'Recalculate would put right' : 'Put right in your tabs';
}

function turn({ before, after }) {
  const was = shown(before);
  return el(
    'span.words.turn',
    {},
    el('span.unseen', {}, 'was '),
    was === EMPTY ? el('span.soft', {}, was) : el('del', {}, was),
    icon('to'),
    el('span.unseen', {}, ' is '),
    el('ins', {}, shown(after)),
  );
}

const why = ({ code }) => el('span.soft', {}, REASONS[code] ?? code.replaceAll('_', ' '));

/** The panel "Tiers". */
export class Tiers {
  #pick;
  #partners = {};

  /** @param {function(string)} pick Shows a partner's card. */
  constructor(pick) {
    this.#pick = pick;
  }

  /** Shows other changes of tiers, with the partners by id; null when nothing was computed yet. */
  show(changes, partners = {}) {
    this.#partners = partners;
    say('count-tiers', changes ? figure(changes.length) : '–');
    say('empty-tiers', changes?.length ? '' : none(changes));
    const place = at('tiers');
    place.replaceChildren();
    if (changes?.length)
      new Pages(place, 'Changes of tiers', (one) => this.#item(one)).show(changes);
  }

  #item({ partner_id: id, name, from, to, why: reason }) {
    const step = el(
      'span.turn',
      {},
      el('span.unseen', {}, 'from '),
      el('span', {}, from || 'no tier'),
      icon('to'),
      el('span.unseen', {}, ' to '),
      el('b', {}, to || 'no tier'),
    );
    const parts = [
      el('strong.head.place', {}, name),
      step,
      el('span.words.soft', {}, spelt(reason, this.#partners[id])),
    ];
    return el(
      'li',
      {},
      el('button.jump', { type: 'button', onclick: () => this.#pick(id) }, ...parts),
    );
  }
}

const none = (changes) =>
  changes
    ? 'No partner changed its tier.'
    : 'Press Recalculate or Check to see who changes tier, and why.';

/** The panel "Partner". */
export class Card {
  #shown = null;

  /** Shows a partner's card. @param {?Object} partner The partner, or null for none. */
  show(partner, computed) {
    this.#shown = partner;
    say('count-partner', partner?.score ? String(partner.score) : '–');
    say('empty-partner', partner ? '' : choose(computed));
    at('partner').replaceChildren(...(partner ? card(partner) : []));
  }

  /** @return {?Object} The partner that is shown. */
  get shown() {
    return this.#shown;
  }
}

const choose = (computed) =>
  computed
    ? 'Select a row of a partner on Partners, Deals or another tab: its numbers appear here.'
    : 'Press Check, then select a row of a partner: its numbers appear here.';

function card(partner) {
  const facts = [
    ['Type', partner.type],
    ['Tier', partner.tier || 'not rated'],
    ['Score', partner.score],
  ].filter(([, text]) => text);
  return [
    el('h3', {}, partner.name),
    el(
      'dl.facts',
      {},
      ...facts.map(([title, text]) =>
        el('div', {}, el('dt', {}, title), el('dd', {}, String(text))),
      ),
    ),
    partner.why ? el('p.why', {}, spelt(partner.why, partner)) : null,
    el('ul.items.kpis', { 'aria-label': 'KPIs' }, ...partner.kpis.map(kpi)),
  ].filter(Boolean);
}

/** A reason with the KPIs' names instead of their codes. */
function spelt(reason, partner) {
  const titles = new Map((partner?.kpis ?? []).map((one) => [one.kpi, one.title]));
  return reason.replace(/\b[A-Z]{1,2}\d{2}\b/g, (code) => titles.get(code) ?? code);
}

function kpi({ title, text, n, range, flag }) {
  const base = [n || n === 0 ? `n = ${n}` : '', range].filter(Boolean).join(', ');
  const quiet = !flag || flag === 'ok' || flag === text;
  return el(
    'li',
    {},
    el('span.title', {}, title),
    el('b.value', {}, text),
    el('span.soft', {}, base),
    quiet ? null : el('span.flag', {}, FLAGS[flag] ?? flag),
  );
}

/**
 * What the pane shows of a run.
 * @param {string} did recalculate, check or undo.
 * @param {Object} reply What the use case told.
 * @return {Object} Plain values, kept for the pane that opens next.
 */
export function telling(did, reply) {
  const report = reply.report ?? {};
  const seen = new Set();
  const written = reply.changed.filter(({ sheet }) => !seen.has(sheet) && seen.add(sheet));
  const undone = did === 'undo';
  return {
    did,
    at: Date.now(),
    book: report.workbook ?? '',
    as_of: report.as_of ?? '',
    status: report.status ?? '',
    pane: undone ? null : reply.pane,
    fixes: report.fixes ?? [],
    refused: reply.refused ?? [],
    restored: reply.restored ?? 0,
    written,
    notes: reply.notes ?? [],
    cells: reply.cells,
  };
}

/** @return {string} What a run did, in a sentence or two. */
export function summary(told, tally) {
  if (told.did === 'undo') return undone(told);
  const { fixes } = told.pane.changes;
  const left = `Open: ${tally}.`;
  if (told.did === 'check') {
    const would = fixes ? `Recalculate would put ${count(fixes, 'cell')} right.` : '';
    return ['Checked. Nothing was written.', would, left].filter(Boolean).join(' ');
  }
  if (told.status === 'unchanged') return `Up to date. There was nothing to write. ${left}`;
  return `Done. ${count(fixes, 'cell')} put right, all results are new. ${left}`;
}

function undone({ restored, refused }) {
  const kept = refused.length
    ? ` ${count(refused.length, 'cell')} stayed, because somebody changed ${refused.length === 1 ? 'it' : 'them'} since.`
    : '';
  return `Took the last run back. ${count(restored, 'cell')} of yours restored.${kept}`;
}
