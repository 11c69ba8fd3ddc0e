/**
 * Cells between what office.js tells and what a plan's JSON says.
 *
 * A plan writes text, numbers, true and false and null as they are, a moment as {d: ISO}, a
 * duration as {s: seconds}, an error as {e: code}, a formula as {f: text, v: value}. Office.js
 * tells moments and durations as days in numbers, errors as their texts and empty cells as "".
 */

const DAY = 86400000;
/** Days between the two countings of days that workbooks have. */
const LATER = 1462;
/** The number that Excel gives to 29 February 1900, which never was; days before it are one off. */
const NO_DAY = 60;
/** How far two moments may lie apart to be the same: a millisecond, in days. */
const MOMENT = 1.2 / DAY;
/** The number format of cells in which whatever is entered is text. */
const TEXT_ONLY = '@';
const LITERALS =
  /"[^"]*"|\\.|_.|\*.|am\/pm|a\/p|general|\[(?!(?:h+|m+|s+)\])[^\]]*\]|e[+-]/gi;
/** Words that are entered as truth values in some language of Excel's. */
const TRUTHS = new Set(
  (
    'true wahr vrai verdadero verdadeiro vero waar prawda pravda false falsch faux falso onwaar ' +
    'fałsz nepravda sant falskt sand falsk usann tosi epätosi igaz hamis doğru yanlış истина ложь ' +
    'adevărat fals'
  ).split(' '),
);
/** Texts that cannot become anything else: words without digits. */
const TAME = /^\p{L}[^\d]*$/u;
const TAME_LENGTH = 60;

/**
 * Whether a number format shows days, times or durations.
 * @param {string} format In English, as `numberFormat` tells it.
 */
export function isCalendar(format) {
  return /[dyghsem]|b{2,4}/i.test(format.replace(LITERALS, '').split(';')[0]);
}

/** Whether a cell holds a formula: of text that looks like one, the value is the same text. */
export function isFormula(value, formula) {
  return typeof formula === 'string' && formula.startsWith('=') && value !== formula;
}

/**
 * Tells whether a cell holds what a plan expects, as spreadsheets store it.
 * @param {{value: *, formula: *}} found As office.js tells it.
 * @param {*} expected As the plan tells it.
 * @param {boolean} from1904 Whether the workbook counts days from 1904.
 */
export function sameCell(found, expected, from1904) {
  const told = expected === undefined ? null : expected;
  if (isFormula(found.value, found.formula)) {
    return isObject(told) && 'f' in told && found.formula === `=${told.f}`;
  }
  const { value } = found;
  if (told === null || told === '') return value === '' || value === null;
  if (isObject(told)) return sameObject(value, told, from1904);
  if (typeof told === 'number') return typeof value === 'number' && digits(value) === digits(told);
  if (typeof told === 'string') return typeof value === 'string' && lines(value) === lines(told);
  return value === told;
}

function sameObject(value, told, from1904) {
  if ('f' in told) return false;
  if ('e' in told) return String(value) === told.e || digits(Number(told.e)) === digits(value);
  return typeof value === 'number' && Math.abs(value - daysOf(told, from1904)) < MOMENT;
}

/**
 * Whether a cell holds what was written into it. Of a formula only that it is one: Excel may write
 * its text in another way.
 */
export function tookCell(found, written, from1904) {
  if (isObject(written) && 'f' in written) return isFormula(found.value, found.formula);
  return sameCell(found, written, from1904);
}

/**
 * What to set as a cell's formula so that it holds a plan's value.
 * @param {*} value As the plan tells it.
 * @param {boolean} from1904 Whether the workbook counts days from 1904.
 * @return {string|number|boolean} Text is always text, whatever it looks like.
 */
export function entered(value, from1904) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return asText(value);
  if (!isObject(value)) return value;
  if ('f' in value) return `=${value.f}`;
  return 'e' in value ? value.e : daysOf(value, from1904);
}

/** The number format that a cell needs for a plan's value; its own where that will do. */
export function formatFor(value, format) {
  if (value === null || value === undefined || typeof value === 'string') return format;
  const own = format === TEXT_ONLY ? 'General' : format;
  if (!isObject(value) || 'f' in value || 'e' in value || isCalendar(own)) return own;
  if ('s' in value) return '[h]:mm:ss';
  return value.d.endsWith('T00:00:00') ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm';
}

/**
 * What to set as a cell's formula so that it holds again what it held.
 * @param {{value: *, formula: *}} found As office.js told it.
 */
export function kept({ value, formula }) {
  if (isFormula(value, formula)) return formula;
  return typeof value === 'string' && !isError(value) ? asText(value) : value;
}

/**
 * A key column's cell as the text that names a row.
 * @param {*} value As office.js tells it.
 * @param {string} format Its number format.
 */
export function keyText(value, format, from1904) {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'string') return isError(value) ? '' : value.trim();
  if (typeof value !== 'number') return '';
  return isCalendar(format) ? dayText(value, from1904) : String(Number(digits(value)));
}

function dayText(days, from1904) {
  const counted = from1904 ? days + LATER : days + (days < NO_DAY ? 1 : 0);
  const since = Date.UTC(1899, 11, 30) + Math.round(counted * DAY);
  const [day, time] = new Date(since).toISOString().split('T');
  return time.startsWith('00:00:00') ? day : `${day} ${time.slice(0, 5)}`;
}

/** Days that a moment or a duration of a plan's means. */
function daysOf(told, from1904) {
  if ('s' in told) return (told.s * 1000) / DAY;
  const days = (Date.parse(`${told.d}Z`) - Date.UTC(1899, 11, 30)) / DAY;
  return from1904 ? days - LATER : days - (days < NO_DAY + 1 ? 1 : 0);
}

/** A text that Excel keeps as it is: with an apostrophe before it where it might not. */
function asText(text) {
  if (text === '') return '';
  const tame = /^\p{L}/u.test(text) && (text.length > TAME_LENGTH || TAME.test(text));
  return tame && !TRUTHS.has(text.trim().toLowerCase()) ? text : `'${text}`;
}

/** Whether a text is one that stands for an error. */
export function isError(text) {
  return /^#(NULL!|DIV\/0!|VALUE!|REF!|NAME\?|NUM!|N\/A|[A-Z_]+!|GETTING_DATA)$/.test(text);
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

function digits(number) {
  return typeof number === 'number' ? number.toPrecision(15) : '';
}

function lines(text) {
  return text.replace(/\r\n/g, '\n');
}
