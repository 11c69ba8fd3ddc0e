/**
 * The use cases: read the open workbook, ask the server, play what it answers.
 *
 * Pane and ribbon share them. A workbook that somebody changes meanwhile is read again; what
 * cannot be done is one sentence (`sentenceOf`), and then nothing was written.
 */

import { CallFailed } from './calls.js';
import { bookKey, keepPlan, planOf } from './memory.js';
import { play, Torn } from './playing.js';
import { readWorkbook } from './reading.js';
import { Refused, Stale, told } from './refusals.js';

export { decide, goTo, partnerHere } from './cells.js';

/** How often a workbook that changes meanwhile is read and computed again. */
export const ATTEMPTS = 3;

/**
 * Cleans, computes and writes the results into the open workbook.
 * @param {Calls} calls The server's questions.
 * @param {{onStep: function(string, ?number)}} options Hears "reading", "computing", "writing",
 *     the last with the part that is done (0 to 1).
 * @return {Promise<Object>} The reply, with `changed` places and number of `cells` written.
 */
export function recalculate(calls, options = {}) {
  return persistently(async (context, step) => {
    const posted = await read(context, calls, step);
    step('computing');
    const reply = await calls.sync(posted);
    return joined(reply, await applied(context, reply.score, step));
  }, options);
}

/** Reads and reports, writes nothing; arguments and result as of `recalculate`. */
export function check(calls, options = {}) {
  return persistently(async (context, step) => {
    const posted = await read(context, calls, step);
    step('computing');
    return { ...(await calls.check(posted)), changed: [], cells: 0 };
  }, options);
}

/** Takes the last run back that this computer made; arguments and result as of `recalculate`. */
export function undo(calls, options = {}) {
  return persistently(async (context, step) => {
    const posted = await read(context, calls, step);
    const [last] = runsDone(posted.sheets);
    const plan = last ? await planOf(last) : null;
    if (!plan) throw new Refused(NO_RECORD);
    step('computing');
    const reply = await calls.undo(posted, plan);
    return joined(reply, await applied(context, reply.score, step));
  }, options);
}

const NO_RECORD =
  'This computer has no record of a run to take back: undo where Recalculate was pressed, ' +
  'for its last 20 runs. Nothing was changed.';

/**
 * The runs that the Sync Log names and no undo took back, newest first.
 * @param {Array<Object>} sheets The posted sheets.
 * @return {string[]} Names of runs.
 */
export function runsDone(sheets) {
  const lines = sheets.flatMap(logLines);
  const undone = new Set(lines.filter((line) => line.kind === 'undo').map((line) => line.before));
  const runs = lines.filter((line) => line.kind === 'sync' && !undone.has(line.run));
  return runs.map((line) => line.run).reverse();
}

function logLines({ values }) {
  const words = (row) => row.map((cell) => String(cell).trim().toLowerCase());
  const head = values.findIndex((row) =>
    ['run', 'kind', 'before'].every((title) => words(row).includes(title)),
  );
  if (head < 0) return [];
  const titles = words(values[head]);
  const at = (row, title) => String(row[titles.indexOf(title)]);
  return values.slice(head + 1).map((row) => ({
    run: at(row, 'run'),
    kind: at(row, 'kind'),
    before: at(row, 'before'),
  }));
}

async function read(context, calls, step) {
  step('reading');
  const found = await readWorkbook(context, (sheets) => calls.tabs(sheets));
  return { version: 1, client: 'office.js', as_of: null, ...found };
}

async function applied(context, score, step) {
  if (!score) return { changed: [], cells: 0 };
  await keepPlan(bookKey(), score.plan);
  step('writing', 0);
  return play(context, score, {
    onProgress: ({ done, of }) => step('writing', of ? done / of : 1),
  });
}

/** What the server told, with what was written. */
function joined(reply, played) {
  return { ...reply, ...played, notes: [...(reply.notes ?? []), ...(played.notes ?? [])] };
}

async function persistently(work, { onStep = () => {} }) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await alone(() => Excel.run((context) => work(context, onStep)));
    } catch (error) {
      if (!(error instanceof Stale)) throw error;
      if (attempt === ATTEMPTS) throw new Refused(BUSY);
    }
  }
}

const BUSY =
  'Somebody keeps changing the workbook: wait until they have finished, then try again. ' +
  'Nothing was changed.';

/** Does something while neither pane nor ribbon does anything in this workbook. */
function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request(`sheetsync ${bookKey()}`, { ifAvailable: true }, (lock) => {
    if (!lock)
      throw new Refused('sheetsync is at work in this workbook already: wait until it is done.');
    return work();
  });
}

const TOO_BIG = ['RequestPayloadSizeLimitExceeded', 'ResponsePayloadSizeLimitExceeded'];

/**
 * One sentence that says what to do.
 * @param {Error} error What went wrong.
 * @return {string} The sentence.
 */
export function sentenceOf(error) {
  const known = told(error);
  if ([CallFailed, Refused, Stale, Torn].some((kind) => known instanceof kind))
    return known.message;
  if (TOO_BIG.includes(error?.code)) {
    return 'This workbook is too big for the pane: use “sheetsync sync” on the saved file.';
  }
  const code = error?.code ? ` (${error.code})` : '';
  return `Excel did not do this${code}: try again, and if it stays so, open the workbook anew.`;
}
