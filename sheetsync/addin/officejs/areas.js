/**
 * Areas of a sheet, as {row, column, rows, columns} counted from 1, and their A1 addresses.
 */

const CELL = /(?:^|!)\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?$/;
const REFERENCE = /^=(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?\d{1,7}(?::\S+)?)$/;
const PART = /!(\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?)(?=,|$)/g;

/** The name of a column (from 1), such as AA. */
export function letters(column) {
  let name = '';
  for (let rest = column; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

/** The number (from 1) of a column's name. */
function numberOf(name) {
  return [...name].reduce((number, letter) => number * 26 + letter.charCodeAt(0) - 64, 0);
}

/** The area of an address, with or without its sheet; null for anything else. */
export function areaOf(address) {
  const match = CELL.exec(address);
  if (!match) return null;
  const [column, row] = [numberOf(match[1]), Number(match[2])];
  return {
    row,
    column,
    rows: Number(match[4] || row) - row + 1,
    columns: numberOf(match[3] || match[1]) - column + 1,
  };
}

/** The areas of an address such as `Deals!B2:B3,Deals!C5`. */
export function areasOf(address) {
  return [...address.matchAll(PART)].map((match) => areaOf(match[1]));
}

/** The address of an area without its sheet. */
export function addressOf({ row, column, rows, columns }) {
  const first = `${letters(column)}${row}`;
  const last = `${letters(column + columns - 1)}${row + rows - 1}`;
  return first === last ? first : `${first}:${last}`;
}

/** {sheet, area} of what a workbook name refers to; null when that is no area of one sheet. */
export function referred(formula) {
  const match = REFERENCE.exec(formula);
  const area = match && areaOf(match[3]);
  return area && { sheet: (match[1] || match[2]).replace(/''/g, "'"), area };
}

/** A reference to an area for a workbook name. */
export function reference(sheet, { row, column, rows, columns }) {
  const quoted = sheet.replace(/'/g, "''");
  const [first, last] = [letters(column), letters(column + columns - 1)];
  return `='${quoted}'!$${first}$${row}:$${last}$${row + rows - 1}`;
}

/**
 * An area of a sheet as office.js has it, until the next sync: Excel keeps no track of it, which
 * would take as much again of the requests.
 */
export function rangeOf(sheet, { row, column, rows, columns }) {
  return sheet.getRangeByIndexes(row - 1, column - 1, rows, columns).untrack();
}

/**
 * Neighbours in lists: each list is a run in which `next` holds from one to the next.
 * @template T
 * @param {T[]} items
 * @param {function(T, T): boolean} next
 * @return {T[][]}
 */
export function runs(items, next) {
  const found = [];
  items.forEach((item, i) => {
    if (i && next(items[i - 1], item)) found[found.length - 1].push(item);
    else found.push([item]);
  });
  return found;
}
