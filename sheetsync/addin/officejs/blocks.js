/**
 * The ops of a plan as blocks of cells to write, each compared with what stands there.
 *
 * A block is {sheet, title, area, old, new, again}: rows of what office.js told of cells ({value,
 * formula, format}) and of what the plan wants. What is not to change is the cell itself, wrapped
 * as {keep: cell}. `again` are parts of it to be written a second time.
 */

import { addressOf, runs } from './areas.js';
import { stale } from './bodies.js';
import { Refused } from './refusals.js';
import { sameCell } from './values.js';

/** What is to be done to one tab: `end` is its table's new last row, 0 when it stays. */
export class Draft {
  constructor(tab, body) {
    Object.assign(this, { tab, body, blocks: [], end: 0, count: 0 });
  }

  /** Whether its Excel table becomes longer. */
  get grows() {
    return this.body !== null && this.end > this.body.nativeLast;
  }
}

/**
 * What a plan does to each tab.
 * @param {Object} score
 * @param {Map<string, ?Body>} bodies By tab key.
 * @return {Draft[]}
 * @throws {Stale} When a cell is not what the plan expects.
 * @throws {Refused} When a table has no room to grow.
 */
export function drafted(score, bodies) {
  const drafts = new Map();
  for (const op of score.plan.ops) {
    if (!(op.op in PREPARE)) {
      throw new Refused(`The plan has an unknown step ${op.op}: update the add-in.`);
    }
    if (!bodies.has(op.tab)) continue;
    if (!drafts.has(op.tab)) {
      drafts.set(op.tab, new Draft(score.tabs[op.tab], bodies.get(op.tab)));
    }
    PREPARE[op.op](op, drafts.get(op.tab), score);
  }
  return [...drafts.values()];
}

const PREPARE = {
  WriteCells: prepareCells,
  ReplaceRows: prepareRows,
  AppendRows: prepareLines,
  WriteNames: () => {},
  Recache: () => {}, // Excel calculates by itself
};

/** WriteCells: single cells of one column, each found by its row's key. */
function prepareCells(op, draft, score) {
  const { body, tab } = draft;
  if (!body) throw stale(tab.title, 'the tab was lost');
  const column = body.columns[op.column];
  if (!column) throw stale(tab.title, `the column ${op.column} was lost`);
  const changes = new Map();
  op.keys.forEach((key, i) => {
    const row = body.rowOf(key, op.rows[i], (score.rows[op.tab] || {})[key]);
    body.expect(row, op.column, op.old[i]);
    changes.set(row, op.new[i]);
  });
  const rows = [...changes.keys()].sort((a, b) => a - b);
  const ours = (tab.sync || []).includes(op.column);
  for (const run of runs(rows, (a, b) => b === a + 1 || (ours && isFree(body, column, a, b)))) {
    const last = run[run.length - 1];
    const area = { row: run[0], column, rows: last - run[0] + 1, columns: 1 };
    draft.count += run.length;
    const wanted = (row) => (changes.has(row) ? changes.get(row) : keptAt(body, row, column));
    draft.blocks.push(block(draft, area, wanted));
  }
}

/** Whether the cells between two rows of a column of the engine's may be written as they are. */
function isFree(body, column, a, b) {
  for (let row = a + 1; row < b; row += 1) {
    if (body.isFormula(row, column)) return false;
  }
  return true;
}

function keptAt(body, row, column) {
  return { keep: body.at(row, column) };
}

/** ReplaceRows: the whole body of a table that the engine owns; what is left of it is emptied. */
function prepareRows(op, draft) {
  const { body, tab } = draft;
  const rows = body ? body.filled(body.telling) : [];
  if (rows.length !== op.old.length) throw stale(tab.title, 'rows came or went');
  rows.forEach((row, i) => op.columns.forEach((key, j) => body.expect(row, key, op.old[i][j])));
  draft.isBody = true;
  if (!body) {
    draft.made = op;
    draft.count += op.new.length * op.columns.length;
    return;
  }
  const first = body.header + 1;
  const ours = Math.max(first, body.nativeLast, ...rows.slice(-1));
  const last = Math.max(ours, first + op.new.length - 1);
  write(draft, op.columns, op.new, { first, last, ours });
  const end = first + Math.max(op.new.length, 1) - 1;
  const { native } = body;
  draft.end = native && (end === body.nativeLast || native.totals) ? 0 : end;
}

/** AppendRows: lines below a log. */
function prepareLines(op, draft) {
  const { body } = draft;
  if (!body) {
    draft.made = { columns: op.columns, new: op.rows };
    draft.count += op.rows.length * op.columns.length;
    return;
  }
  const rows = body.filled(body.telling);
  const first = Math.max(body.header, ...rows.slice(-1)) + 1;
  const last = first + op.rows.length - 1;
  write(draft, op.columns, op.rows, { first, last, ours: first - 1 });
  if (body.nativeLast && last > body.nativeLast) draft.end = last;
}

/** Blocks of rows from `first` on, nothing below them to `last`; after `ours` all must be empty. */
function write(draft, keys, rows, { first, last, ours }) {
  const { body } = draft;
  if (body.native && body.native.totals && last > body.nativeLast) throw totals(body.title);
  const order = keys
    .map((key, i) => ({ column: body.columns[key], i }))
    .filter((each) => each.column)
    .sort((a, b) => a.column - b.column);
  for (const run of runs(order, (a, b) => b.column === a.column + 1)) {
    run.forEach(({ column }) => expectRoom(body, column, Math.max(ours + 1, first), last));
    const area = {
      row: first,
      column: run[0].column,
      rows: last - first + 1,
      columns: run.length,
    };
    const wanted = (row, column) => {
      if (row < first) return keptAt(body, row, column);
      const cells = rows[row - first];
      return cells ? cells[run[column - area.column].i] : null;
    };
    const trimmed = differing(body, area, wanted);
    if (trimmed) {
      draft.blocks.push(block(draft, trimmed, wanted));
      draft.count += changed(body, trimmed, wanted);
    }
  }
}

function totals(title) {
  return new Refused(
    `The table of the tab “${title}” needs more rows, but has a row of totals below it: switch ` +
      'that off (Table Design, Total Row), then try again. Nothing was changed.',
  );
}

function expectRoom(body, column, free, last) {
  for (let row = free; row <= last; row += 1) {
    if (body.shows(row, column) || body.isFormula(row, column)) {
      const place = addressOf({ row, column, rows: 1, columns: 1 });
      throw new Refused(
        `The table of the tab “${body.title}” needs more rows, but ${place} below it holds ` +
          'something; move that to another tab, then try again. Nothing was changed.',
      );
    }
  }
}

/** An area without the rows at its ends that stay as they are; null when all stay. */
function differing(body, area, wanted) {
  const differs = (row) => rowChanges(body, area, row, wanted) > 0;
  let [first, last] = [area.row, area.row + area.rows - 1];
  while (first <= last && !differs(first)) first += 1;
  while (last > first && !differs(last)) last -= 1;
  return first > last ? null : { ...area, row: first, rows: last - first + 1 };
}

function changed(body, area, wanted) {
  let count = 0;
  for (let i = 0; i < area.rows; i += 1) count += rowChanges(body, area, area.row + i, wanted);
  return count;
}

function rowChanges(body, area, row, wanted) {
  let count = 0;
  for (let column = area.column; column < area.column + area.columns; column += 1) {
    if (!sameCell(body.at(row, column), wanted(row, column), body.from1904)) count += 1;
  }
  return count;
}

/** A block of an area; `wanted` tells a cell's new value by row and column. */
function block(draft, area, wanted) {
  const { body } = draft;
  const each = ({ row, column, rows, columns }, tell) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (__, j) => tell(row + i, column + j)),
    );
  const whole = each(area, wanted).flat().some(isFormulaOf) ? stretched(body, area) : area;
  const old = each(whole, (row, column) => body.at(row, column));
  const told = { sheet: body.sheet, title: body.title, area: whole, old, again: [] };
  told.new = each(whole, wanted);
  if (whole !== area) told.again = [...unfilled(told)];
  return told;
}

/** The cells without formulas beside those with one, as blocks of one column. */
function* unfilled(block) {
  for (let j = 0; j < block.area.columns; j += 1) {
    const rows = block.new.map((_, i) => i).filter((i) => !isFormulaOf(block.new[i][j]));
    if (rows.length === block.area.rows) continue;
    for (const run of runs(rows, (a, b) => b === a + 1)) {
      const [row, column] = [block.area.row + run[0], block.area.column + j];
      const cut = (cells) => run.map((i) => [cells[i][j]]);
      const area = { row, column, rows: run.length, columns: 1 };
      yield { ...block, area, old: cut(block.old), new: cut(block.new), again: [] };
    }
  }
}

function isFormulaOf(value) {
  return value !== null && typeof value === 'object' && 'f' in value;
}

/**
 * The area down the whole column of an Excel table: Excel fills a column with a formula that it
 * gets, unless each of its cells is told.
 */
function stretched(body, area) {
  if (!body.nativeLast || area.row > body.nativeLast + 1) return area;
  const first = Math.min(body.header + 1, area.row);
  const last = Math.max(body.nativeLast, area.row + area.rows - 1);
  return { ...area, row: first, rows: last - first + 1 };
}
