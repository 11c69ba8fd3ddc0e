/**
 * Plays a plan inside the spreadsheet: compares every cell that the plan was made from and writes,
 * in one call under the document's lock. Everything is compared before anything is written; what
 * fails while writing is put back. So nothing is written, or all of it.
 *
 * The lock keeps other scripts out, not people: between comparing and writing remain the moments
 * that this call takes, instead of the minutes that a plan travels.
 *
 * A score is {version, plan, tabs, rows}: the plan as `sheetsync.model.plan` writes it; by tab key
 * the sheet's id, title, role, header row, headers by column key, key columns, workbook names by
 * column and the rows of a native table; and by tab and row key what the rows without a key held.
 */

/** Rows in which a header is looked for. */
const HEADER_WITHIN = 20;

/** Why a plan is not played: somebody was faster, or the spreadsheet is not what it was. */
class Refused extends Error {}

/**
 * Plays a score under the document's lock.
 * @param {Object} score See above.
 * @throws {Refused} When a cell is not what the plan expects; nothing was written.
 */
function playPlan(score) {
  return locked_(() => playScore(score));
}

/** Plays a score; the caller holds the lock. */
function playScore(score) {
  if (score.version !== 1 || score.plan.version !== 1) {
    throw new Refused('The plan is of another version: update the script of this spreadsheet.');
  }
  const stage = new Stage(SpreadsheetApp.getActiveSpreadsheet(), score);
  const writes = score.plan.ops.map((op) => stage.prepared(op));
  stage.play(writes);
}

/** A table of cells below a header: what one tab holds at this moment. */
class Body {
  constructor(sheet, tab, zone) {
    const range = sheet.getDataRange();
    Object.assign(this, { sheet, tab, zone });
    this.values = range.getValues();
    this.formulas = range.getFormulas();
    this.header = this.headerRow_();
    this.columns = this.places_(this.header);
  }

  /** The header row (from 1): the one of the reading, or where all its headers went. */
  headerRow_() {
    const rows = [this.tab.header];
    for (let row = 1; row <= HEADER_WITHIN; row += 1) rows.push(row);
    const found = rows.find((row) => this.places_(row));
    if (!found) {
      throw new Refused(
        `The headers of ${this.sheet.getName()} were changed since it was read: ask again. ` +
          'Nothing was changed.',
      );
    }
    return found;
  }

  /** Columns (from 1) by key when a row holds every header once, else null. */
  places_(row) {
    const cells = (this.values[row - 1] || []).map((value) => String(value).trim());
    const places = {};
    for (const [key, header] of Object.entries(this.tab.columns)) {
      const at = cells.indexOf(header.trim());
      if (at < 0 || cells.lastIndexOf(header.trim()) !== at) return null;
      places[key] = at + 1;
    }
    return places;
  }

  /** What a cell (row from 1) holds. */
  cell(row, key) {
    const column = this.columns[key];
    if (!column) throw stale(this.sheet.getName(), `the column ${key} is missing`);
    const values = this.values[row - 1];
    return values
      ? { value: values[column - 1], formula: this.formulas[row - 1][column - 1] }
      : { value: '', formula: '' };
  }

  /** Rows (from 1) below the header with content in one of these columns. */
  filled(keys) {
    const rows = [];
    for (let row = this.header + 1; row <= this.values.length; row += 1) {
      const holds = keys.some((key) => {
        const value = this.cell(row, key).value;
        return value !== '' && value !== null;
      });
      if (holds) rows.push(row);
    }
    return rows;
  }

  /** The rows by the text of their key columns. */
  get index() {
    if (!this.index_) {
      this.index_ = new Map();
      const keys = this.tab.keys.filter((key) => key in this.columns);
      for (const row of keys.length === this.tab.keys.length ? this.filled(keys) : []) {
        const name = keys.map((key) => keyText(this.cell(row, key).value, this.zone)).join('|');
        const folded = name.toLowerCase();
        this.index_.set(folded, [...(this.index_.get(folded) || []), row]);
      }
    }
    return this.index_;
  }
}

/** The spreadsheet while a score is played: compares first, then writes, then looks again. */
class Stage {
  constructor(book, score) {
    Object.assign(this, { book, score, bodies: {}, undo: [], done: [] });
    this.zone = book.getSpreadsheetTimeZone();
    this.sheets = book.getSheets();
    this.links = new Map(this.sheets.map((sheet) => [sheet.getName(), sheet.getSheetId()]));
  }

  /** Compares what an op expects, and returns what is to be done. */
  prepared(op) {
    switch (op.op) {
      case 'WriteCells':
        return this.cells_(op);
      case 'ReplaceRows':
        return this.rows_(op);
      case 'AppendRows':
        return this.lines_(op);
      case 'WriteNames':
        return this.names_(op);
      case 'Recache':
        return () => {}; // Google calculates by itself
      default:
        throw new Refused(`The plan has an unknown step ${op.op}: update the script.`);
    }
  }

  /** Does what was prepared; when something fails, puts everything back. */
  play(writes) {
    try {
      writes.forEach((write) => write());
      SpreadsheetApp.flush();
      this.done.forEach(({ range, cells }) => this.verify_(range, cells));
    } catch (error) {
      const left = this.undo.reverse().filter((back) => !this.back_(back)).length;
      const now = left
        ? `${left} changes could not be put back: use File > Version history.`
        : 'Everything was put back as it was.';
      throw new Error(`Google did not take a change (${error.message}). ${now}`);
    }
  }

  /** Puts one change back; tells whether that was done. */
  back_(back) {
    try {
      back();
      SpreadsheetApp.flush();
      return true;
    } catch (error) {
      return false;
    }
  }

  /** The tab's cells at this moment; null when it is not there and may be made. */
  body_(key) {
    if (key in this.bodies) return this.bodies[key];
    const tab = this.score.tabs[key];
    const sheet =
      this.sheets.find((each) => each.getSheetId() === tab.sheet) ||
      this.sheets.find((each) => each.getName() === tab.title);
    if (!sheet && ['entry', 'settings'].includes(tab.role)) {
      throw new Refused(`There is no tab ${tab.title}; nothing was written.`);
    }
    this.bodies[key] = sheet ? new Body(sheet, tab, this.zone) : null;
    return this.bodies[key];
  }

  /** The tab's cells; a tab of the engine's that people deleted is made again, with its header. */
  made_(key) {
    const body = this.body_(key);
    if (body) return body;
    const tab = this.score.tabs[key];
    const sheet = this.book.insertSheet(tab.title, this.sheets.length);
    this.undo.push(() => this.book.deleteSheet(sheet));
    const headers = Object.values(tab.columns);
    sheet.getRange(1, 1, 1, headers.length).setValues([headers]);
    this.bodies[key] = new Body(sheet, { ...tab, header: 1 }, this.zone);
    return this.bodies[key];
  }

  /** WriteCells: single cells of a column that people own, each found by its row's key. */
  cells_(op) {
    const body = this.body_(op.tab);
    if (!body) throw stale(this.score.tabs[op.tab].title, 'the tab is gone');
    const column = body.columns[op.column];
    if (column && body.formulas[body.header - 1][column - 1]) {
      throw new Refused(
        `The column ${this.score.tabs[op.tab].columns[op.column]} is filled by a formula in its ` +
          'header: nothing was written.',
      );
    }
    const cells = op.keys.map((key, i) => {
      const row = this.row_(body, op.tab, key, op.rows[i]);
      this.expect_(body.cell(row, op.column), op.old[i], body, row, op.column);
      return { row, value: op.new[i] };
    });
    cells.sort((a, b) => a.row - b.row);
    return () => {
      for (const run of runs(cells, (a, b) => b.row === a.row + 1)) {
        const range = body.sheet.getRange(run[0].row, column, run.length, 1);
        this.put_(range, run.map((cell) => [cell.value]));
      }
    };
  }

  /** The sheet row of a row's key; of a row without one, where it stands as it was read. */
  row_(body, tab, key, hint) {
    const seen = (this.score.rows[tab] || {})[key];
    if (!seen) {
      const rows = body.index.get(key.toLowerCase()) || [];
      if (rows.length === 1) return rows[0];
      throw stale(body.sheet.getName(), `the row ${key} is ${rows.length ? 'twice there' : 'gone'}`);
    }
    const fits = (row) =>
      Object.entries(seen).every(([column, value]) =>
        sameCell(body.cell(row, column), value, this.zone, this.links),
      );
    if (hint > body.header && fits(hint)) return hint;
    const rows = body.filled(Object.keys(seen)).filter(fits);
    if (rows.length === 1) return rows[0];
    throw stale(body.sheet.getName(), `row ${hint} was changed`);
  }

  /** ReplaceRows: the whole body of a table that the engine owns. */
  rows_(op) {
    const body = this.body_(op.tab);
    const title = this.score.tabs[op.tab].title;
    const rows = body ? body.filled(op.columns) : [];
    if (rows.length !== op.old.length) throw stale(title, 'it has other rows');
    rows.forEach((row, i) =>
      op.columns.forEach((key, j) =>
        this.expect_(body.cell(row, key), op.old[i][j], body, row, key),
      ),
    );
    return () => {
      const now = this.made_(op.tab);
      const last = rows.length ? rows[rows.length - 1] - now.header : 0;
      this.room_(now, op.new.length, Math.max(rows.length, 1));
      const height = Math.max(last, op.new.length);
      const blank = op.columns.map(() => null);
      const all = Array.from({ length: height }, (_, i) => op.new[i] || blank);
      this.block_(now, op.columns, now.header + 1, all);
      this.name_(now, op.new.length);
    };
  }

  /** AppendRows: lines below a log. */
  lines_(op) {
    this.body_(op.tab);
    return () => {
      const body = this.made_(op.tab);
      const rows = body.filled(Object.keys(body.columns));
      const first = (rows.length ? rows[rows.length - 1] : body.header) + 1;
      const missing = first + op.rows.length - 1 - body.sheet.getMaxRows();
      if (missing > 0) this.insert_(body.sheet, body.sheet.getMaxRows(), missing, true);
      this.block_(body, op.columns, first, op.rows);
    };
  }

  /** WriteNames: single named cells. */
  names_(op) {
    const cells = op.names.map((name, i) => {
      const range = this.book.getRangeByName(name);
      const found = range
        ? { value: range.getValues()[0][0], formula: range.getFormulas()[0][0] }
        : { value: '', formula: '' };
      if (!sameCell(found, op.old[i], this.zone, this.links)) {
        throw stale(this.score.tabs[op.tab].title, `the cell ${name} was changed`);
      }
      return { range, value: op.new[i] };
    });
    return () =>
      cells.filter((cell) => cell.range).forEach((cell) => this.put_(cell.range, [[cell.value]]));
  }

  expect_(found, expected, body, row, key) {
    if (!sameCell(found, expected, this.zone, this.links)) {
      const header = body.tab.columns[key].replace(/[\s*]+$/, '');
      throw stale(body.sheet.getName(), `${header} in row ${row} was changed`);
    }
  }

  /**
   * Makes room for so many body rows. Rows are added before the last one in use, inside the table,
   * so that tables, formats and conditional formats grow with it.
   */
  room_(body, count, used) {
    const room = body.tab.room || body.sheet.getMaxRows() - body.header;
    if (count <= room) return;
    const inside = Math.max(body.tab.room || 0, used);
    if (inside + body.header > body.sheet.getMaxRows()) {
      this.insert_(body.sheet, body.sheet.getMaxRows(), count - room, true);
    } else {
      this.insert_(body.sheet, body.header + inside, count - room, false);
    }
  }

  insert_(sheet, row, count, after) {
    if (after) sheet.insertRowsAfter(row, count);
    else sheet.insertRowsBefore(row, count);
    this.undo.push(() => sheet.deleteRows(after ? row + 1 : row, count));
  }

  /** Writes rows from a sheet row on, one block for each run of neighbouring columns. */
  block_(body, keys, row, rows) {
    if (!rows.length) return;
    const order = keys.map((key, i) => ({ at: body.columns[key], i, key }));
    const missing = order.find((each) => !each.at);
    if (missing) throw new Error(`the column ${missing.key} is missing`);
    order.sort((a, b) => a.at - b.at);
    for (const run of runs(order, (a, b) => b.at === a.at + 1)) {
      const range = body.sheet.getRange(row, run[0].at, rows.length, run.length);
      this.put_(range, rows.map((cells) => run.map((each) => cells[each.i])));
    }
  }

  /** Lets the workbook names of the tab's columns cover exactly its body. */
  name_(body, count) {
    for (const [key, name] of Object.entries(body.tab.names || {})) {
      if (!(key in body.columns)) continue;
      const range = body.sheet.getRange(
        body.header + 1,
        body.columns[key],
        Math.max(count, 1),
        1,
      );
      const old = this.book.getRangeByName(name);
      this.book.setNamedRange(name, range);
      this.undo.push(() =>
        old ? this.book.setNamedRange(name, old) : this.book.removeNamedRange(name),
      );
    }
  }

  /** Writes a block of plan values, and remembers what stood there. */
  put_(range, cells) {
    const formulas = range.getFormulas();
    const formats = range.getNumberFormats();
    const each = (rows, tell) => rows.map((row, i) => row.map((cell, j) => tell(cell, i, j)));
    const before = each(range.getValues(), (value, i, j) =>
      kept({ value, formula: formulas[i][j] }, this.zone, formats[i][j]),
    );
    const wanted = each(cells, (value, i, j) => formatFor(value, formats[i][j]));
    const dressed = wanted.some((row, i) => row.some((format, j) => format !== formats[i][j]));
    this.undo.push(() => {
      if (dressed) range.setNumberFormats(formats);
      range.setValues(before);
    });
    if (dressed) range.setNumberFormats(wanted);
    range.setValues(each(cells, (value, i, j) => entered(value, this.links, wanted[i][j])));
    this.done.push({ range, cells });
  }

  /** Looks whether Google took what was written. */
  verify_(range, cells) {
    const values = range.getValues();
    const formulas = range.getFormulas();
    cells.forEach((row, i) =>
      row.forEach((wanted, j) => {
        const found = { value: values[i][j], formula: formulas[i][j] };
        if (!sameCell(found, wanted, this.zone, this.links)) {
          const place = `row ${range.getRow() + i}, column ${range.getColumn() + j}`;
          throw new Error(
            `${range.getSheet().getName()} ${place} shows ${found.formula || found.value}`,
          );
        }
      }),
    );
  }
}

/** That somebody was faster. */
function stale(title, what) {
  return new Refused(`In ${title} ${what} since it was read: ask again. Nothing was changed.`);
}

/** Neighbours in lists: each list is a run in which `next` holds from one to the next. */
function runs(items, next) {
  const found = [];
  items.forEach((item, i) => {
    if (i && next(items[i - 1], item)) found[found.length - 1].push(item);
    else found.push([item]);
  });
  return found;
}
