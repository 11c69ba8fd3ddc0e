/**
 * Protection of sheets taken off before they are written, and put back as it was: the tabs that the
 * engine owns are protected, without a password, so that nobody types there by mistake. Tabs of
 * people's own are left as they are: what they did not lock there may be written all the same.
 */

import { rangeOf } from './areas.js';
import { Refused, told } from './refusals.js';
import { dresses, send } from './steps.js';

/** The roles of the engine's tabs. */
const OURS = ['computed', 'report', 'log'];

/**
 * Which sheets are protected, and how.
 * @param {Excel.RequestContext} context
 * @param {Map<string, Excel.Worksheet>} sheets By name.
 * @return {Promise<Array<{name: string, sheet: Excel.Worksheet, options: Object}>>}
 */
export async function protectionsOf(context, sheets) {
  sheets.forEach((sheet) => sheet.protection.load({ protected: true, options: true }));
  await context.sync();
  return [...sheets]
    .filter(([, sheet]) => sheet.protection.protected)
    .map(([name, sheet]) => ({ name, sheet, options: sheet.protection.options }));
}

/**
 * The protections that have to be taken off for what is written.
 * @param {Excel.RequestContext} context
 * @param {Object[]} protections As of `protectionsOf`.
 * @param {Array<{title: string, role: string, block: ?Object}>} writes Blocks on a tab with a role;
 *     null for a table that gets another size.
 * @return {Promise<Object[]>}
 * @throws {Refused} When people protect a tab in which locked cells would be written.
 */
export async function inTheWay(context, protections, writes) {
  const isOurs = ({ name }) =>
    writes.some(({ title, role }) => title === name && OURS.includes(role));
  for (const { name } of protections.filter((one) => !isOurs(one))) {
    const blocks = writes.filter(({ title }) => title === name).map(({ block }) => block);
    if (!(await areOpen(context, blocks))) throw locked(name, 'is protected');
  }
  return protections.filter(isOurs);
}

/** Whether blocks are written into cells alone that are not locked. */
async function areOpen(context, blocks) {
  if (blocks.some((block) => !block || dresses(block))) return false;
  const looks = blocks.map(({ sheet, area }) => rangeOf(sheet, area).format.protection);
  looks.forEach((look) => look.load({ locked: true }));
  await context.sync();
  return looks.every((look) => look.locked === false);
}

/**
 * Takes the protection off.
 * @throws {Refused} When a sheet has a password; all are protected as before then.
 */
export async function lift(context, protections) {
  const lifted = [];
  for (const one of protections) {
    try {
      lifted.push(one);
      one.sheet.protection.unprotect();
      await context.sync();
    } catch (error) {
      await protect(context, lifted);
      const reason = told(error);
      const isState = reason instanceof Refused && error.code !== 'AccessDenied';
      throw isState ? reason : locked(one.name, 'is protected with a password');
    }
  }
}

function locked(name, state) {
  return new Refused(
    `The tab “${name}” ${state}: unprotect it (Review, Unprotect Sheet), then try again. ` +
      'Nothing was changed.',
  );
}

/**
 * Protects again what is not.
 * @param {function(number): Promise=} wait Waits milliseconds for a person who edits a cell.
 * @return {Promise<string[]>} Sentences about sheets where that failed.
 */
export async function protect(context, protections, wait = waited) {
  const notes = [];
  for (const { name, sheet, options } of protections) {
    try {
      await send(context, () => sheet.protection.load({ protected: true }), wait);
      if (sheet.protection.protected) continue;
      await send(context, () => sheet.protection.protect(options), wait);
    } catch (error) {
      notes.push(
        `The tab “${name}” could not be protected again: protect it (Review, Protect Sheet).`,
      );
    }
  }
  return notes;
}

/** Waits milliseconds. */
export function waited(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
