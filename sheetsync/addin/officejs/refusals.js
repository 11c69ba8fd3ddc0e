/**
 * Why something was not done, as sentences for people.
 */

/** Somebody edited the workbook since it was read; nothing was written. */
export class Stale extends Error {
  constructor(message) {
    super(message);
    this.name = 'Stale';
  }
}

/** Excel cannot be written to as it is; nothing was written, and the message says what to do. */
export class Refused extends Error {
  constructor(message) {
    super(message);
    this.name = 'Refused';
  }
}

/** Sentences by the codes of office.js for states that people can end. */
const SENTENCES = {
  InvalidOperationInCellEditMode:
    'A cell is being edited in Excel: press Enter or Esc, then try again. Nothing was changed.',
  WriteNotSupportedWhenModalDialogOpen:
    'A dialog is open in Excel: close it, then try again. Nothing was changed.',
  AccessDenied:
    'Excel does not let this workbook be changed: it may be protected or open for reading only. ' +
    'Nothing was changed.',
  InvalidOperationInReadOnlyMode:
    'The workbook is open for reading only: choose Edit Workbook, then try again. ' +
    'Nothing was changed.',
};

/**
 * An error of office.js as a Refused where people can do something about it; others as they are.
 * @param {Error} error What Excel.run or context.sync threw.
 * @return {Error}
 */
export function told(error) {
  const sentence = SENTENCES[error && error.code];
  return sentence ? new Refused(sentence) : error;
}

/** Whether Excel waits for a person, who will soon be done. */
export function isBusy(error) {
  return ['InvalidOperationInCellEditMode', 'WriteNotSupportedWhenModalDialogOpen'].includes(
    error && error.code,
  );
}
