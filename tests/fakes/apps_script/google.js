/**
 * The part of Apps Script that our script uses, over plain grids in memory.
 *
 * State: {timeZone, now, sheets: [{id, title, hidden, rows, columns, cells}], names}; a cell is
 * {v: value, f: formula, format} or null, a name {sheet: id, row, column, rows, columns} (from 1).
 * What is set is parsed as if it were typed, as Google does. `options.refuse` is the number of a
 * write that Google refuses, `options.busy` lets somebody else hold the lock.
 */
'use strict';

const DAY = 86400000;
const DAY_0 = Date.UTC(1899, 11, 30);

function typed(value, format) {
  if (typeof value !== 'string') return { v: value };
  if (value === '') return null;
  if (format === '@') return { v: value };
  if (value[0] === "'") return { v: value.slice(1) };
  if (value[0] === '=') return { f: value, v: result(value) };
  if (/^(true|false)$/i.test(value)) return { v: value.toLowerCase() === 'true' };
  const plain = value.trim().replace(/,(?=\d{3})/g, '');
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?%?$/i.test(plain)) return { v: parseFloat(plain) };
  const day = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(plain) || null;
  if (day) return { v: (Date.UTC(day[1], day[2] - 1, day[3]) - DAY_0) / DAY, format: 'yyyy-mm-dd' };
  if (/^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?$/.test(plain)) return { v: 45000, format: 'm/d/yyyy' };
  return { v: value };
}

function result(formula) {
  const text = formula.slice(1);
  if (text === 'NA()') return '#N/A';
  if (text[0] === '#') return text;
  if (/^[\d\s+*/.()-]+$/.test(text)) return Function(`return (${text})`)();
  const label = /;"([^"]*)"\)$/.exec(text);
  return label ? label[1] : 0;
}

class Range {
  constructor(sheet, row, column, rows = 1, columns = 1) {
    if (row < 1 || column < 1 || rows < 1 || columns < 1) throw new Error('Bad range.');
    if (row + rows - 1 > sheet.state.rows || column + columns - 1 > sheet.state.columns) {
      throw new Error('Those cells are outside the sheet.');
    }
    Object.assign(this, { sheet, row, column, rows, columns });
  }
  getSheet() { return this.sheet; }
  getRow() { return this.row; }
  getColumn() { return this.column; }
  each_(tell) {
    return Array.from({ length: this.rows }, (_, i) =>
      Array.from({ length: this.columns }, (__, j) =>
        tell(this.sheet.cell(this.row + i, this.column + j), i, j)));
  }
  getValues() {
    return this.each_((cell) => {
      if (!cell || cell.v === undefined || cell.v === null) return '';
      const isDay = typeof cell.v === 'number' && /[ymdhs]/i.test(cell.format || '');
      return isDay ? new this.sheet.world.Date(Math.round(DAY_0 + cell.v * DAY)) : cell.v;
    });
  }
  getDisplayValues() {
    return this.getValues().map((row) =>
      row.map((value) => (value && value.toISOString ? value.toISOString().slice(0, 10) : String(value))));
  }
  getFormulas() { return this.each_((cell) => (cell && cell.f) || ''); }
  getNumberFormats() { return this.each_((cell) => (cell && cell.format) || 'General'); }
  setNumberFormats(formats) {
    this.each_((cell, i, j) => this.sheet.put(this.row + i, this.column + j, {
      ...(cell || {}), format: formats[i][j] === 'General' ? undefined : formats[i][j] }));
    return this;
  }
  setNumberFormat(format) { return this.setNumberFormats(this.each_(() => format)); }
  setValues(values) {
    this.sheet.world.write();
    if (values.length !== this.rows || values.some((row) => row.length !== this.columns)) {
      throw new Error('The number of rows or columns does not fit the range.');
    }
    this.each_((cell, i, j) => {
      const format = (cell && cell.format) || undefined;
      const told = typed(values[i][j], format);
      this.sheet.put(this.row + i, this.column + j, told || format
        ? { format, ...(told || {}) } : null);
    });
    return this;
  }
  setValue(value) { return this.setValues(this.each_(() => value)); }
  clearContent() { return this.setValues(this.each_(() => '')); }
}

class Sheet {
  constructor(world, state) { Object.assign(this, { world, state }); }
  getSheetId() { return this.state.id; }
  getName() { return this.state.title; }
  getMaxRows() { return this.state.rows; }
  getMaxColumns() { return this.state.columns; }
  hideSheet() { this.state.hidden = true; }
  cell(row, column) { return (this.state.cells[row - 1] || [])[column - 1] || null; }
  put(row, column, cell) {
    const cells = this.state.cells;
    while (cells.length < row) cells.push([]);
    while (cells[row - 1].length < column) cells[row - 1].push(null);
    const empty = !cell || (cell.v === undefined && !cell.f && cell.format === undefined);
    cells[row - 1][column - 1] = empty ? null : cell;
  }
  getLastRow() {
    const filled = this.state.cells.map((row) =>
      row.some((cell) => cell && (cell.f || (cell.v !== undefined && cell.v !== null))));
    return filled.lastIndexOf(true) + 1;
  }
  getDataRange() {
    const width = Math.max(1, ...this.state.cells.map((row) => row.length));
    return new Range(this, 1, 1, Math.max(1, this.getLastRow()), width);
  }
  getRange(row, column, rows, columns) { return new Range(this, row, column, rows, columns); }
  insertRowsBefore(row, count) { this.insert_(row - 1, count); }
  insertRowsAfter(row, count) { this.insert_(row, count); }
  insert_(at, count) {
    const { cells } = this.state;
    while (cells.length < at) cells.push([]);
    cells.splice(at, 0, ...Array.from({ length: count }, () => []));
    this.state.rows += count;
    for (const name of Object.values(this.world.state.names)) {
      if (name.sheet !== this.state.id) continue;
      if (name.row > at) name.row += count;
      else if (name.row + name.rows > at + 1) name.rows += count;
    }
  }
  deleteRows(row, count) {
    this.state.cells.splice(row - 1, count);
    this.state.rows -= count;
    for (const name of Object.values(this.world.state.names)) {
      if (name.sheet !== this.state.id) continue;
      const lost = Math.max(0, Math.min(name.row + name.rows, row + count) - Math.max(name.row, row));
      name.rows -= lost;
      if (name.row >= row) name.row -= Math.min(count, name.row - row);
    }
  }
}

class Spreadsheet {
  constructor(world) { this.world = world; }
  getSpreadsheetTimeZone() { return this.world.state.timeZone || 'Etc/UTC'; }
  getSheets() { return this.world.sheets; }
  getSheetByName(name) { return this.world.sheets.find((each) => each.getName() === name) || null; }
  getActiveSheet() { return this.world.active || this.world.sheets[0]; }
  setActiveSheet(sheet) { this.world.active = sheet; }
  insertSheet(title, index) {
    if (this.getSheetByName(title)) throw new Error(`A sheet with the name "${title}" already exists.`);
    const state = { id: 900000 + this.world.sheets.length, title, rows: 1000, columns: 26, cells: [] };
    const sheet = new Sheet(this.world, state);
    this.world.sheets.splice(index, 0, sheet);
    this.world.state.sheets.splice(index, 0, state);
    this.world.active = sheet;
    return sheet;
  }
  deleteSheet(sheet) {
    const at = this.world.sheets.indexOf(sheet);
    this.world.sheets.splice(at, 1);
    this.world.state.sheets.splice(at, 1);
  }
  getRangeByName(name) {
    const told = this.world.state.names[name];
    const sheet = told && this.world.sheets.find((each) => each.getSheetId() === told.sheet);
    return sheet ? sheet.getRange(told.row, told.column, told.rows, told.columns) : null;
  }
  setNamedRange(name, range) {
    this.world.state.names[name] = { sheet: range.sheet.getSheetId(), row: range.row,
      column: range.column, rows: range.rows, columns: range.columns };
  }
  removeNamedRange(name) { delete this.world.state.names[name]; }
}

/** The globals of Apps Script over a state; `shown` collects menus and sidebars. */
function makeWorld(state, options, files) {
  const world = { state, options, shown: [], writes: 0, held: Boolean(options.busy), Date };
  world.write = () => {
    world.writes += 1;
    if (world.writes === options.refuse) throw new Error('You are trying to edit a protected cell.');
  };
  world.sheets = state.sheets.map((each) => new Sheet(world, each));
  const book = new Spreadsheet(world);
  const menu = (title) => {
    const items = [];
    const made = {
      addItem: (label, name) => (items.push([label, name]), made),
      addSeparator: () => made,
      addToUi: () => world.shown.push({ menu: title, items }),
    };
    return made;
  };
  let ids = 0;
  world.globals = {
    SpreadsheetApp: {
      getActiveSpreadsheet: () => book,
      flush: () => {},
      getUi: () => ({ createMenu: menu, showSidebar: (page) => world.shown.push({ sidebar: page }) }),
    },
    LockService: {
      getDocumentLock: () => ({
        tryLock: () => (world.held ? false : (world.held = true)),
        releaseLock: () => { world.held = false; },
      }),
    },
    HtmlService: {
      createTemplateFromFile: (name) => {
        const page = {
          evaluate: () => ({
            html: files[`${name}.html`].replace(/<\?= (\w+) \?>/g, (_, key) => page[key]),
            setTitle(title) { return { title, html: this.html }; },
          }),
        };
        return page;
      },
    },
    Session: { getActiveUser: () => {
      if (!options.email) throw new Error('You do not have permission to call Session.getActiveUser.');
      return { getEmail: () => options.email };
    } },
    Utilities: {
      getUuid: () => `uuid-${(ids += 1)}`,
      formatDate: (date, zone, pattern) => {
        if (zone !== 'Etc/UTC') throw new Error(`The fake knows no time zone ${zone}.`);
        const iso = date.toISOString();
        const known = { "yyyy-MM-dd'T'HH:mm:ss.SSS": iso.slice(0, 23), 'yyyy-MM-dd': iso.slice(0, 10),
          'HH:mm': iso.slice(11, 16) };
        if (!(pattern in known)) throw new Error(`The fake knows no pattern ${pattern}.`);
        return known[pattern];
      },
    },
  };
  return world;
}

module.exports = { makeWorld };
