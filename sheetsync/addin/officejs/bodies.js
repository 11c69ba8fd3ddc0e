/**
 * What the tabs of a plan hold at this moment: header, table and the cells of the columns that the
 * plan is about.
 */

import { areaOf, runs } from './areas.js';
import { cellsOf } from './reading.js';
import { Refused, Stale } from './refusals.js';
import { isFormula, keyText, sameCell } from './values.js';

/** Rows in which a header is looked for. */
const HEADER_WITHIN = 20;
const EMPTY = { value: '', formula: '', format: 'General' };
const PROPERTIES = ['values', 'formulas', 'numberFormat'];

/** That somebody was faster. */
export function stale(title, what) {
  return new Stale(`In ${title} ${what} since it was read. Nothing was changed.`);
}

/** A table of cells below a header. */
export class Body {
  /**
   * @param {Object} tab What the score tells of it.
   * @param {Excel.Worksheet} sheet
   * @param {?{table: Excel.Table, area: Object, totals: boolean}} native Its Excel table.
   */
  constructor(tab, sheet, native, from1904) {
    Object.assign(this, { tab, sheet, native, from1904 });
    this.title = tab.title;
    this.cells = new Map(); // by column: {values, formulas, formats} from row 1 on
    this.last = 0;
  }

  /** Takes the first rows, and finds the header among them: where it was, or where it went. */
  openHeader(rows) {
    const candidates = [this.tab.header, ...rows.map((_, i) => i + 1)];
    this.header = candidates.find((row) => this.placesIn(rows[row - 1]));
    if (!this.header) throw stale(this.title, 'the headers were changed');
    this.columns = this.placesIn(rows[this.header - 1]);
  }

  /** Columns by key when a row holds every header once, else null. */
  placesIn(row) {
    const cells = (row || []).map((value) => String(value).trim());
    const places = {};
    for (const [key, header] of Object.entries(this.tab.columns)) {
      const at = cells.indexOf(String(header).trim());
      if (at < 0 || cells.lastIndexOf(cells[at]) !== at) return null;
      places[key] = at + 1;
    }
    return places;
  }

  /** What a cell holds; `column` counts from 1. */
  at(row, column) {
    const cells = this.cells.get(column);
    if (!cells || row > cells.values.length) return EMPTY;
    const [value, formula] = [cells.values[row - 1], cells.formulas[row - 1]];
    return { value, formula, format: cells.formats[row - 1] };
  }

  /** What the cell of a column's key holds. */
  cell(row, key) {
    const column = this.columns[key];
    if (!column) throw stale(this.title, `the column ${key} was lost`);
    return this.at(row, column);
  }

  /** The columns whose content makes a row: those of people, in tabs of the engine's all. */
  get telling() {
    const keys = Object.keys(this.columns);
    const theirs = keys.filter((key) => !(this.tab.sync || []).includes(key));
    return ['computed', 'log'].includes(this.tab.role) || !theirs.length ? keys : theirs;
  }

  /** The last row of the table's body as Excel has it, 0 without a table of this header. */
  get nativeLast() {
    if (!this.native || this.native.area.row !== this.header) return 0;
    const { area, totals } = this.native;
    return area.row + area.rows - 1 - (totals ? 1 : 0);
  }

  /** Rows below the header with content in one of these columns; not the table's totals. */
  filled(keys) {
    const columns = keys.filter((key) => key in this.columns).map((key) => this.columns[key]);
    const totals = this.native && this.native.totals ? this.nativeLast + 1 : 0;
    const rows = [];
    for (let row = this.header + 1; row <= this.last; row += 1) {
      if (row !== totals && columns.some((column) => this.shows(row, column))) rows.push(row);
    }
    return rows;
  }

  shows(row, column) {
    const { value } = this.at(row, column);
    return value !== '' && value !== null;
  }

  /** The sheet row of a row's key; of a row without one, where it stands as it was read. */
  rowOf(key, hint, seen) {
    if (!seen) {
      const rows = this.index.get(key.toLowerCase()) || [];
      if (rows.length === 1) return rows[0];
      throw stale(this.title, `the row ${key} ${rows.length ? 'came a second time' : 'was lost'}`);
    }
    const fits = (row) =>
      Object.entries(seen).every(([column, value]) =>
        sameCell(this.cell(row, column), value, this.from1904),
      );
    if (hint > this.header && fits(hint)) return hint;
    const rows = this.filled(Object.keys(seen)).filter(fits);
    if (rows.length === 1) return rows[0];
    throw stale(this.title, `row ${hint} was changed`);
  }

  /** The rows by the text of their key columns. */
  get index() {
    if (!this.rowsByKey) {
      this.rowsByKey = new Map();
      const keys = this.tab.keys.filter((key) => key in this.columns);
      for (const row of keys.length === this.tab.keys.length ? this.filled(keys) : []) {
        const name = keys.map((key) => this.keyAt(row, key)).join('|').toLowerCase();
        this.rowsByKey.set(name, [...(this.rowsByKey.get(name) || []), row]);
      }
    }
    return this.rowsByKey;
  }

  keyAt(row, key) {
    const { value, format } = this.cell(row, key);
    return keyText(value, format, this.from1904);
  }

  /** Throws Stale when a cell is not what the plan expects. */
  expect(row, key, expected) {
    if (!(key in this.columns) && expected === null) return;
    if (!sameCell(this.cell(row, key), expected, this.from1904)) {
      const header = String(this.tab.columns[key]).replace(/[\s*]+$/, '');
      throw stale(this.title, `${header} in row ${row} was changed`);
    }
  }

  /** Whether a cell holds a formula. */
  isFormula(row, column) {
    const { value, formula } = this.at(row, column);
    return isFormula(value, formula);
  }
}

/**
 * Reads what the tabs of a plan hold.
 * @param {Excel.RequestContext} context
 * @param {Object} score
 * @param {boolean} from1904
 * @return {Promise<Map<string, ?Body>>} By tab key; null for a tab that is to be made.
 */
export async function bodiesOf(context, score, from1904) {
  const { worksheets } = context.workbook;
  worksheets.load({ name: true });
  await context.sync();
  const there = new Set(worksheets.items.map((sheet) => sheet.name.toLowerCase()));
  const bodies = new Map();
  const opened = [];
  for (const [key, ops] of tableOps(score)) {
    const tab = score.tabs[key];
    const found = there.has(tab.title.toLowerCase());
    if (!found && ['entry', 'settings'].includes(tab.role)) {
      throw new Refused(`There is no tab ${tab.title}. Nothing was changed.`);
    }
    bodies.set(key, null);
    if (found) opened.push(outline(worksheets.getItem(tab.title), tab, ops));
  }
  await context.sync();
  await openTables(context, opened, from1904);
  await openHeaders(context, opened);
  await openColumns(context, opened, score);
  opened.forEach(({ body }) => bodies.set(body.tab.key, body));
  return bodies;
}

/** The ops on tables by tab key. */
function tableOps(score) {
  const found = new Map();
  for (const op of score.plan.ops) {
    if (['WriteNames', 'Recache'].includes(op.op)) continue;
    found.set(op.tab, [...(found.get(op.tab) || []), op]);
  }
  return found;
}

function outline(sheet, tab, ops) {
  const used = sheet.getUsedRangeOrNullObject(true);
  used.load({ rowIndex: true, columnIndex: true, rowCount: true, columnCount: true });
  sheet.tables.load({ name: true, showHeaders: true, showTotals: true });
  return { sheet, tab, ops, used };
}

/** Finds the Excel table of each tab: the one of its name, or the only one. */
async function openTables(context, opened, from1904) {
  for (const one of opened) {
    const { items } = one.sheet.tables;
    const wanted = String(one.tab.table || '').toLowerCase();
    const named = items.find((table) => table.name.toLowerCase() === wanted);
    one.table = named || (items.length === 1 ? items[0] : null);
    if (one.table && !one.table.showHeaders) one.table = null;
    one.range = one.table && one.table.getRange();
    if (one.range) one.range.load({ address: true });
  }
  await context.sync();
  for (const one of opened) {
    const { tab, sheet, table, range } = one;
    const native = table && { table, area: areaOf(range.address), totals: table.showTotals };
    one.body = new Body(tab, sheet, native, from1904);
    if (one.used.isNullObject) throw stale(tab.title, 'all cells were emptied');
    one.body.last = one.used.rowIndex + one.used.rowCount;
    one.width = one.used.columnIndex + one.used.columnCount;
  }
}

async function openHeaders(context, opened) {
  const wanted = opened.map(({ sheet, tab, body, width }) => {
    const rows = Math.min(Math.max(HEADER_WITHIN, tab.header), Math.max(body.last, 1));
    return { sheet, area: { row: 1, column: 1, rows, columns: width } };
  });
  const found = await cellsOf(context, wanted, ['values']);
  opened.forEach(({ body }, i) => body.openHeader(found[i].values));
}

/** Reads the columns that the ops are about, as far down as they will write. */
async function openColumns(context, opened, score) {
  const wanted = [];
  for (const { sheet, ops, body } of opened) {
    const columns = columnsOf(body, ops, score).sort((a, b) => a - b);
    const rows = Math.max(body.last, ...ops.map((op) => reach(body, op)));
    for (const run of runs(columns, (a, b) => b === a + 1)) {
      wanted.push({ sheet, body, area: { row: 1, column: run[0], rows, columns: run.length } });
    }
  }
  const found = await cellsOf(context, wanted, PROPERTIES);
  wanted.forEach(({ body, area }, i) => keep(body, area, found[i]));
}

function columnsOf(body, ops, score) {
  const keys = new Set();
  for (const op of ops) {
    (op.columns || [op.column]).forEach((key) => keys.add(key));
    if (op.op !== 'WriteCells') {
      body.telling.forEach((key) => keys.add(key));
      continue;
    }
    body.tab.keys.forEach((key) => keys.add(key));
    const nameless = Object.values(score.rows[op.tab] || {});
    nameless.forEach((cells) => Object.keys(cells).forEach((key) => keys.add(key)));
  }
  return [...keys].filter((key) => key in body.columns).map((key) => body.columns[key]);
}

/** The last row that an op might write to. */
function reach(body, op) {
  const count = { ReplaceRows: () => op.new.length, AppendRows: () => op.rows.length }[op.op];
  return Math.max(body.last, body.nativeLast) + (count ? count() : 0);
}

function keep(body, area, { values, formulas, numberFormat }) {
  for (let j = 0; j < area.columns; j += 1) {
    body.cells.set(area.column + j, {
      values: values.map((row) => row[j]),
      formulas: formulas.map((row) => row[j]),
      formats: numberFormat.map((row) => row[j]),
    });
  }
}
