/**
 * Protection of sheets taken off before they are written, and put back as it was: the tabs that the
 * engine owns are protected, without a password, so that nobody types there by mistake.
 */

import { Refused, told } from './refusals.js';

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
 * Takes the protection off.
 * @throws {Refused} When a sheet has a password; all are protected as before then.
 */
export async function lift(context, protections) {
  const lifted = [];
  for (const one of protections) {
    try {
      one.sheet.protection.unprotect();
      await context.sync();
      lifted.push(one);
    } catch (error) {
      await protect(context, lifted);
      const reason = told(error);
      const isState = reason instanceof Refused && error.code !== 'AccessDenied';
      throw isState ? reason : locked(one.name);
    }
  }
}

function locked(name) {
  return new Refused(
    `The tab “${name}” is protected with a password: unprotect it (Review, Unprotect Sheet), ` +
      'then try again. Nothing was changed.',
  );
}

/**
 * Protects again.
 * @return {Promise<string[]>} Sentences about sheets where that failed.
 */
export async function protect(context, protections) {
  const notes = [];
  for (const { name, sheet, options } of protections) {
    try {
      sheet.protection.protect(options);
      await context.sync();
    } catch (error) {
      notes.push(
        `The tab “${name}” could not be protected again: protect it (Review, Protect Sheet).`,
      );
    }
  }
  return notes;
}
