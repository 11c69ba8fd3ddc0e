/**
 * What is done to the workbook, step by step, whole or not at all: what a step needs of a request,
 * how it is taken, and how it is taken back.
 *
 * A step is {size, take, back, seen}: about how many characters it sends, and two functions that
 * leave their calls with office.js, for one `sync` of many. `seen` is what stands where it writes,
 * {sheet, title, area, formulas}, for a last look before.
 */

import { rangeOf, reference, referred, runs } from './areas.js';
import { cellsOf } from './reading.js';
import { Refused, Stale, isBusy } from './refusals.js';
import { entered, formatFor, kept } from './values.js';

/** Characters that a request should have; three bytes each at most stay below Excel's 5 MB. */
export const REQUEST = 1400000;
/** Characters of a request for an action, and the cells that office.js puts into one. */
const ACTION = 900;
const CELLS_OF_ACTION = 1500;
/** How often, and after how many milliseconds, an Excel that waits for a person is asked again. */
const TRIES = 20;
const PAUSE = 500;
/** What Excel says of a sheet or name that was never made. */
const NOT_THERE = 'ItemNotFound';

/** Not all could be put back after Excel had refused something. */
export class Torn extends Error {
  constructor(message) {
    super(message);
    this.name = 'Torn';
  }
}

/**
 * The steps of a draft: a table grows before its new rows are written, and shrinks after its old
 * ones are empty.
 * @param {Excel.RequestContext} context
 * @param {Draft} draft
 * @param {Map<string, {name: string, formula: string}>} names The workbook's, by small letters.
 * @param {{from1904: boolean, size: number}} told
 */
export function* stepsOf(context, draft, names, told) {
  if (draft.made) {
    yield* makingSteps(context, draft, names, told);
    return;
  }
  const resizing = [...resizingSteps(draft)];
  if (draft.grows) yield* resizing;
  for (const block of draft.blocks) {
    yield* writingSteps(block, draft, told);
    for (const part of block.again) {
      for (const step of writingSteps(part, draft, told)) yield unseen(step);
    }
  }
  if (!draft.grows) yield* resizing;
  yield* namingSteps(context, draft, names);
}

/** A step without a last look: its cells are of its own making. */
function unseen({ size, take, back }) {
  return { size, take, back, seen: null };
}

/** Steps that write a block, each as much of it as a request should have. */
export function* writingSteps(block, draft, { from1904, size }) {
  const rows = block.new.map((_, i) => rowOf(block, draft, i, from1904));
  rows.forEach((row, i) => {
    row.size = sizeOf(row, rows[i - 1]);
  });
  let [from, sum] = [0, 0];
  for (let i = 0; i < rows.length; i += 1) {
    if (i > from && sum + rows[i].size > size / 2) {
      yield writing(block, from, rows.slice(from, i), sum);
      [from, sum] = [i, 0];
    }
    sum += rows[i].size;
  }
  yield writing(block, from, rows.slice(from), sum);
}

/**
 * A row of a block as it is entered: cells and number formats, how they are put back, and the
 * format that each cell has when it is written.
 */
function rowOf(block, draft, i, from1904) {
  const [cells, old] = [block.new[i], block.old[i]];
  const present = old.map((cell, j) => formatAt(draft, block.area, i, j) || cell.format);
  const formats = cells.map((value, j) =>
    isKept(value) ? present[j] : formatFor(value, present[j]),
  );
  return {
    cells: cells.map((value) => (isKept(value) ? kept(value.keep) : entered(value, from1904))),
    was: old.map(kept),
    seen: old.map((cell) => cell.formula),
    present,
    formats,
    before: old.map((cell) => cell.format),
  };
}

/**
 * The most characters that a row takes in a request, to be written or to be put back. A format is
 * an action of its own unless the row above has it too.
 */
function sizeOf(row, above) {
  const { cells, was, formats, before } = row;
  const values = Math.max(JSON.stringify(cells).length, JSON.stringify(was).length);
  const looks = formats.map((code, j) => {
    if (!isDressed(row, j)) return 0;
    const starts = !above || above.formats[j] !== code || !isDressed(above, j);
    return Math.max(code.length, before[j].length) + 5 + (starts ? ACTION : 0);
  });
  const sum = looks.reduce((total, each) => total + each, values);
  return sum + (cells.length * ACTION) / CELLS_OF_ACTION + 1;
}

function isDressed({ present, formats, before }, j) {
  return formats[j] !== present[j] || formats[j] !== before[j];
}

/** Whether a block sets number formats where the table keeps its size. */
export function dresses({ old, new: rows }) {
  return rows.some((cells, i) =>
    cells.some((value, j) => {
      const { format } = old[i][j];
      return !isKept(value) && formatFor(value, format) !== format;
    }),
  );
}

function isKept(value) {
  return value !== null && typeof value === 'object' && 'keep' in value;
}

/** Writes rows of a block, from its row `from` (counted from 0) on. */
function writing(block, from, rows, size) {
  const area = { ...block.area, row: block.area.row + from, rows: rows.length };
  const column = (name) => rows.map((row) => row[name]);
  return {
    size: size + ACTION,
    get seen() {
      return { sheet: block.sheet, title: block.title, area, formulas: column('seen') };
    },
    take() {
      dress(block.sheet, area, column('present'), column('formats'));
      fill(block.sheet, area, column('cells'));
    },
    back() {
      dress(block.sheet, area, column('formats'), column('before'));
      fill(block.sheet, area, column('was'));
    },
  };
}

/** Enters cells; only as formulas where some are, for those are shorter than texts may be. */
function fill(sheet, area, cells) {
  const special = cells.some((row) => row.some((cell) => /^[=#]/.test(cell)));
  rangeOf(sheet, area)[special ? 'formulas' : 'values'] = cells;
}

/** The number format that a row which the table grows by gets from the row above it. */
function formatAt(draft, area, i, j) {
  if (!draft || !draft.grows || !draft.body.nativeLast) return '';
  const last = draft.body.nativeLast;
  return area.row + i > last ? draft.body.at(last, area.column + j).format : '';
}

/** Sets the number formats that differ, one area for each run of a column. */
function dress(sheet, area, present, wanted) {
  for (let j = 0; j < area.columns; j += 1) {
    const rows = wanted.map((_, i) => i).filter((i) => wanted[i][j] !== present[i][j]);
    for (const run of runs(rows, (a, b) => b === a + 1 && wanted[a][j] === wanted[b][j])) {
      const [row, column] = [area.row + run[0], area.column + j];
      const part = { row, column, rows: run.length, columns: 1 };
      rangeOf(sheet, part).numberFormat = run.map((i) => [wanted[i][j]]);
    }
  }
}

/** Resizes the tab's Excel table; rows that it grows by look as its last one did. */
function* resizingSteps({ body, end }) {
  if (!end || !body.nativeLast) return;
  const { table, area } = body.native;
  const wanted = { ...area, rows: end - area.row + 1 };
  yield {
    size: ACTION,
    take: () => table.resize(rangeOf(body.sheet, wanted)),
    back: () => table.resize(rangeOf(body.sheet, area)),
  };
  const last = body.nativeLast;
  if (end <= last) return;
  yield {
    size: ACTION,
    take() {
      const target = rangeOf(body.sheet, { ...area, row: last + 1, rows: end - last });
      target.copyFrom(rangeOf(body.sheet, { ...area, row: last, rows: 1 }), 'Formats');
    },
    back() {},
  };
}

/** Lets workbook names that cover the body of a column end where it ends. */
function* namingSteps(context, { tab, body, end }, names) {
  for (const name of end ? Object.values(tab.names || {}) : []) {
    const item = names.get(name.toLowerCase());
    const found = item && referred(String(item.formula));
    if (!found || found.sheet.toLowerCase() !== tab.title.toLowerCase()) continue;
    const { area } = found;
    const rows = Math.max(end, body.header + 1) - area.row + 1;
    if (rows === area.rows || rows < 1) continue;
    yield renaming(context, item, reference(found.sheet, { ...area, rows }));
  }
}

function renaming(context, { name, formula }, wanted) {
  const set = (told) => {
    context.workbook.names.getItem(name).formula = told;
  };
  return { size: ACTION, take: () => set(wanted), back: () => set(formula) };
}

/** Makes a tab of the engine's that people deleted: header, number formats, table, names, rows. */
function* makingSteps(context, draft, names, told) {
  const { tab, made } = draft;
  const { worksheets } = context.workbook;
  const keys = Object.keys(tab.columns);
  const area = { row: 1, column: 1, rows: Math.max(made.new.length, 1) + 1, columns: keys.length };
  yield {
    size: ACTION * (keys.length + 2),
    take() {
      const sheet = worksheets.add(tab.title);
      const header = { ...area, rows: 1 };
      rangeOf(sheet, header).formulas = [Object.values(tab.columns).map((text) => entered(text))];
      keys.forEach((key, j) => dressColumn(sheet, { ...area, column: j + 1 }, tab.formats[key]));
      if (tab.table) sheet.tables.add(rangeOf(sheet, area), true).name = tab.table;
    },
    back: () => worksheets.getItem(tab.title).delete(),
  };
  const old = made.new.map(() => keys.map(() => ({ value: '', formula: '', format: 'General' })));
  keys.forEach((key, j) => old.forEach((row) => (row[j].format = tab.formats[key] || 'General')));
  const places = keys.map((key) => made.columns.indexOf(key));
  const rows = made.new.map((cells) => places.map((at) => (at < 0 ? null : cells[at])));
  const block = {
    get sheet() {
      return worksheets.getItem(tab.title); // it is not there yet
    },
    title: tab.title,
    area: { ...area, row: 2, rows: rows.length },
    old,
    new: rows,
    again: [],
  };
  draft.blocks.push(block);
  for (const step of rows.length ? writingSteps(block, null, told) : []) {
    yield unseen(step);
  }
  for (const [key, name] of Object.entries(tab.names || {})) {
    const column = keys.indexOf(key) + 1;
    const body = { row: 2, column, rows: area.rows - 1, columns: 1 };
    const item = names.get(name.toLowerCase());
    const formula = reference(tab.title, body);
    yield item ? renaming(context, item, formula) : naming(context, name, formula);
  }
}

function naming(context, name, formula) {
  const { names } = context.workbook;
  return {
    size: ACTION,
    take: () => names.add(name, formula),
    back: () => names.getItem(name).delete(),
  };
}

function dressColumn(sheet, area, format) {
  if (!format) return;
  const part = { ...area, row: 2, rows: area.rows - 1, columns: 1 };
  rangeOf(sheet, part).numberFormat = Array.from({ length: part.rows }, () => [format]);
}

/**
 * Takes all steps, or none.
 * @param {Excel.RequestContext} context
 * @param {Object[]} steps
 * @param {function(): Promise} check Looks whether Excel took them; throws when it did not.
 * @param {{size: number, wait: function(number): Promise, onProgress: function(Object)}} told
 * @throws {Stale} When somebody edited a cell before it was written, and all was put back.
 * @throws {Refused} When Excel refused a step, and all was put back.
 * @throws {Torn} When that could not be done.
 */
export async function takeAll(context, steps, check, { size, wait, onProgress }) {
  const taken = [];
  try {
    for (const batch of batches(steps, size)) {
      await look(context, batch);
      taken.push(...batch);
      await send(context, () => batch.forEach((step) => step.take()), wait);
      onProgress({ done: taken.length, of: steps.length });
    }
    await check();
  } catch (error) {
    const left = await takeBack(context, taken.reverse(), size, wait);
    if (left) {
      throw new Torn(
        `Excel did not take a change (${error.message}), and ${left} of ${taken.length} steps ` +
          'could not be put back: close the workbook without saving, or restore it by File, ' +
          'Info, Version History.',
      );
    }
    if (error instanceof Stale) throw error;
    throw new Refused(
      `Excel did not take a change (${error.message}), so all was put back as it was.`,
    );
  }
}

/** Looks once more at the cells that a batch writes: reading many of them took its time. */
async function look(context, batch) {
  const wanted = batch.map((step) => step.seen).filter(Boolean);
  const found = await cellsOf(context, wanted, ['formulas']);
  wanted.forEach(({ title, area, formulas }, at) => {
    const i = formulas.findIndex((row, n) => row.some((old, j) => old !== found[at].formulas[n][j]));
    if (i < 0) return;
    throw new Stale(`In ${title} row ${area.row + i} was changed meanwhile. Nothing was changed.`);
  });
}

/** How many of the steps could not be taken back. */
async function takeBack(context, steps, size, wait) {
  let left = 0;
  for (const batch of batches(steps, size)) {
    try {
      await send(context, () => batch.forEach((step) => step.back()), wait);
    } catch (error) {
      left += await oneByOne(context, batch);
    }
  }
  return left;
}

async function oneByOne(context, steps) {
  let left = 0;
  for (const step of steps) {
    try {
      step.back();
      await context.sync();
    } catch (error) {
      if (error.code !== NOT_THERE) left += 1;
    }
  }
  return left;
}

/** Steps in lists, each list for one request. */
function batches(steps, size) {
  let sum = 0;
  return runs(steps, (_, step) => {
    sum += step.size;
    if (sum <= size) return true;
    sum = step.size;
    return false;
  });
}

/** Sends one request; while a person edits a cell or has a dialog open, again after a while. */
export async function send(context, work, wait) {
  for (let tries = 1; ; tries += 1) {
    try {
      context.application.suspendScreenUpdatingUntilNextSync();
      context.application.suspendApiCalculationUntilNextSync();
      work();
      await context.sync();
      return;
    } catch (error) {
      if (!isBusy(error) || tries >= TRIES) throw error;
      await wait(PAUSE);
    }
  }
}
