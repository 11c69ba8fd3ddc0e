/**
 * Recalculates the tracker that is open in Excel, by the team's sheetsync server.
 *
 * Reads the tabs that the server asks for, posts them, compares every cell that the answer was made
 * from with what stands there now, then writes, then looks whether Excel took it. What fails while
 * writing is put back. Everything else in the workbook stays in Excel.
 *
 * Put the address and the token of your server into `settings`. Only functions and types stand
 * here, because Office Scripts run nothing else.
 */
async function main(workbook: ExcelScript.Workbook): Promise<string> {
  const server = settings();
  let told = "";
  for (let turn = 1; turn <= 3; turn++) {
    const posted = await readWorkbook(workbook, server);
    const reply = await ask<SyncReply>(server, "sync", JSON.stringify(posted));
    const played = reply.score === null ? nothing() : play(workbook, reply.score);
    told = played.stale;
    if (told === "") {
      const message = summary(reply, played);
      console.log(message);
      return message;
    }
  }
  throw new Error(`${told} Somebody is working in it: wait a moment, then run the script again.`);
}

/** What a team fills in: the address of its server, a token of scope apply, a day or "". */
function settings(): Settings {
  return { url: "https://sheetsync.example.com", token: "", asOf: "" };
}

/** Bytes of a request that Excel lets through; its own limit is 5 MB. */
function mostBytes(): number {
  return 4800000;
}

/** Cells that are asked of Excel, or given to it, in one call. */
function mostCells(): number {
  return 20000;
}

type Raw = string | number | boolean;
type PlanCell = null | Raw | { d?: string; s?: number; e?: string; f?: string; keep?: boolean };
interface Settings {
  url: string;
  token: string;
  asOf: string;
}
interface Cells {
  values: Raw[][];
  formulas: string[][];
  formats: string[][];
}
interface Cell {
  value: Raw;
  formula: string;
  format: string;
}
interface PostedTable {
  name: string;
  row: number;
  column: number;
  rows: number;
  columns: number;
  headers: boolean;
  totals: boolean;
}
interface PostedSheet {
  name: string;
  first_row: number;
  first_column: number;
  values: Raw[][];
  formulas: [number, number, string][];
  formats: [number, string][][];
  tables: PostedTable[];
  protected: boolean;
}
interface PostedName {
  name: string;
  sheet: string;
  row: number;
  column: number;
}
interface Posted {
  version: number;
  client: string;
  workbook: { name: string; date1904: boolean; others: string[] };
  as_of: string | null;
  sheets: PostedSheet[];
  names: PostedName[];
}
interface Op {
  op: string;
  tab: string;
  column: string;
  columns: string[];
  keys: string[];
  names: string[];
  rows: number[] | PlanCell[][];
  old: PlanCell[] | PlanCell[][];
  new: PlanCell[] | PlanCell[][];
}
interface ScoreTab {
  key: string;
  title: string;
  role: string;
  header: number;
  table: string;
  columns: { [key: string]: string };
  keys: string[];
  names: { [key: string]: string };
  sync?: string[];
}
interface Score {
  version: number;
  plan: { version: number; run: string; ops: Op[] };
  tabs: { [key: string]: ScoreTab };
  rows: { [tab: string]: { [key: string]: { [column: string]: PlanCell } } };
}
interface Failure {
  error?: { kind: string; message: string };
}
interface TabsReply extends Failure {
  sheets: string[];
}
interface SyncReply extends Failure {
  score: Score | null;
  report: { as_of: string; issues: { severity: string }[] };
  pane: { changes: { fixes: number; cells: number; rows: number }; tier_changes: TierChange[] };
  notes?: string[];
}
interface TierChange {
  name: string;
  from: string | null;
  to: string | null;
}
interface Body {
  tab: ScoreTab;
  sheet: ExcelScript.Worksheet;
  table: ExcelScript.Table | undefined;
  top: number;
  left: number;
  width: number;
  tableLast: number;
  totals: boolean;
  header: number;
  columns: { [key: string]: number };
  cells: Cells;
  index: { [key: string]: number[] } | null;
}
interface Block {
  sheet: ExcelScript.Worksheet;
  title: string;
  ours: boolean;
  row: number;
  column: number;
  old: Cell[][];
  wanted: PlanCell[][];
  count: number;
}
interface Resize {
  body: Body;
  end: number;
}
interface Locked {
  title: string;
  protection: ExcelScript.WorksheetProtection;
  options: ExcelScript.WorksheetProtectionOptions;
}
interface Work {
  blocks: Block[];
  resizes: Resize[];
  bodies: { [tab: string]: Body };
}
interface Played {
  stale: string;
  cells: number;
  sheets: string[];
  notes: string[];
}

function nothing(): Played {
  return { stale: "", cells: 0, sheets: [], notes: [] };
}

/** What came of it, as one text of a few lines. */
function summary(reply: SyncReply, played: Played): string {
  const lines: string[] = [];
  const fixes = reply.pane.changes.fixes;
  if (reply.score === null) {
    lines.push(`Up to date as of ${reply.report.as_of}: nothing was written.`);
  } else {
    lines.push(
      `Recalculated as of ${reply.report.as_of}: ${played.cells} cells of ${played.sheets.join(", ")} ` +
        `written, ${fixes} of them corrections (see Sync Log).`
    );
  }
  for (const change of reply.pane.tier_changes.slice(0, 10)) {
    lines.push(`${change.name}: ${change.from || "no tier"} → ${change.to || "no tier"}`);
  }
  const errors = reply.report.issues.filter((issue) => issue.severity === "error").length;
  lines.push(`Issues: ${reply.report.issues.length}, ${errors} of them errors (see the tab Issues).`);
  return lines.concat(reply.notes || [], played.notes).join("\n");
}

/** Asks the server; throws its sentence when it refuses. */
async function ask<T extends Failure>(server: Settings, what: string, body: string): Promise<T> {
  if (server.token === "") {
    throw new Error("This script has no token yet: put your team's into the function settings.");
  }
  const bytes = bytesOf(body);
  if (bytes > mostBytes()) {
    throw new Error(
      `The tracker is too large for an Office Script (${bytes} bytes of ${mostBytes()}): use the ` +
        "add-in, or sync the file. Nothing was changed."
    );
  }
  const response = await fetch(`${server.url.replace(/\/+$/, "")}/v1/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${server.token}` },
    body: body,
  });
  const reply: T = await response.json();
  if (!response.ok || reply.error) {
    const why = reply.error ? reply.error.message : `It answered ${response.status}.`;
    throw new Error(`The sheetsync server refused: ${why}`);
  }
  return reply;
}

/** How many bytes a text has when it is sent. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return bytes;
}

/** The workbook as it is posted: only the tabs that the server asks for. */
async function readWorkbook(workbook: ExcelScript.Workbook, server: Settings): Promise<Posted> {
  const sheets = workbook.getWorksheets();
  const tabs = sheets.map((sheet) => ({
    name: sheet.getName(),
    tables: sheet.getTables().map((table) => table.getName()),
  }));
  const asked = JSON.stringify({ version: 1, sheets: tabs });
  const wanted = (await ask<TabsReply>(server, "tabs", asked)).sheets;
  const read = sheets.filter((sheet) => wanted.indexOf(sheet.getName()) >= 0);
  return {
    version: 1,
    client: "office script",
    workbook: {
      name: workbook.getName(),
      date1904: false,
      others: tabs.map((tab) => tab.name).filter((name) => wanted.indexOf(name) < 0),
    },
    as_of: server.asOf || null,
    sheets: read.map(postedSheet),
    names: postedNames(workbook),
  };
}

function postedSheet(sheet: ExcelScript.Worksheet): PostedSheet {
  const cells = cellsOf(sheet, 0, 0);
  expect1900(sheet, cells);
  const formulas: [number, number, string][] = [];
  cells.formulas.forEach((row, i) =>
    row.forEach((formula, j) => {
      if (isFormula(cells.values[i][j], formula)) formulas.push([i + 1, j + 1, formula]);
    })
  );
  const columns = cells.formats.length ? cells.formats[0] : [];
  return {
    name: sheet.getName(),
    first_row: 1,
    first_column: 1,
    values: cells.values,
    formulas: formulas,
    formats: columns.map((_, j) => spans(cells.formats.map((row) => row[j]))),
    tables: sheet.getTables().map(postedTable),
    protected: sheet.getProtection().getProtected(),
  };
}

function postedTable(table: ExcelScript.Table): PostedTable {
  const range = table.getRange();
  return {
    name: table.getName(),
    row: range.getRowIndex() + 1,
    column: range.getColumnIndex() + 1,
    rows: range.getRowCount(),
    columns: range.getColumnCount(),
    headers: table.getShowHeaders(),
    totals: table.getShowTotals(),
  };
}

/** The workbook names of single cells. */
function postedNames(workbook: ExcelScript.Workbook): PostedName[] {
  const found: PostedName[] = [];
  for (const item of workbook.getNames()) {
    const area = referred(item.getFormula());
    if (area && area.row === area.last) {
      found.push({ name: item.getName(), sheet: area.sheet, row: area.row, column: area.column });
    }
  }
  return found;
}

/** Where a name of cells in one column refers to; null for other names. */
function referred(
  formula: string
): { sheet: string; column: number; row: number; last: number } | null {
  const match = /^=(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?$/.exec(
    formula
  );
  if (!match || (match[5] && match[5] !== match[3])) return null;
  const sheet = (match[1] || match[2]).replace(/''/g, "'");
  const row = Number(match[4]);
  return { sheet: sheet, column: columnNumber(match[3]), row: row, last: Number(match[6] || row) };
}

function columnNumber(letters: string): number {
  let number = 0;
  for (let i = 0; i < letters.length; i++) number = number * 26 + letters.charCodeAt(i) - 64;
  return number;
}

function columnLetters(number: number): string {
  let name = "";
  for (let rest = number; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

/** All cells from A1 to the end of what is used, and at least so many rows and columns. */
function cellsOf(sheet: ExcelScript.Worksheet, rows: number, columns: number): Cells {
  const used = sheet.getUsedRange(true);
  const height = Math.max(rows, used ? used.getRowIndex() + used.getRowCount() : 0);
  const width = Math.max(columns, used ? used.getColumnIndex() + used.getColumnCount() : 0);
  const found: Cells = { values: [], formulas: [], formats: [] };
  if (width === 0) return found;
  const step = Math.max(1, Math.floor(mostCells() / width));
  for (let row = 0; row < height; row += step) {
    const part = sheet.getRangeByIndexes(row, 0, Math.min(step, height - row), width);
    found.values = found.values.concat(part.getValues());
    found.formulas = found.formulas.concat(part.getFormulas());
    found.formats = found.formats.concat(part.getNumberFormats());
  }
  return found;
}

/** Refuses a workbook that counts days from 1904, as those of old Macs do: all days were off. */
function expect1900(sheet: ExcelScript.Worksheet, cells: Cells) {
  for (let i = 0; i < cells.values.length; i++) {
    const j = cells.values[i].findIndex(
      (value, at) => typeof value === "number" && value > 366 && cells.formats[i][at].indexOf("yyyy") >= 0
    );
    if (j < 0) continue;
    const text = sheet.getRangeByIndexes(i, j, 1, 1).getText();
    const year = Number(dayText(cells.values[i][j] as number).slice(0, 4));
    if (text.indexOf(String(year + 4)) >= 0 && text.indexOf(String(year)) < 0) {
      throw new Error(
        "This workbook counts days from 1904, which an Office Script cannot tell apart for every " +
          "cell: use the add-in, or sync the file. Nothing was changed."
      );
    }
    return;
  }
}

/** The number formats down a column, each with how many cells have it. */
function spans(formats: string[]): [number, string][] {
  const found: [number, string][] = [];
  for (const format of formats) {
    const last = found[found.length - 1];
    if (last && last[1] === format) last[0] += 1;
    else found.push([1, format]);
  }
  return found;
}

/** Plays a score: compares all, writes, looks again; puts back what Excel did not take. */
function play(workbook: ExcelScript.Workbook, score: Score): Played {
  if (score.version !== 1 || score.plan.version !== 1) {
    throw new Error("The plan is of another version: get a new script. Nothing was changed.");
  }
  const work: Work = { blocks: [], resizes: [], bodies: {} };
  for (const op of score.plan.ops) {
    const why = prepare(workbook, score, op, work);
    if (why !== "") return { ...nothing(), stale: `${why} since it was read. Nothing was changed.` };
  }
  const sheets = writtenSheets(work);
  const locked = unlocked(sheets);
  let notes: string[] = [];
  try {
    write(workbook, work);
  } finally {
    notes = lockedAgain(locked);
  }
  const cells = work.blocks.reduce((sum, block) => sum + block.count, 0);
  return { stale: "", cells: cells, sheets: sheets.map((each) => each.title), notes: notes };
}

/** Compares what an op expects and keeps what is to be done; tells what is not so, or "". */
function prepare(workbook: ExcelScript.Workbook, score: Score, op: Op, work: Work): string {
  if (op.op === "Recache") return ""; // Excel calculates by itself
  if (op.op === "WriteNames") return prepareNames(workbook, op, work);
  const tab = score.tabs[op.tab];
  if (!work.bodies[op.tab]) {
    const body = bodyOf(workbook, tab);
    if (!body) return `In ${tab.title} the headers were changed`;
    work.bodies[op.tab] = body;
  }
  const body = work.bodies[op.tab];
  if (op.op === "WriteCells") return prepareCells(body, score.rows[op.tab] || {}, op, work);
  if (op.op === "ReplaceRows") return prepareRows(body, op, work);
  if (op.op === "AppendRows") return prepareLines(body, op, work);
  throw new Error(`The plan has an unknown step ${op.op}: get a new script. Nothing was changed.`);
}

/** What a tab holds at this moment; null when its headers are not there. */
function bodyOf(workbook: ExcelScript.Workbook, tab: ScoreTab): Body | null {
  const sheet = workbook.getWorksheet(tab.title);
  if (!sheet) {
    throw new Error(
      `The tab ${tab.title} is gone: sync the file, or use the add-in, to have it made again. ` +
        "Nothing was changed."
    );
  }
  const tables = sheet.getTables().filter((each) => each.getShowHeaders());
  const named = tables.filter((each) => each.getName().toLowerCase() === tab.table.toLowerCase());
  const table = named.length ? named[0] : tables.length === 1 ? tables[0] : undefined;
  const range = table ? table.getRange() : undefined;
  const end = range ? range.getRowIndex() + range.getRowCount() : 0;
  const cells = cellsOf(sheet, end, 0);
  const rows = [tab.header, ...cells.values.slice(0, 20).map((_, i) => i + 1)];
  const header = rows.find((row) => placesIn(tab, cells.values[row - 1]) !== null);
  if (header === undefined) return null;
  const mine = range !== undefined && range.getRowIndex() + 1 === header;
  const totals = mine && table !== undefined && table.getShowTotals();
  return {
    tab: tab,
    sheet: sheet,
    table: mine ? table : undefined,
    top: header,
    left: mine && range ? range.getColumnIndex() + 1 : 1,
    width: mine && range ? range.getColumnCount() : 0,
    tableLast: mine ? end - (totals ? 1 : 0) : 0,
    totals: totals,
    header: header,
    columns: placesIn(tab, cells.values[header - 1]) || {},
    cells: cells,
    index: null,
  };
}

/** Columns (from 1) by key when a row holds every header once, else null. */
function placesIn(tab: ScoreTab, row: Raw[] | undefined): { [key: string]: number } | null {
  const cells = (row || []).map((value) => String(value).trim());
  const places: { [key: string]: number } = {};
  for (const key of Object.keys(tab.columns)) {
    const at = cells.indexOf(tab.columns[key].trim());
    if (at < 0 || cells.lastIndexOf(cells[at]) !== at) return null;
    places[key] = at + 1;
  }
  return places;
}

/** What a cell (row and column from 1) holds. */
function at(body: Body, row: number, column: number): Cell {
  const values = body.cells.values[row - 1];
  if (!values || values.length < column) return { value: "", formula: "", format: "General" };
  return {
    value: values[column - 1],
    formula: body.cells.formulas[row - 1][column - 1],
    format: body.cells.formats[row - 1][column - 1],
  };
}

/** Rows below the header with content in one of these columns; not the table's totals. */
function filled(body: Body, keys: string[]): number[] {
  const columns = keys.filter((key) => key in body.columns).map((key) => body.columns[key]);
  const rows: number[] = [];
  for (let row = body.header + 1; row <= body.cells.values.length; row++) {
    if (body.totals && row === body.tableLast + 1) continue;
    if (columns.some((column) => at(body, row, column).value !== "")) rows.push(row);
  }
  return rows;
}

/** WriteCells: single cells of a column, each found by its row's key; neighbours in one block. */
function prepareCells(
  body: Body,
  nameless: { [key: string]: { [column: string]: PlanCell } },
  op: Op,
  work: Work
): string {
  const column = body.columns[op.column];
  if (!column) return `In ${body.tab.title} the column ${op.column} was lost`;
  const changes: { [row: number]: PlanCell } = {};
  for (let i = 0; i < op.keys.length; i++) {
    const hint = (op.rows as number[])[i];
    const row = rowOf(body, op.keys[i], hint, nameless[op.keys[i]]);
    if (row === 0) return `In ${body.tab.title} the row ${op.keys[i]} (row ${hint}) was changed`;
    if (!sameCell(at(body, row, column), (op.old as PlanCell[])[i])) return changed(body, op.column, row);
    changes[row] = (op.new as PlanCell[])[i];
  }
  const rows = Object.keys(changes).map(Number).sort((a, b) => a - b);
  const ours = (body.tab.sync || []).indexOf(op.column) >= 0;
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    const joins = (last: number, next: number) =>
      next === last + 1 || (ours && isFree(body, column, last, next));
    while (to < rows.length && joins(rows[to - 1], rows[to])) to++;
    const old: Cell[][] = [];
    const wanted: PlanCell[][] = [];
    for (let row = rows[from]; row <= rows[to - 1]; row++) {
      old.push([at(body, row, column)]);
      wanted.push([row in changes ? changes[row] : { keep: true }]);
    }
    add(work, body, rows[from], column, old, wanted);
    from = to;
  }
  return "";
}

/** Whether the cells between two rows of a column of the engine's may be written as they are. */
function isFree(body: Body, column: number, first: number, last: number): boolean {
  for (let row = first + 1; row < last; row++) {
    const cell = at(body, row, column);
    if (isFormula(cell.value, cell.formula)) return false;
  }
  return true;
}

function changed(body: Body, key: string, row: number): string {
  return `In ${body.tab.title} ${body.tab.columns[key].replace(/[\s*]+$/, "")} in row ${row} was changed`;
}

/** The sheet row of a row's key; of a row without one, where it stands as it was read; 0 for none. */
function rowOf(
  body: Body,
  key: string,
  hint: number,
  seen: { [column: string]: PlanCell } | undefined
): number {
  if (!seen) {
    const rows = indexOf(body)[key.toLowerCase()] || [];
    return rows.length === 1 ? rows[0] : 0;
  }
  const columns = Object.keys(seen).filter((column) => column in body.columns);
  const fits = (row: number) =>
    columns.every((column) => sameCell(at(body, row, body.columns[column]), seen[column]));
  if (hint > body.header && fits(hint)) return hint;
  const rows = filled(body, columns).filter(fits);
  return rows.length === 1 ? rows[0] : 0;
}

/** Rows by the text of their key columns. */
function indexOf(body: Body): { [key: string]: number[] } {
  if (body.index) return body.index;
  const index: { [key: string]: number[] } = {};
  const keys = body.tab.keys.filter((key) => key in body.columns);
  for (const row of keys.length === body.tab.keys.length ? filled(body, keys) : []) {
    const name = keys.map((key) => keyText(at(body, row, body.columns[key]))).join("|").toLowerCase();
    index[name] = (index[name] || []).concat([row]);
  }
  body.index = index;
  return index;
}

/** ReplaceRows: the whole body of a table that the engine owns; what is left of it is emptied. */
function prepareRows(body: Body, op: Op, work: Work): string {
  const rows = filled(body, op.columns);
  const old = op.old as PlanCell[][];
  const wanted = op.new as PlanCell[][];
  if (rows.length !== old.length) return `In ${body.tab.title} rows came or went`;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < op.columns.length; j++) {
      const column = body.columns[op.columns[j]];
      if (!column && old[i][j] === null) continue;
      if (!column || !sameCell(at(body, rows[i], column), old[i][j])) {
        return changed(body, op.columns[j], rows[i]);
      }
    }
  }
  const first = body.header + 1;
  const ours = Math.max(first, body.tableLast, rows.length ? rows[rows.length - 1] : 0);
  addRows(work, body, op.columns, wanted, first, ours);
  const end = body.header + Math.max(wanted.length, 1);
  if (body.table && end !== body.tableLast && !body.totals) work.resizes.push({ body: body, end: end });
  return "";
}

/** AppendRows: lines below a log. */
function prepareLines(body: Body, op: Op, work: Work): string {
  const rows = filled(body, Object.keys(body.columns));
  const first = Math.max(body.header, rows.length ? rows[rows.length - 1] : 0) + 1;
  const lines = op.rows as PlanCell[][];
  addRows(work, body, op.columns, lines, first, first - 1);
  const end = first + lines.length - 1;
  if (body.table && end > body.tableLast) work.resizes.push({ body: body, end: end });
  return "";
}

/** WriteNames: single named cells. */
function prepareNames(workbook: ExcelScript.Workbook, op: Op, work: Work): string {
  for (let i = 0; i < op.names.length; i++) {
    const item = workbook.getNamedItem(op.names[i]);
    const area = item ? referred(item.getFormula()) : null;
    const sheet = area ? workbook.getWorksheet(area.sheet) : undefined;
    const old = (op.old as PlanCell[])[i];
    if (!area || !sheet) {
      if (old === null) continue;
      return `The name ${op.names[i]} was lost`;
    }
    const cell = sheet.getRangeByIndexes(area.row - 1, area.column - 1, 1, 1);
    const found: Cell = {
      value: cell.getValues()[0][0],
      formula: cell.getFormulas()[0][0],
      format: cell.getNumberFormats()[0][0],
    };
    if (!sameCell(found, old)) return `The cell ${op.names[i]} was changed`;
    const block = { sheet: sheet, title: area.sheet, ours: true, row: area.row, column: area.column };
    const wanted = (op.new as PlanCell[])[i];
    work.blocks.push({ ...block, old: [[found]], wanted: [[wanted]], count: 1 });
  }
  return "";
}

/** Adds rows from `first` on, nothing below them down to `ours`; below that all must be empty. */
function addRows(
  work: Work,
  body: Body,
  keys: string[],
  rows: PlanCell[][],
  first: number,
  ours: number
) {
  const last = Math.max(ours, first + rows.length - 1);
  if (last < first) return;
  if (body.totals && last > body.tableLast) {
    throw new Error(
      `The table of the tab ${body.tab.title} needs more rows, but has a row of totals below it: ` +
        "switch that off (Table Design, Total Row), then try again. Nothing was changed."
    );
  }
  const order = keys
    .map((key, i) => ({ column: body.columns[key], i: i }))
    .filter((each) => each.column)
    .sort((a, b) => a.column - b.column);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && order[to].column === order[to - 1].column + 1) to++;
    const run = order.slice(from, to);
    from = to;
    expectRoom(body, run[0].column, run.length, Math.max(ours + 1, first), last);
    const old: Cell[][] = [];
    const wanted: PlanCell[][] = [];
    for (let row = first; row <= last; row++) {
      const cells = rows[row - first];
      old.push(run.map((each) => at(body, row, each.column)));
      wanted.push(run.map((each) => (cells ? cells[each.i] : null)));
    }
    add(work, body, first, run[0].column, old, wanted);
  }
}

function expectRoom(body: Body, column: number, width: number, first: number, last: number) {
  for (let row = first; row <= last; row++) {
    for (let j = column; j < column + width; j++) {
      const cell = at(body, row, j);
      if (cell.value === "" && cell.formula === "") continue;
      throw new Error(
        `The table of the tab ${body.tab.title} needs more rows, but ${columnLetters(j)}${row} below ` +
          "it holds something; move that to another tab, then try again. Nothing was changed."
      );
    }
  }
}

/** Keeps a block of cells to write, without the rows at its ends that stay as they are. */
function add(work: Work, body: Body, row: number, column: number, old: Cell[][], wanted: PlanCell[][]) {
  const differs = (cell: PlanCell, i: number, j: number) =>
    !objectOf(cell).keep && !sameCell(old[i][j], cell);
  const counts = wanted.map((cells, i) => cells.filter((cell, j) => differs(cell, i, j)).length);
  let from = 0;
  let to = wanted.length;
  while (from < to && counts[from] === 0) from++;
  while (to > from && counts[to - 1] === 0) to--;
  if (from === to) return;
  const block: Block = {
    sheet: body.sheet,
    title: body.tab.title,
    ours: isOurs(body.tab),
    row: row + from,
    column: column,
    old: old.slice(from, to),
    wanted: wanted.slice(from, to),
    count: counts.reduce((sum, count) => sum + count, 0),
  };
  const fills = block.wanted.some((cells) => cells.some((cell) => "f" in objectOf(cell)));
  work.blocks.push(fills && body.table ? stretched(body, block) : block);
}

/**
 * A block down the whole columns of an Excel table: Excel fills a column with a formula that it
 * gets, unless each of its cells is told.
 */
function stretched(body: Body, block: Block): Block {
  const kept = (row: number) => block.old[0].map((_, j) => at(body, row, block.column + j));
  const end = block.row + block.old.length;
  const above: Cell[][] = [];
  const below: Cell[][] = [];
  for (let row = body.header + 1; row < block.row; row++) above.push(kept(row));
  for (let row = end; row <= body.tableLast; row++) below.push(kept(row));
  const keep = (cells: Cell[]): PlanCell[] => cells.map(() => ({ keep: true }));
  return {
    ...block,
    row: block.row - above.length,
    old: above.concat(block.old, below),
    wanted: above.map(keep).concat(block.wanted, below.map(keep)),
  };
}

/** Whether a tab is the engine's; others are people's, whose protection is not ours to lift. */
function isOurs(tab: ScoreTab): boolean {
  return tab.role !== "entry" && tab.role !== "settings";
}

/** The tabs that are written to; refuses filtered ones: Excel writes into wrong rows of those. */
function writtenSheets(work: Work): { sheet: ExcelScript.Worksheet; title: string; ours: boolean }[] {
  const every = work.blocks.map((each) => ({ sheet: each.sheet, title: each.title, ours: each.ours }));
  for (const { body } of work.resizes) {
    every.push({ sheet: body.sheet, title: body.tab.title, ours: isOurs(body.tab) });
  }
  const titles = every.map((each) => each.title);
  const sheets = every.filter((each, i) => titles.indexOf(each.title) === i);
  for (const { sheet, title } of sheets) {
    const filters = sheet.getTables().map((table) => table.getAutoFilter());
    const own = sheet.getAutoFilter();
    if (filters.concat(own ? [own] : []).some((filter) => filter.getIsDataFiltered())) {
      throw new Error(
        `The tab ${title} is filtered: clear the filter (Data, Clear), then try again. ` +
          "Nothing was changed."
      );
    }
  }
  return sheets;
}

/** Lifts the protection of the engine's tabs, which has no password; returns how it was. */
function unlocked(sheets: { sheet: ExcelScript.Worksheet; title: string; ours: boolean }[]): Locked[] {
  const locked: Locked[] = [];
  for (const { sheet, title, ours } of sheets) {
    const protection = sheet.getProtection();
    if (!protection.getProtected()) continue;
    const options = protection.getOptions();
    const lifted = ours && isDone(() => protection.unprotect()) && !protection.getProtected();
    if (!lifted) {
      lockedAgain(locked);
      throw new Error(
        `The tab ${title} is protected: unprotect it (Review, Unprotect Sheet), then try again. ` +
          "Nothing was changed."
      );
    }
    locked.push({ title: title, protection: protection, options: options });
  }
  return locked;
}

/** Protects tabs again as they were; returns sentences about those that could not be. */
function lockedAgain(locked: Locked[]): string[] {
  return locked
    .filter((each) => !isDone(() => each.protection.protect(each.options)))
    .map((each) => `The tab ${each.title} could not be protected again (Review, Protect Sheet).`);
}

/** Writes all, or puts everything back. */
function write(workbook: ExcelScript.Workbook, work: Work) {
  const undo: (() => void)[] = [];
  try {
    const grows = (each: Resize) => each.end > each.body.tableLast;
    work.resizes.filter(grows).forEach((each) => resize(workbook, each, undo));
    work.blocks.forEach((block) => put(block, undo));
    work.resizes.filter((each) => !grows(each)).forEach((each) => resize(workbook, each, undo));
    work.blocks.forEach(verify);
  } catch (error) {
    const left = undo.reverse().filter((back) => !isDone(back)).length;
    throw new Error(
      `Excel did not take a change (${String(error).replace(/^Error: /, "")}). ` +
        (left
          ? `${left} changes could not be put back: close the workbook without saving, or restore ` +
            "it by File, Info, Version History."
          : "All was put back as it was.")
    );
  }
}

function isDone(back: () => void): boolean {
  try {
    back();
    return true;
  } catch (error) {
    return false;
  }
}

/** Resizes an Excel table with the workbook names of its columns; new rows look as its last did. */
function resize(workbook: ExcelScript.Workbook, { body, end }: Resize, undo: (() => void)[]) {
  const { sheet, table } = body;
  if (!table) return;
  const rows = (last: number, from: number) =>
    sheet.getRangeByIndexes(from - 1, body.left - 1, last - from + 1, body.width);
  undo.push(() => table.resize(rows(body.tableLast, body.top)));
  table.resize(rows(end, body.top));
  if (end > body.tableLast && body.tableLast > body.header) {
    const look = rows(body.tableLast, body.tableLast);
    rows(end, body.tableLast + 1).copyFrom(look, ExcelScript.RangeCopyType.formats);
  }
  for (const key of Object.keys(body.tab.names)) {
    const item = workbook.getNamedItem(body.tab.names[key]);
    const area = item ? referred(item.getFormula()) : null;
    if (!item || !area || area.sheet.toLowerCase() !== body.tab.title.toLowerCase()) continue;
    if (area.last === end || end < area.row) continue;
    const before = item.getFormula();
    const place = columnLetters(area.column);
    const named = `='${area.sheet.replace(/'/g, "''")}'!$${place}$${area.row}:$${place}$${end}`;
    undo.push(() => item.setFormula(before));
    item.setFormula(named);
  }
}

/** Writes a block in parts that Excel takes, number formats first. */
function put(block: Block, undo: (() => void)[]) {
  const width = block.old[0].length;
  const step = Math.max(1, Math.floor(mostCells() / width));
  for (let from = 0; from < block.old.length; from += step) {
    const old = block.old.slice(from, from + step);
    const wanted = block.wanted.slice(from, from + step);
    const range = block.sheet.getRangeByIndexes(block.row - 1 + from, block.column - 1, old.length, width);
    const present = range.getNumberFormats();
    const formats = wanted.map((cells, i) => cells.map((cell, j) => formatFor(cell, present[i][j])));
    const dressed = formats.some((cells, i) => cells.some((format, j) => format !== present[i][j]));
    undo.push(() => {
      if (dressed) range.setNumberFormats(present);
      range.setValues(old.map((cells) => cells.map(kept)));
    });
    if (dressed) range.setNumberFormats(formats);
    range.setValues(
      wanted.map((cells, i) =>
        cells.map((cell, j) => (objectOf(cell).keep ? kept(old[i][j]) : entered(cell)))
      )
    );
  }
}

/** Looks whether Excel took a block. */
function verify(block: Block) {
  const width = block.old[0].length;
  const step = Math.max(1, Math.floor(mostCells() / width));
  for (let from = 0; from < block.old.length; from += step) {
    const rows = Math.min(step, block.old.length - from);
    const range = block.sheet.getRangeByIndexes(block.row - 1 + from, block.column - 1, rows, width);
    const values = range.getValues();
    const formulas = range.getFormulas();
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < width; j++) {
        const wanted = block.wanted[from + i][j];
        const found: Cell = { value: values[i][j], formula: formulas[i][j], format: "" };
        if (!took(found, wanted, block.old[from + i][j])) {
          throw new Error(
            `${block.title} ${columnLetters(block.column + j)}${block.row + from + i} shows ${values[i][j]}`
          );
        }
      }
    }
  }
}

/** Whether a cell holds what was written; of a formula only that it is one. */
function took(found: Cell, wanted: PlanCell, old: Cell): boolean {
  if (objectOf(wanted).keep) return found.formula === old.formula;
  if ("f" in objectOf(wanted)) return isFormula(found.value, found.formula);
  return sameCell(found, wanted);
}

function objectOf(value: PlanCell): { d?: string; s?: number; e?: string; f?: string; keep?: boolean } {
  return value !== null && typeof value === "object" ? value : {};
}

/** Whether a cell holds a formula: of text that looks like one, the value is the same text. */
function isFormula(value: Raw, formula: string): boolean {
  return typeof formula === "string" && formula.startsWith("=") && value !== formula;
}

/** Tells whether a cell holds what a plan expects, as spreadsheets store it. */
function sameCell(found: Cell, told: PlanCell | undefined): boolean {
  const wanted = objectOf(told === undefined ? null : told);
  if (isFormula(found.value, found.formula)) {
    return wanted.f !== undefined && found.formula === `=${wanted.f}`;
  }
  const value = found.value;
  if (told === null || told === undefined || told === "") return value === "";
  if (typeof told === "number") return typeof value === "number" && digits(value) === digits(told);
  if (typeof told === "string") return typeof value === "string" && lines(value) === lines(told);
  if (typeof told === "boolean") return value === told;
  if (wanted.e !== undefined) return String(value) === wanted.e;
  if (wanted.f !== undefined) return false;
  return typeof value === "number" && Math.abs(value - daysOf(wanted)) < 1.2 / 86400000;
}

/** What to set as a cell's value so that it holds a plan's; text is always text. */
function entered(value: PlanCell): Raw {
  if (value === null) return "";
  if (typeof value === "string") return asText(value);
  if (typeof value !== "object") return value;
  if (value.f !== undefined) return `=${value.f}`;
  return value.e !== undefined ? value.e : daysOf(value);
}

/** What to set as a cell's value so that it holds again what it held. */
function kept(cell: Cell): Raw {
  if (isFormula(cell.value, cell.formula)) return cell.formula;
  if (typeof cell.value !== "string") return cell.value;
  return /^#[A-Z/0!?_]+$/.test(cell.value) ? cell.value : asText(cell.value);
}

/** A text that Excel keeps as it is: with an apostrophe before it, which is never shown. */
function asText(text: string): string {
  return text === "" ? "" : `'${text}`;
}

/** The number format that a cell needs for a plan's value; its own where that will do. */
function formatFor(value: PlanCell, format: string): string {
  const told = objectOf(value);
  if (value === null || typeof value === "string" || told.keep) return format;
  const own = format === "@" ? "General" : format;
  if ((told.d === undefined && told.s === undefined) || isCalendar(own)) return own;
  if (told.s !== undefined) return "[h]:mm:ss";
  return told.d !== undefined && told.d.endsWith("T00:00:00") ? "yyyy-mm-dd" : "yyyy-mm-dd hh:mm";
}

/** Whether a number format shows days, times or durations. */
function isCalendar(format: string): boolean {
  const literals = /"[^"]*"|\\.|_.|\*.|general|\[(?!(?:h+|m+|s+)\])[^\]]*\]|e[+-]/gi;
  return /[dyhsm]/i.test(format.replace(literals, "").split(";")[0]);
}

/** A key column's cell as the text that names a row. */
function keyText(cell: Cell): string {
  if (typeof cell.value === "boolean") return cell.value ? "TRUE" : "FALSE";
  if (typeof cell.value === "string") return cell.value.trim();
  return isCalendar(cell.format) ? dayText(cell.value) : String(Number(digits(cell.value)));
}

function dayText(days: number): string {
  const [day, time] = new Date(Date.UTC(1899, 11, 30) + Math.round(days * 86400000)).toISOString().split("T");
  return time.startsWith("00:00:00") ? day : `${day} ${time.slice(0, 5)}`;
}

/** Days that a moment or a duration of a plan's means. */
function daysOf(told: { d?: string; s?: number }): number {
  if (told.s !== undefined) return told.s / 86400;
  return (Date.parse(`${told.d}Z`) - Date.UTC(1899, 11, 30)) / 86400000;
}

function digits(number: number): string {
  return number.toPrecision(15);
}

function lines(text: string): string {
  return text.replace(/\r\n/g, "\n");
}
