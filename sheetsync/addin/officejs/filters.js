/**
 * Filters taken off before cells are written, and put back afterwards: while a filter hides rows,
 * Excel writes a block's first value into every visible cell of it, without a word.
 */

import { Refused } from './refusals.js';

/** Kinds of criteria that can be set as they are told. */
const KINDS = [
  ...['Values', 'Custom', 'TopItems', 'TopPercent', 'BottomItems', 'BottomPercent'],
  ...['CellColor', 'FontColor', 'Icon', 'Dynamic'],
];

/**
 * The filters of sheets in which something is set.
 * @param {Excel.RequestContext} context
 * @param {Map<string, Excel.Worksheet>} sheets By name.
 * @return {Promise<Object[]>} For clear and putBack.
 * @throws {Refused} When one could not be put back.
 */
export async function filtersOf(context, sheets) {
  const owners = [];
  for (const [name, sheet] of sheets) {
    sheet.tables.load({ name: true });
    owners.push({ name, sheet, filter: sheet.autoFilter });
  }
  await context.sync();
  for (const { name, sheet } of [...owners]) {
    sheet.tables.items.forEach((table) => owners.push({ name, table, filter: table.autoFilter }));
  }
  owners.forEach(({ filter }) =>
    filter.load({ enabled: true, isDataFiltered: true, criteria: true }),
  );
  await context.sync();
  const set = owners.filter(({ filter }) => filter.isDataFiltered);
  return set.map(remembered);
}

function remembered({ name, sheet, table, filter }) {
  const criteria = (filter.criteria || [])
    .map((each, index) => ({ index, criteria: bare(each) }))
    .filter((each) => each.criteria);
  if (!criteria.length || !criteria.every((each) => KINDS.includes(each.criteria.filterOn))) {
    throw new Refused(
      `The tab “${name}” is filtered in a way that could not be put back: clear the filter ` +
        '(Data, Clear), then try again. Nothing was changed.',
    );
  }
  const range = table ? null : filter.getRangeOrNullObject();
  return { name, sheet, table, filter, range, criteria };
}

/** A criterion without what is not set; null when nothing is. */
function bare(criterion) {
  const told = Object.entries(criterion || {}).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  const tells = told.some(([key, value]) => {
    if (['filterOn', 'operator'].includes(key) || value === 'Unknown') return false;
    return key !== 'values' || value.length > 0;
  });
  return tells ? Object.fromEntries(told) : null;
}

/** Shows all rows; the caller syncs. */
export function clear(filters) {
  for (const { table, filter } of filters) {
    if (table) table.clearFilters();
    else filter.clearCriteria();
  }
}

/**
 * Filters again.
 * @return {Promise<string[]>} Sentences about filters that could not be put back.
 */
export async function putBack(context, filters) {
  const notes = [];
  for (const one of filters) {
    try {
      for (const { index, criteria } of one.criteria) {
        if (one.table) one.table.columns.getItemAt(index).filter.apply(criteria);
        else one.filter.apply(one.range, index, criteria);
      }
      await context.sync();
    } catch (error) {
      notes.push(`The filter of the tab “${one.name}” could not be put back: set it again.`);
    }
  }
  return notes;
}
