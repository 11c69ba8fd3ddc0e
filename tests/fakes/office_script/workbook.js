// A workbook for Office Scripts over plain JSON, with what Excel does when cells are written: an
// apostrophe makes a text, a formula fills the column of its table, hidden rows take what is meant
// for others, a protected sheet refuses, and no call may carry more than 5 MB.

const MOST_BYTES = 5000000;
const EMPTY = { v: '', f: '', n: 'General' };

class Book {
  constructor(state) {
    Object.assign(this, { state, calls: 0, largest: 0, log: [] });
  }

  call(kind, carried) {
    this.calls += 1;
    const bytes = Buffer.byteLength(JSON.stringify(carried ?? ''));
    this.largest = Math.max(this.largest, bytes);
    if (bytes > MOST_BYTES) throw new Error(`${kind}: The request payload is too large.`);
    const { state } = this;
    if (kind === 'write' && state.before) this.happens(state.before);
    if (kind === state.failing?.kind && (state.failing.after -= 1) < 0) {
      delete state.failing;
      throw new Error(`${kind} failed on purpose`);
    }
  }

  /** Somebody edits a cell between reading and writing: sheet, address and value. */
  happens(edit) {
    delete this.state.before;
    const sheet = this.state.sheets.find((each) => each.name === edit.sheet);
    sheet.cells[edit.address] = { ...EMPTY, ...sheet.cells[edit.address], v: edit.value, f: edit.value };
  }

  getName() {
    return this.state.name;
  }

  getWorksheets() {
    return this.state.sheets.map((sheet) => new Worksheet(this, sheet));
  }

  getWorksheet(name) {
    return this.getWorksheets().find((sheet) => sheet.getName().toLowerCase() === name.toLowerCase());
  }

  getNames() {
    return Object.keys(this.state.names).map((name) => this.getNamedItem(name));
  }

  getNamedItem(name) {
    const { names } = this.state;
    const found = Object.keys(names).find((each) => each.toLowerCase() === name.toLowerCase());
    if (!found) return undefined;
    return {
      getName: () => found,
      getFormula: () => names[found],
      setFormula: (formula) => {
        this.call('name');
        names[found] = formula;
      },
    };
  }
}

class Worksheet {
  constructor(book, state) {
    Object.assign(this, { book, state });
  }

  getName() {
    return this.state.name;
  }

  getProtection() {
    const { state, book } = this;
    return {
      getProtected: () => state.protected,
      getOptions: () => ({ ...state.options }),
      protect(options) {
        if (state.protected) throw new Error('InvalidOperation: it is protected already');
        Object.assign(state, { protected: true, options });
      },
      unprotect() {
        book.call('unprotect');
        if (state.password) throw new Error('AccessDenied: a password is needed');
        state.protected = false;
      },
    };
  }

  getAutoFilter() {
    return { getIsDataFiltered: () => Boolean(this.state.filtered) };
  }

  getTables() {
    return this.state.tables.map((table) => new Table(this, table));
  }

  /** Cells are by "row,column" from 1. */
  getUsedRange(valuesOnly) {
    if (!valuesOnly) throw new Error('formats count as used');
    const places = Object.entries(this.state.cells)
      .filter(([, cell]) => cell.v !== '' || cell.f !== '')
      .map(([place]) => place.split(',').map(Number));
    if (!places.length) return undefined;
    const [rows, columns] = [places.map(([row]) => row), places.map(([, column]) => column)];
    const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));
    const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b));
    const [top, left] = [least(rows), least(columns)];
    return new Range(this, top, left, most(rows) - top + 1, most(columns) - left + 1);
  }

  getRangeByIndexes(row, column, rows, columns) {
    return new Range(this, row + 1, column + 1, rows, columns);
  }

  cell(row, column) {
    return this.state.cells[`${row},${column}`] ?? EMPTY;
  }
}

class Table {
  constructor(sheet, state) {
    Object.assign(this, { sheet, state });
  }

  getName() {
    return this.state.name;
  }

  getRange() {
    const { row, column, rows, columns } = this.state;
    return new Range(this.sheet, row, column, rows, columns);
  }

  getShowHeaders() {
    return this.state.headers;
  }

  getShowTotals() {
    return this.state.totals;
  }

  getAutoFilter() {
    return { getIsDataFiltered: () => Boolean(this.state.filtered) };
  }

  resize(range) {
    this.sheet.book.call('resize');
    if (this.sheet.state.protected) throw new Error('AccessDenied: the sheet is protected');
    const { row, column, columns } = this.state;
    if (range.row !== row || range.column !== column || range.columns !== columns || range.rows < 2) {
      throw new Error('The table cannot be resized to that range.');
    }
    this.state.rows = range.rows;
  }
}

class Range {
  constructor(sheet, row, column, rows, columns) {
    if (rows < 1 || columns < 1 || row < 1 || column < 1) throw new Error('InvalidArgument');
    Object.assign(this, { sheet, row, column, rows, columns });
  }

  getRowIndex() {
    return this.row - 1;
  }

  getColumnIndex() {
    return this.column - 1;
  }

  getRowCount() {
    return this.rows;
  }

  getColumnCount() {
    return this.columns;
  }

  all(tell) {
    const rows = Array.from({ length: this.rows }, (_, i) =>
      Array.from({ length: this.columns }, (__, j) => tell(this.sheet.cell(this.row + i, this.column + j))),
    );
    this.sheet.book.call('read', rows);
    return rows;
  }

  getValues() {
    return this.all((cell) => cell.v);
  }

  getFormulas() {
    return this.all((cell) => (cell.f === '' ? String(cell.v) : cell.f));
  }

  getNumberFormats() {
    return this.all((cell) => cell.n);
  }

  getText() {
    const { v, t } = this.sheet.cell(this.row, this.column);
    if (t !== undefined) return t;
    if (typeof v !== 'number') return String(v);
    const since = Date.UTC(1899, 11, 30) + (v + (this.sheet.book.state.date1904 ? 1462 : 0)) * 86400000;
    return new Date(since).toISOString().slice(0, 10);
  }

  setValues(values) {
    this.write(values, (cell, value) => ({ ...cell, ...taken(value, cell.n) }));
    this.fillTables(values);
  }

  setNumberFormats(formats) {
    this.write(formats, (cell, format) => ({ ...cell, n: format }));
  }

  copyFrom(source, type) {
    if (type !== 'formats') throw new Error('only formats are copied');
    this.write(
      Array.from({ length: this.rows }, () => Array.from({ length: this.columns }, (_, j) => j)),
      (cell, j) => ({ ...cell, n: this.sheet.cell(source.row, source.column + j).n }),
    );
  }

  write(values, change) {
    const { sheet } = this;
    sheet.book.call('write', values);
    if (sheet.state.protected) throw new Error('AccessDenied: the sheet is protected');
    if (values.length !== this.rows || values.some((row) => row.length !== this.columns)) {
      throw new Error('The array does not match the size of the range.');
    }
    values.forEach((row, i) =>
      row.forEach((value, j) => {
        const place = `${this.row + i},${this.column + j}`;
        const hidden = sheet.state.filtered || sheet.state.tables.some((table) => table.filtered);
        sheet.state.cells[place] = change(sheet.cell(this.row + i, this.column + j), hidden ? values[0][0] : value);
      }),
    );
  }

  /** A formula that a table's column gets in fewer cells than it has is put into all of them. */
  fillTables(values) {
    for (const table of this.sheet.state.tables) {
      const last = table.row + table.rows - 1 - (table.totals ? 1 : 0);
      const inside = this.row > table.row && this.row <= last;
      const whole = this.row === table.row + 1 && this.row + this.rows - 1 >= last;
      if (!inside || whole) continue;
      values[0].forEach((value, j) => {
        if (!String(value).startsWith('=')) return;
        for (let row = table.row + 1; row <= last; row += 1) {
          const place = `${row},${this.column + j}`;
          this.sheet.state.cells[place] = { ...this.sheet.cell(row, this.column + j), ...taken(value, '') };
        }
      });
    }
  }
}

/** What a cell holds after this was entered. */
function taken(value, format) {
  if (typeof value !== 'string') return { v: value, f: '' };
  if (value.startsWith("'")) return { v: value.slice(1), f: '' };
  if (format === '@') return { v: value, f: '' };
  if (value.startsWith('=')) return { v: shownBy(value), f: value };
  if (/^(true|false)$/i.test(value)) return { v: value.toLowerCase() === 'true', f: '' };
  if (value.trim() !== '' && !Number.isNaN(Number(value))) return { v: Number(value), f: '' };
  return { v: value, f: '' };
}

/** What a formula shows: of a link its text. Nothing else is calculated. */
function shownBy(formula) {
  const link = /^=HYPERLINK\(.*,"([^"]*)"\)$/.exec(formula);
  return link ? link[1] : 0;
}

module.exports = { Book, RangeCopyType: { formats: 'formats' } };
