/**
 * Plays a plan in the workbook that is open in Excel: compares every cell that the plan was made
 * from with what stands there now, then writes, then looks whether Excel took it. Everything is
 * compared before anything is written, and what fails while writing is put back.
 *
 * A score is {version, plan, tabs, rows}, see `sheetsync.model.score`. Besides, a tab tells
 * `table`, the name of its Excel table, `formats` by column key, for a tab that has to be made
 * again, and `sync`, the keys of the columns that the engine owns.
 */

import { addressOf } from './areas.js';
import { drafted } from './blocks.js';
import { bodiesOf, stale } from './bodies.js';
import { clear, filtersOf, putBack } from './filters.js';
import { inTheWay, lift, protect, protectionsOf, waited } from './protection.js';
import { cellsOf, countsFrom1904 } from './reading.js';
import { Refused, Stale, told } from './refusals.js';
import { REQUEST, Torn, stepsOf, takeAll, writingSteps } from './steps.js';
import { sameCell, tookCell } from './values.js';

export { Refused, Stale, Torn };

const VERSION = 1;

/**
 * Plays a score.
 * @param {Excel.RequestContext} context
 * @param {Object} score See above.
 * @param {Object=} options `onProgress` is called with {done, of} as steps are taken; `size` is
 *     about how many characters a request may have; `wait` waits milliseconds.
 * @return {Promise<{changed: Array<{sheet: string, address: string}>, cells: number,
 *     notes: string[]}>} The areas written, how many cells changed, and what people should know.
 * @throws {Stale} When somebody edited meanwhile; nothing was written.
 * @throws {Refused} When Excel cannot be written to as it is; nothing was written.
 * @throws {Torn} When a write failed and could not be put back in full.
 */
export async function play(context, score, options = {}) {
  const { onProgress = () => {}, size = REQUEST, wait = waited } = options;
  if (score.version !== VERSION || score.plan.version !== VERSION) {
    throw new Refused('The plan is of another version: reload the add-in. Nothing was changed.');
  }
  const work = await prepared(context, score, size).catch((error) => {
    throw told(error);
  });
  const { steps, blocks, filters, protections, from1904, cells } = work;
  if (!steps.length) return { changed: [], cells: 0, notes: [] };
  const notes = [];
  await lift(context, protections);
  try {
    await cleared(context, filters);
    const check = () => verify(context, blocks, from1904);
    await takeAll(context, steps, check, { size, wait, onProgress });
  } finally {
    notes.push(...(await putBack(context, filters)), ...(await protect(context, protections, wait)));
  }
  const changed = blocks.map(({ title, area }) => ({ sheet: title, address: addressOf(area) }));
  return { changed, cells, notes };
}

async function cleared(context, filters) {
  if (!filters.length) return;
  try {
    clear(filters);
    await context.sync();
  } catch (error) {
    throw told(error);
  }
}

/** Compares all, and returns what is to be done. */
async function prepared(context, score, size) {
  const from1904 = await countsFrom1904(context);
  const bodies = await bodiesOf(context, score, from1904);
  const drafts = drafted(score, bodies);
  const single = await namedBlocks(context, score, from1904);
  const names = await namesOf(context);
  const how = { from1904, size };
  const steps = [
    ...drafts.flatMap((draft) => [...stepsOf(context, draft, names, how)]),
    ...single.flatMap((block) => [...writingSteps(block, null, how)]),
  ];
  const blocks = [...drafts.flatMap((draft) => draft.blocks), ...single];
  const sheets = sheetsOf(drafts, single);
  const found = await protectionsOf(context, sheets);
  const protections = await inTheWay(context, found, writesOf(drafts, single));
  const filters = await filtersOf(context, sheets);
  const cells = drafts.reduce((sum, draft) => sum + draft.count, single.length);
  return { steps, blocks, filters, protections, from1904, cells };
}

/** The sheets that are there already and are written to, by name. */
function sheetsOf(drafts, single) {
  const found = new Map();
  for (const { body, blocks, end } of drafts) {
    if (body && (blocks.length || end)) found.set(body.title, body.sheet);
  }
  single.forEach((block) => found.set(block.title, block.sheet));
  return found;
}

/** What is written to which tab: blocks, and null where its table gets another size. */
function writesOf(drafts, single) {
  const writes = drafts.flatMap(({ body, blocks, end }) => {
    const [title, role] = body ? [body.title, body.tab.role] : [];
    return body ? [...blocks, ...(end ? [null] : [])].map((block) => ({ title, role, block })) : [];
  });
  return [...writes, ...single.map((block) => ({ title: block.title, role: block.role, block }))];
}

/** The workbook's names by small letters. */
async function namesOf(context) {
  const { names } = context.workbook;
  names.load({ name: true, formula: true });
  await context.sync();
  return new Map(
    names.items.map(({ name, formula }) => [name.toLowerCase(), { name, formula }]),
  );
}

/** WriteNames: single named cells, as blocks of one cell; those that change. */
async function namedBlocks(context, score, from1904) {
  const cells = score.plan.ops
    .filter((op) => op.op === 'WriteNames')
    .flatMap((op) => op.names.map((name, i) => ({ op, name, old: op.old[i], new: op.new[i] })));
  const { names } = context.workbook;
  for (const cell of cells) {
    cell.range = names.getItemOrNullObject(cell.name).getRangeOrNullObject();
    cell.range.load(['values', 'formulas', 'numberFormat', 'rowIndex', 'columnIndex']);
    cell.range.worksheet.load({ name: true });
  }
  await context.sync();
  return cells.map((cell) => namedBlock(context, cell, score, from1904)).filter(Boolean);
}

function namedBlock(context, { op, name, range, old, new: value }, score, from1904) {
  if (range.isNullObject) {
    if (old === null) return null;
    throw stale(score.tabs[op.tab].title, `the name ${name} was lost`);
  }
  const found = {
    value: range.values[0][0],
    formula: range.formulas[0][0],
    format: range.numberFormat[0][0],
  };
  const title = range.worksheet.name;
  const { role } = score.tabs[op.tab];
  if (!sameCell(found, old, from1904)) throw stale(title, `the cell ${name} was changed`);
  const area = { row: range.rowIndex + 1, column: range.columnIndex + 1, rows: 1, columns: 1 };
  const sheet = context.workbook.worksheets.getItem(title);
  return { sheet, title, role, area, old: [[found]], new: [[value]] };
}

/** Looks whether Excel took what was written. */
async function verify(context, blocks, from1904) {
  const written = blocks.filter(({ area }) => area.rows > 0);
  const found = await cellsOf(context, written, ['values', 'formulas']);
  written.forEach((block, at) => {
    block.new.forEach((row, i) =>
      row.forEach((wanted, j) => {
        const value = found[at].values[i][j];
        if (!took({ value, formula: found[at].formulas[i][j] }, wanted, from1904)) {
          const { row: top, column } = block.area;
          const place = addressOf({ row: top + i, column: column + j, rows: 1, columns: 1 });
          throw new Error(`${block.title} ${place} shows ${value}`);
        }
      }),
    );
  });
}

function took(found, wanted, from1904) {
  if (wanted !== null && typeof wanted === 'object' && 'keep' in wanted) {
    return found.formula === wanted.keep.formula;
  }
  return tookCell(found, wanted, from1904);
}
