/**
 * The workbook that is open in Excel, as it is posted: the cells of the tabs that the engine reads.
 *
 * Excel on the web gives at most 5 MB in one answer, so cells are read in pieces of rows.
 */

import { areaOf, areasOf, rangeOf, referred } from './areas.js';
import { isError, isFormula } from './values.js';

/** Characters that an answer should have; three bytes each at most stay below Excel's limit. */
const ANSWER = 1400000;
/** Cells that are read first, before it is known how much they hold. */
const FIRST_CELLS = 12000;
const MOST_CELLS = 120000;
/** Areas that are asked for at once; each takes about 500 characters of the request. */
const MOST_AREAS = 2000;
const TOO_LARGE = 'ResponsePayloadSizeLimitExceeded';
/** Merged areas of a sheet that are told; people are shown a few. */
const MOST_MERGES = 200;

/**
 * The workbook's tabs.
 * @param {Excel.RequestContext} context
 * @return {Promise<Array<{name: string, tables: string[]}>>} All tabs, with their tables' names.
 */
export async function tabsOf(context) {
  const { worksheets } = context.workbook;
  worksheets.load({ name: true, tables: { name: true } });
  await context.sync();
  return worksheets.items.map((sheet) => ({
    name: sheet.name,
    tables: sheet.tables.items.map((table) => table.name),
  }));
}

/**
 * Reads the tabs that are wanted.
 * @param {Excel.RequestContext} context
 * @param {function(Array): Promise<string[]>} wanted Which of the tabs (see tabsOf) are to be read.
 * @return {Promise<{workbook: Object, sheets: Object[], names: Object[]}>} As it is posted.
 */
export async function readWorkbook(context, wanted) {
  const tabs = await tabsOf(context);
  const names = await wanted(tabs);
  const { workbook } = context;
  workbook.load({ name: true });
  workbook.names.load({ name: true, formula: true });
  const outlines = await outlined(context, names);
  const date1904 = await countsFrom1904(context);
  const filled = outlines.filter((one) => one.area);
  const cells = await cellsOf(context, filled, ['values', 'formulas', 'numberFormat']);
  const found = new Map(filled.map((one, i) => [one.name, { ...cells[i], texts: [] }]));
  for (const { name, row, column } of await textsIn(context, filled, cells)) {
    found.get(name).texts.push([row, column]);
  }
  const others = tabs.map((tab) => tab.name).filter((name) => !names.includes(name));
  return {
    workbook: { name: workbook.name, date1904, others },
    sheets: outlines.map((one) => posted(one, found.get(one.name))),
    names: [...singleCells(workbook.names.items)],
  };
}

/** The cells whose text looks like an error and is none; a few at most, so each is asked for. */
async function textsIn(context, outlines, cells) {
  const found = outlines.flatMap((one, i) => [...doubtful(one, cells[i])].slice(0, MOST_AREAS));
  const types = await cellsOf(context, found, ['valueTypes']);
  return found
    .filter((_, i) => types[i].valueTypes[0][0] === 'String')
    .map(({ name, area }) => ({ name, row: area.row, column: area.column }));
}

function* doubtful({ name, sheet, area }, { values, formulas }) {
  for (let i = 0; i < values.length; i += 1) {
    for (let j = 0; j < values[i].length; j += 1) {
      const value = values[i][j];
      if (typeof value !== 'string' || !isError(value) || isFormula(value, formulas[i][j])) continue;
      const [row, column] = [area.row + i, area.column + j];
      yield { name, sheet, area: { row, column, rows: 1, columns: 1 } };
    }
  }
}

/** The workbook names of single cells. */
function* singleCells(items) {
  for (const { name, formula } of items) {
    const found = referred(String(formula));
    if (found && found.area.rows === 1 && found.area.columns === 1) {
      yield { name, sheet: found.sheet, row: found.area.row, column: found.area.column };
    }
  }
}

/** Whether the workbook counts days from 1904, as those of old Macs do. */
export async function countsFrom1904(context) {
  const day = context.workbook.functions.date(1904, 1, 2);
  day.load('value');
  await context.sync();
  return day.value === 1;
}

/** Where the sheets of these names have cells and tables: {name, sheet, area, tables, ...}. */
async function outlined(context, names) {
  const found = names.map((name) => {
    const sheet = context.workbook.worksheets.getItem(name);
    const used = sheet.getUsedRangeOrNullObject(true);
    used.load({ rowIndex: true, columnIndex: true, rowCount: true, columnCount: true });
    sheet.tables.load({ name: true, showHeaders: true, showTotals: true });
    sheet.protection.load({ protected: true });
    return { name, sheet, used };
  });
  await context.sync();
  for (const one of found) {
    one.tables = one.sheet.tables.items.map((table) => ({ table, range: table.getRange() }));
    one.tables.forEach(({ range }) => range.load({ address: true }));
    if (one.used.isNullObject) continue;
    one.area = areaUsed(one.used);
    one.merged = one.used.getMergedAreasOrNullObject();
    one.merged.load({ address: true });
  }
  await context.sync();
  return found;
}

function areaUsed({ rowIndex, columnIndex, rowCount, columnCount }) {
  return { row: rowIndex + 1, column: columnIndex + 1, rows: rowCount, columns: columnCount };
}

/** A sheet as it is posted. */
function posted(one, cells) {
  const { area = { row: 1, column: 1, columns: 0 } } = one;
  const { values = [], formulas = [], numberFormat = [], texts = [] } = cells || {};
  return {
    name: one.name,
    first_row: area.row,
    first_column: area.column,
    values,
    formulas: [...formulasOf(values, formulas, area)],
    texts,
    formats: Array.from({ length: area.columns }, (_, j) => spans(numberFormat, j)),
    tables: one.tables.map(tableOf),
    merges: one.merged && !one.merged.isNullObject ? mergesOf(one.merged.address) : [],
    protected: one.sheet.protection.protected,
  };
}

function tableOf({ table, range }) {
  const { name, showHeaders, showTotals } = table;
  return { name, ...areaOf(range.address), headers: showHeaders, totals: showTotals };
}

function mergesOf(address) {
  return areasOf(address)
    .slice(0, MOST_MERGES)
    .map(({ row, column, rows, columns }) => [row, row + rows - 1, column, column + columns - 1]);
}

function* formulasOf(values, formulas, { row, column }) {
  for (let i = 0; i < formulas.length; i += 1) {
    for (let j = 0; j < formulas[i].length; j += 1) {
      if (isFormula(values[i][j], formulas[i][j])) yield [row + i, column + j, formulas[i][j]];
    }
  }
}

/** The number formats down a column, each with how many cells have it. */
function spans(formats, j) {
  const found = [];
  for (const row of formats) {
    const last = found[found.length - 1];
    if (last && last[1] === row[j]) last[0] += 1;
    else found.push([1, row[j]]);
  }
  return found;
}

/**
 * Reads areas of cells in as many requests as Excel's limit needs.
 * @param {Excel.RequestContext} context
 * @param {Array<{sheet: Excel.Worksheet, area: Object}>} wanted
 * @param {string[]} properties Of `values`, `formulas`, `numberFormat`.
 * @return {Promise<Object[]>} For each area, its rows by property.
 */
export async function cellsOf(context, wanted, properties) {
  const found = wanted.map(() => Object.fromEntries(properties.map((name) => [name, []])));
  let budget = FIRST_CELLS;
  for (let at = { index: 0, row: 0 }; at.index < wanted.length; ) {
    const { pieces, next } = taken(wanted, at, budget);
    const cells = pieces.reduce((sum, { area }) => sum + area.rows * area.columns, 0);
    try {
      await loaded(context, pieces, properties);
    } catch (error) {
      if (error.code !== TOO_LARGE || cells === pieces[0].area.columns) throw error;
      budget = Math.max(1, Math.floor(Math.min(budget, cells) / 4));
      continue;
    }
    const size = kept(found, pieces, properties);
    budget = Math.min(MOST_CELLS, 4 * budget, Math.max(1, Math.floor((ANSWER * cells) / size)));
    at = next;
  }
  return found;
}

/** The next areas, or parts of them, that have about so many cells; at least one row. */
function taken(wanted, { index, row }, budget) {
  const pieces = [];
  const at = { index, row };
  for (let left = budget; at.index < wanted.length && pieces.length < MOST_AREAS; ) {
    const { sheet, area } = wanted[at.index];
    const most = Math.floor(left / area.columns);
    if (pieces.length && most < 1) break;
    const rows = Math.min(area.rows - at.row, Math.max(1, most));
    pieces.push({ index: at.index, sheet, area: { ...area, row: area.row + at.row, rows } });
    left -= rows * area.columns;
    at.row += rows;
    if (at.row >= area.rows) Object.assign(at, { index: at.index + 1, row: 0 });
  }
  return { pieces, next: at };
}

async function loaded(context, pieces, properties) {
  for (const piece of pieces) {
    piece.range = rangeOf(piece.sheet, piece.area);
    piece.range.load(properties);
  }
  await context.sync();
}

/** Keeps what was read, and tells about how many characters that was. */
function kept(found, pieces, properties) {
  let size = 1;
  for (const { index, range } of pieces) {
    for (const name of properties) {
      size += JSON.stringify(range[name]).length;
      for (const row of range[name]) found[index][name].push(row);
    }
  }
  return size;
}
