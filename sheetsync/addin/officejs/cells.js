/**
 * Single cells of the open workbook: jumping to one, answering an issue, the partner of a row.
 *
 * People sort and filter while the pane is open, so that nothing is written by position alone.
 */

/** Something about a cell that people can put right; the message says how. */
export class CellTold extends Error {
  told = true;
}

/**
 * Shows a cell.
 * @param {{sheet: string, address: ?string, row: ?number, column: ?string}} place An address, or a
 *     row with the header of its column; the sheet alone is enough.
 */
export function goTo({ sheet, address = null, row = null, column = null }) {
  return Excel.run(async (context) => {
    const tab = await there(context, sheet);
    tab.activate();
    const found = address || (row && (await addressOf(context, tab, row, column)));
    if (found) tab.getRange(found).select();
    await context.sync();
  });
}

async function there(context, name) {
  const tab = context.workbook.worksheets.getItemOrNullObject(name);
  tab.load('visibility');
  await context.sync();
  if (tab.isNullObject) throw new CellTold(`There is no tab ${name}: press Check, then try again.`);
  if (tab.visibility !== 'Visible') throw new CellTold(`The tab ${name} is hidden: show it in Excel, then try again.`);
  return tab;
}

async function addressOf(context, tab, row, column) {
  const used = tab.getUsedRange(true);
  used.load('values,rowIndex,columnIndex');
  await context.sync();
  const wanted = String(column ?? '').trim().toLowerCase();
  const above = used.values.slice(0, Math.max(0, row - 1 - used.rowIndex));
  const heads = above.map((cells) => cells.findIndex((cell) => String(cell).trim().toLowerCase() === wanted));
  const at = wanted ? heads.find((place) => place >= 0) : undefined;
  return at === undefined ? `${row}:${row}` : `${letters(used.columnIndex + at)}${row}`;
}

/**
 * Writes the answer to an issue into its cell of the column Decision.
 * @param {{id: string, decision_cell: {sheet: string, address: string}}} issue The issue.
 * @param {string} answer "accept", "reject" or "" to take an answer back.
 */
export function decide(issue, answer) {
  const { sheet, address } = issue.decision_cell;
  return Excel.run(async (context) => {
    const tab = await there(context, sheet);
    const used = tab.getUsedRange(true);
    used.load('values,rowIndex,columnIndex');
    tab.protection.load('protected');
    await context.sync();
    if (tab.protection.protected) {
      throw new CellTold(`The tab ${sheet} is protected: unprotect it (Review, Unprotect Sheet), then try again.`);
    }
    const cell = answerCell(used, issue.id, address);
    if (!cell) throw new CellTold(`This issue is not on the tab ${sheet} any more: press Check, then try again.`);
    tab.getRange(cell).values = [[answer]];
    await context.sync();
  });
}

const ANSWERS = ['', 'accept', 'reject', 'later'];

function answerCell({ values, rowIndex, columnIndex }, id, address) {
  const row = values.findIndex((cells) => cells.includes(id));
  const titled = values.slice(0, Math.max(row, 0)).map((cells) => cells.findIndex((cell) => String(cell).trim() === 'Decision'));
  const column = titled.find((place) => place >= 0) ?? columnOf(address) - columnIndex;
  const seen = values[row]?.[column];
  if (seen === undefined || !ANSWERS.includes(String(seen).trim().toLowerCase())) return null;
  return `${letters(columnIndex + column)}${rowIndex + row + 1}`;
}

/**
 * The partner that the selected row is about.
 * @param {Object<string, {name: string}>} partners The partners by id.
 * @return {Promise<?string>} A partner's id, or null when the row names none.
 */
export function partnerHere(partners) {
  const byName = new Map(Object.entries(partners).map(([id, { name }]) => [name, id]));
  return Excel.run(async (context) => {
    const row = context.workbook.getActiveCell().getEntireRow();
    const cells = row.getUsedRangeOrNullObject(true);
    cells.load('values');
    await context.sync();
    if (cells.isNullObject) return null;
    const texts = cells.values[0].map((cell) => String(cell).trim());
    const id = texts.find((cell) => Object.hasOwn(partners, cell));
    return id ?? byName.get(texts.find((cell) => byName.has(cell))) ?? null;
  });
}

function columnOf(address) {
  const [name] = address.match(/[A-Z]+/);
  return [...name].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function letters(column) {
  const rest = column % 26;
  return (column >= 26 ? letters((column - rest) / 26 - 1) : '') + String.fromCharCode(65 + rest);
}
