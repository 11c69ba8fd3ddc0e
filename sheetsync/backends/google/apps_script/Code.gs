/**
 * The menu "sheetsync" of this spreadsheet, and what its sidebar asks for.
 *
 * The menu leaves a row in the hidden tab `_requests`. A computer that runs `sheetsync agent`
 * takes it, does the work and answers in the row: Google cannot reach that computer, it asks.
 *
 * @OnlyCurrentDoc
 */

/** Title of the hidden tab of requests, and its columns. */
const REQUESTS = '_requests';
const COLUMNS = ['id', 'at', 'who', 'what', 'state', 'message', 'done', 'agent'];
/** Title of the hidden tab that carries the plan of a strict sync: request id, piece of text. */
const PLAN = '_plan';
/** The fixed id of the tab Sync Log, which finds it after a rename; its title. */
const LOG_ID = 1705860630;
const LOG = 'Sync Log';
/** Requests of one kind that still run are not asked for a second time within these minutes. */
const PATIENCE = 15;
/** Finished requests that are kept. */
const KEPT = 100;
/** Milliseconds to wait for another person's click to be done. */
const LOCK_WAIT = 20000;
/** A plan that waited longer (minutes) is not played: the agent gives it up soon after. */
const PLAN_AGE = 8;

/** Adds the menu when the spreadsheet is opened. */
function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu('sheetsync')
    .addItem('Sync now', 'syncNow')
    .addItem('Check only', 'checkOnly')
    .addSeparator()
    .addItem('What changed', 'whatChanged')
    .addToUi();
}

/** Menu: asks for a sync and shows how it goes. */
function syncNow() {
  ask('sync');
  show_('status');
}

/** Menu: asks for a check, which writes nothing into the tracker, and shows what it found. */
function checkOnly() {
  ask('check');
  show_('status');
}

/** Menu: shows the cells that the last run changed. */
function whatChanged() {
  show_('changes');
}

/**
 * Leaves a request, unless one of its kind is still open.
 * @param {string} what "sync", "check" or "strict".
 * @return {{id: string, at: string, what: string, state: string, message: string}} The request.
 */
function ask(what) {
  if (!['sync', 'check', 'strict'].includes(what)) throw new Error(`There is no request ${what}.`);
  return locked_(() => {
    const sheet = requests_(true);
    const open = rows_(sheet).filter((row) => row.what === what && isOpen_(row)).pop();
    if (open) return told_(open);
    forget_(sheet);
    const at = new Date().toISOString();
    const row = [Utilities.getUuid(), at, who_(), what, 'asked', '', '', ''];
    const target = sheet.getRange(sheet.getLastRow() + 1, 1, 1, COLUMNS.length);
    target.setNumberFormat('@').setValues([row]);
    SpreadsheetApp.flush();
    return { id: row[0], at, what, state: 'asked', message: '' };
  });
}

/**
 * Tells how a request goes.
 * @param {string=} id The request; the latest one when left out.
 * @return {?Object} Its row, or null when there is none.
 */
function status(id) {
  const sheet = requests_(false);
  const rows = sheet ? rows_(sheet) : [];
  const row = id ? rows.find((each) => each.id === id) : rows[rows.length - 1];
  return row ? told_(row) : null;
}

/**
 * Plays the plan of a strict sync and answers the request.
 * @param {string} id The request.
 * @return {?Object} Its row afterwards.
 */
function play(id) {
  return locked_(() => {
    const sheet = requests_(false);
    const row = sheet && rows_(sheet).find((each) => each.id === id);
    if (!row || row.state !== 'planned') return row ? told_(row) : null;
    let state = 'done';
    let message = row.message;
    try {
      playScore(planOf_(row));
    } catch (error) {
      state = 'failed';
      message = error.message;
    }
    const told = [state, message, new Date().toISOString()];
    sheet.getRange(row.row, COLUMNS.indexOf('state') + 1, 1, told.length).setValues([told]);
    const plan = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(PLAN);
    if (plan) plan.getDataRange().clearContent();
    SpreadsheetApp.flush();
    return told_({ ...row, state, message, done: told[2] });
  });
}

/**
 * Tells what the last run changed, from the Sync Log.
 * @return {{run: string, at: string, note: string, total: number, cells: Array<Object>}} The run,
 *     and its first 200 cells.
 */
function changes() {
  const sheets = SpreadsheetApp.getActiveSpreadsheet().getSheets();
  const sheet =
    sheets.find((each) => each.getSheetId() === LOG_ID) ||
    sheets.find((each) => each.getName() === LOG);
  const [head, ...rows] = sheet ? sheet.getDataRange().getDisplayValues() : [[]];
  const at = Object.fromEntries(head.map((title, i) => [title.trim().toLowerCase(), i]));
  const filled = rows.filter((row) => row[at.run]);
  const last = filled.length ? filled[filled.length - 1][at.run] : '';
  const lines = filled.filter((row) => row[at.run] === last);
  const cells = lines.filter((row) => row[at.column]);
  const head_ = lines.find((row) => !row[at.column]);
  const names = ['tab', 'row', 'column', 'before', 'after', 'note'];
  return {
    run: last,
    at: lines.length ? lines[0][at.at] : '',
    note: head_ ? head_[at.note] : '',
    total: cells.length,
    cells: cells
      .slice(0, 200)
      .map((row) => Object.fromEntries(names.map((name) => [name, row[at[name]] || '']))),
  };
}

/** Opens the sidebar on one of its views, "status" or "changes". */
function show_(view) {
  const page = HtmlService.createTemplateFromFile('Sidebar');
  page.view = view;
  SpreadsheetApp.getUi().showSidebar(page.evaluate().setTitle('sheetsync'));
}

/** Does something while no other script of this spreadsheet does. */
function locked_(work) {
  const lock = LockService.getDocumentLock();
  if (!lock.tryLock(LOCK_WAIT)) {
    throw new Error('Somebody else is using the menu sheetsync: try again in a moment.');
  }
  try {
    return work();
  } finally {
    lock.releaseLock();
  }
}

/** The hidden tab of requests; made when it is not there and `make` is true. */
function requests_(make) {
  const book = SpreadsheetApp.getActiveSpreadsheet();
  const found = book.getSheetByName(REQUESTS);
  if (found || !make) return found;
  const active = book.getActiveSheet();
  const sheet = book.insertSheet(REQUESTS, book.getSheets().length);
  sheet.getRange(1, 1, 1, COLUMNS.length).setNumberFormat('@').setValues([COLUMNS]);
  sheet.hideSheet();
  book.setActiveSheet(active);
  return sheet;
}

/** The requests as objects, each with its sheet row. */
function rows_(sheet) {
  const [, ...rows] = sheet.getDataRange().getDisplayValues();
  return rows
    .map((cells, i) => ({
      row: i + 2,
      ...Object.fromEntries(COLUMNS.map((name, j) => [name, cells[j] || ''])),
    }))
    .filter((row) => row.id);
}

/** Whether an answer may still come. */
function isOpen_(row) {
  const age = (Date.now() - Date.parse(row.at)) / 60000;
  return ['', 'asked', 'running', 'planned'].includes(row.state) && age < PATIENCE;
}

/** What the sidebar needs to know of a request. */
function told_(row) {
  const { id, at, what, state, message, done } = row;
  return { id, at, what, state: state || 'asked', message, done };
}

/** Deletes the oldest finished requests when there are many. */
function forget_(sheet) {
  const rows = rows_(sheet);
  const spare = Math.max(0, rows.length - KEPT);
  let finished = rows.findIndex((row) => !['done', 'failed'].includes(row.state));
  if (finished < 0) finished = rows.length;
  const count = Math.min(spare, finished);
  if (count) sheet.deleteRows(2, rows[count - 1].row - 1);
}

/** The person's address where the manifest has the scope userinfo.email, else nothing. */
function who_() {
  try {
    return Session.getActiveUser().getEmail();
  } catch (error) {
    return '';
  }
}

/** The plan that waits for a request, taken apart. */
function planOf_(request) {
  const taken = Date.parse(request.agent.split(' ')[2]);
  if (!(Date.now() - taken < PLAN_AGE * 60000)) {
    throw new Error('The plan waited too long to be played: ask again. Nothing was changed.');
  }
  const sheet = SpreadsheetApp.getActiveSpreadsheet().getSheetByName(PLAN);
  const rows = sheet ? sheet.getDataRange().getDisplayValues() : [];
  const pieces = rows.filter((row) => row[0] === request.id).map((row) => row[1]);
  if (!pieces.length) {
    throw new Error('The plan was replaced by a later one: ask again. Nothing was changed.');
  }
  return JSON.parse(pieces.join(''));
}
