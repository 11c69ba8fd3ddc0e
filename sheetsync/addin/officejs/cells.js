/**
 * Single cells of the open workbook: jumping to one, answering an issue, the partner of a row.
 *
 * People sort and filter while the pane is open, so that nothing is written by position alone.
 */

import { addressOf, areaOf, rangeOf } from './areas.js';
import { lift, protect, protectionsOf } from './protection.js';
import { cellsOf } from './reading.js';
import { Refused } from './refusals.js';

/** Rows from the top of a tab in which its header is looked for. */
const HEAD = 20;
const ANSWERS = ['', 'accept', 'reject', 'later'];

/**
 * Shows a cell.
 * @param {{sheet: string, address: ?string, row: ?number, column: ?string}} place An address, or a
 *     row with the header of its column; the sheet alone is enough.
 */
export function goTo({ sheet, address = null, row = null, column = null }) {
  return Excel.run(async (context) => {
    const { tab, area } = await there(context, sheet);
    if (tab.visibility !== 'Visible') {
      throw new Refused(`The tab ${sheet} is hidden: show it in Excel, then try again.`);
    }
    const found = address || (row && (await placeOf(context, tab, area, row, column)));
    tab.activate();
    if (found) tab.getRange(found).select();
    await context.sync();
  });
}

/** A tab, and the area of its cells (null for an empty one). */
async function there(context, name) {
  const tab = context.workbook.worksheets.getItemOrNullObject(name);
  tab.load('visibility');
  await context.sync();
  if (tab.isNullObject) throw new Refused(`There is no tab ${name}: press Check, then try again.`);
  const area = await usedOf(context, tab);
  return { tab, area };
}

async function usedOf(context, tab) {
  const used = tab.getUsedRangeOrNullObject(true);
  used.load('rowIndex,columnIndex,rowCount,columnCount');
  await context.sync();
  if (used.isNullObject) return null;
  const { rowIndex, columnIndex, rowCount, columnCount } = used;
  return { row: rowIndex + 1, column: columnIndex + 1, rows: rowCount, columns: columnCount };
}

async function placeOf(context, tab, area, row, column) {
  const rows = Math.min(HEAD, row - (area?.row ?? row));
  if (!column || rows < 1) return `${row}:${row}`;
  const [{ values }] = await cellsOf(
    context,
    [{ sheet: tab, area: { ...area, rows } }],
    ['values'],
  );
  const at = titled(values, column);
  return at === null
    ? `${row}:${row}`
    : addressOf({ row, column: area.column + at, rows: 1, columns: 1 });
}

/** Where among the columns a header (needed ones have a star) stands; null for nowhere. */
function titled(rows, title) {
  const head = (cell) => word(cell).replace(/\s*\*$/, '');
  const places = rows.map((cells) => cells.findIndex((cell) => head(cell) === head(title)));
  return places.find((place) => place >= 0) ?? null;
}

const word = (cell) => String(cell).trim().toLowerCase();

/**
 * Writes the answer to an issue into its cell of the column Decision.
 * @param {{id: string, decision_cell: {sheet: string, address: string}}} issue The issue.
 * @param {string} answer "accept", "reject" or "" to take an answer back.
 */
export function decide(issue, answer) {
  const { sheet, address } = issue.decision_cell;
  return Excel.run(async (context) => {
    const { tab, area } = await there(context, sheet);
    const wanted = area ? [{ sheet: tab, area }] : [];
    const [{ values } = { values: [] }] = await cellsOf(context, wanted, ['values']);
    const cell = answerCell(values, area, issue.id, address);
    if (!cell) {
      throw new Refused(
        `This issue is not on the tab ${sheet} any more: press Check, then try again.`,
      );
    }
    await written(context, tab, cell, answer, sheet);
  });
}

/** Writes a cell; where a protected sheet does not let it, with the protection off for a moment. */
async function written(context, tab, cell, value, name) {
  const write = async () => {
    rangeOf(tab, cell).values = [[value]];
    await context.sync();
  };
  try {
    await write();
  } catch (error) {
    if (error.code !== 'AccessDenied') throw error;
    const protections = await protectionsOf(context, new Map([[name, tab]]));
    await lift(context, protections);
    await write().finally(() => protect(context, protections));
  }
}

/** The cell for the answer to an issue: found by its id and the header; null where none is. */
function answerCell(values, area, id, address) {
  const row = values.findIndex((cells) => cells.includes(id));
  if (row < 0) return null;
  const column = titled(values.slice(0, row), 'Decision') ?? areaOf(address).column - area.column;
  if (!ANSWERS.includes(word(values[row][column]))) return null;
  return { row: area.row + row, column: area.column + column, rows: 1, columns: 1 };
}

/**
 * The partner that the selected row is about.
 * @param {Object<string, {name: string}>} partners The partners by id.
 * @return {Promise<?string>} A partner's id, or null when the row names none.
 */
export function partnerHere(partners) {
  return Excel.run(async (context) => {
    const cell = context.workbook.getActiveCell();
    cell.load('rowIndex');
    const tab = cell.worksheet;
    const area = await usedOf(context, tab);
    if (!area) return null;
    const row = rangeOf(tab, { ...area, row: cell.rowIndex + 1, rows: 1 });
    row.load('values');
    await context.sync();
    return partnerIn(
      row.values[0].map((each) => String(each).trim()),
      partners,
    );
  });
}

/** A partner is named by its id; on tabs of people's own also by its name. */
function partnerIn(texts, partners) {
  const id = texts.find((text) => Object.hasOwn(partners, text));
  if (id) return id;
  const [found] = Object.entries(partners).find(([, { name }]) => texts.includes(name)) ?? [];
  return found ?? null;
}
