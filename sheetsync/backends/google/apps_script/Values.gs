/**
 * Cells between what SpreadsheetApp tells and what a plan's JSON says.
 *
 * A plan writes text, numbers, true and false and null as they are, a moment as {d: ISO}, a
 * duration as {s: seconds}, an error as {e: code}, a formula as {f: text, v: value}.
 */

/** Milliseconds of a day, and the day that serial number 0 means. */
const DAY = 86400000;
const DAY_0 = Date.UTC(1899, 11, 30);
/** Texts that are taken for truth values when they are typed. */
const SPOKEN = /^(true|false|wahr|falsch|vrai|faux|verdadero|falso)$/i;
/** The number format of cells in which whatever is typed is text. */
const TEXT_ONLY = '@';
/** Number formats that show days, times or durations. */
const CALENDAR = /[ymdhs]/i;

/**
 * Tells whether a cell holds what a plan expects.
 * @param {{value: *, formula: string}} found As SpreadsheetApp tells it.
 * @param {*} expected As the plan tells it.
 * @param {string} zone The spreadsheet's time zone.
 * @param {Map<string, number>} links Sheet ids by tab title.
 * @return {boolean} Whether they are the same, as spreadsheets store it.
 */
function sameCell(found, expected, zone, links) {
  const told = expected === undefined ? null : expected;
  if (found.formula) {
    if (told === null || typeof told !== 'object') return false;
    const wanted = 'e' in told ? errorFormula(told.e) : 'f' in told ? outgoing(told.f, links) : '';
    return plainFormula(found.formula) === plainFormula(`=${wanted}`);
  }
  const value = found.value;
  if (told === null || told === '') return value === '' || value === null;
  if (typeof told === 'object') {
    if ('e' in told) return value === told.e;
    if ('f' in told) return false;
    const days = 'd' in told ? serialOf(told.d) : (told.s * 1000) / DAY;
    return isNumber(value) && Math.abs(numberOf(value, zone) - days) < 1 / DAY;
  }
  if (typeof told === 'number') {
    if (value instanceof Date) return Math.abs(numberOf(value, zone) - told) < 1 / DAY;
    return typeof value === 'number' && value.toPrecision(15) === told.toPrecision(15);
  }
  if (typeof told === 'string') return typeof value === 'string' && lines(value) === lines(told);
  return value === told;
}

/**
 * What to hand to setValues so that a cell holds a plan's value.
 * @param {*} value As the plan tells it.
 * @param {Map<string, number>} links Sheet ids by tab title.
 * @param {string} format The cell's number format.
 * @return {string|number|boolean} Text is always text, whatever it looks like.
 */
function entered(value, links, format) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') {
    return format !== TEXT_ONLY && isTakenOtherwise(value) ? `'${value}` : value;
  }
  if (typeof value !== 'object') return value;
  if ('d' in value) return serialOf(value.d);
  if ('s' in value) return (value.s * 1000) / DAY;
  return `=${'e' in value ? errorFormula(value.e) : outgoing(value.f, links)}`;
}

/** The number format that a cell needs to show a plan's value; its own where that will do. */
function formatFor(value, format) {
  if (value === null || typeof value !== 'object') return format;
  if (!('d' in value || 's' in value)) return format === TEXT_ONLY ? 'General' : format;
  if (CALENDAR.test(format.replace(/\[[^\]]*\]|"[^"]*"/g, ''))) return format;
  if ('s' in value) return '[h]:mm:ss';
  return value.d.endsWith('T00:00:00') ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm';
}

/**
 * What to hand to setValues so that a cell holds again what it held.
 * @param {{value: *, formula: string}} found As SpreadsheetApp tells it.
 */
function kept(found, zone, format) {
  if (found.formula) return found.formula;
  if (found.value instanceof Date) return numberOf(found.value, zone);
  return typeof found.value === 'string' ? entered(found.value, new Map(), format) : found.value;
}

/**
 * A value as the text that names a row: what a key column's cell says.
 * @param {*} value As SpreadsheetApp tells it, or a plan.
 */
function keyText(value, zone) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number') return String(Number(value.toPrecision(15)));
  if (value instanceof Date) {
    const day = Utilities.formatDate(value, zone, 'yyyy-MM-dd');
    const time = Utilities.formatDate(value, zone, 'HH:mm');
    return time === '00:00' ? day : `${day} ${time}`;
  }
  return String(value).trim();
}

/** Days since 30 December 1899 of an ISO moment without a zone. */
function serialOf(iso) {
  return (Date.parse(`${iso}Z`) - DAY_0) / DAY;
}

/** A number or a Date of getValues as the number in the cell. */
function numberOf(value, zone) {
  if (typeof value === 'number') return value;
  return serialOf(Utilities.formatDate(value, zone, "yyyy-MM-dd'T'HH:mm:ss.SSS"));
}

function isNumber(value) {
  return typeof value === 'number' || value instanceof Date;
}

function lines(text) {
  return text.replace(/\r\n/g, '\n');
}

/**
 * Whether a typed text might become a number, a day, a formula, a truth value, or lose a mark.
 * Rather too often than too seldom: an apostrophe in front of a text is never shown.
 */
function isTakenOtherwise(text) {
  if (/^[=+\-'@]/.test(text) || text.trim() !== text || SPOKEN.test(text)) return true;
  return /\d/.test(text) && !/^[A-Za-z]{1,3}-\d+$/.test(text);
}

/** The formula (without =) that shows an error. */
function errorFormula(code) {
  return code === '#N/A' ? 'NA()' : code;
}

/** A formula of the engine as Google takes it: `;` between arguments, links by the tab's id. */
function outgoing(text, links) {
  const linked = text.replace(
    /HYPERLINK\("#'((?:[^'"]|''|"")+)'!([A-Z]+\d+)",/g,
    (whole, title, cell) => {
      const id = links.get(title.replace(/''/g, "'").replace(/""/g, '"'));
      return id === undefined ? whole : `HYPERLINK("#gid=${id}&range=${cell}",`;
    },
  );
  return outsideTexts(linked, (part) => part.replace(/,/g, ';'));
}

/** A formula without what Google may tell in another way: separators. */
function plainFormula(formula) {
  return outsideTexts(formula, (part) => part.replace(/;/g, ',').replace(/\s+/g, ''));
}

/** Changes the parts of a formula that are not within quotes. */
function outsideTexts(formula, change) {
  return formula
    .split('"')
    .map((part, i) => (i % 2 ? part : change(part)))
    .join('"');
}
