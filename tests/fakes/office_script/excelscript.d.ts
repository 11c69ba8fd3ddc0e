// What recalc.ts uses of Excel's object model for Office Scripts, and of the page's, as they are
// documented. It refuses everything else.

declare namespace ExcelScript {
  enum RangeCopyType {
    formats,
  }
  interface Workbook {
    getName(): string;
    getWorksheets(): Worksheet[];
    getWorksheet(key: string): Worksheet | undefined;
    getNames(): NamedItem[];
    getNamedItem(name: string): NamedItem | undefined;
  }
  interface NamedItem {
    getName(): string;
    getFormula(): string;
    setFormula(formula: string): void;
  }
  interface Worksheet {
    getName(): string;
    getTables(): Table[];
    getUsedRange(valuesOnly?: boolean): Range | undefined;
    getRangeByIndexes(row: number, column: number, rows: number, columns: number): Range;
    getProtection(): WorksheetProtection;
    getAutoFilter(): AutoFilter;
  }
  interface WorksheetProtectionOptions {
    allowFormatColumns?: boolean;
  }
  interface WorksheetProtection {
    getProtected(): boolean;
    getOptions(): WorksheetProtectionOptions;
    protect(options?: WorksheetProtectionOptions, password?: string): void;
    unprotect(password?: string): void;
  }
  interface AutoFilter {
    getIsDataFiltered(): boolean;
  }
  interface Table {
    getName(): string;
    getRange(): Range;
    getShowHeaders(): boolean;
    getShowTotals(): boolean;
    getAutoFilter(): AutoFilter;
    resize(range: Range | string): void;
  }
  interface Range {
    getRowIndex(): number;
    getColumnIndex(): number;
    getRowCount(): number;
    getColumnCount(): number;
    getValues(): (string | number | boolean)[][];
    getFormulas(): string[][];
    getNumberFormats(): string[][];
    getText(): string;
    setValues(values: (string | number | boolean)[][]): void;
    setNumberFormats(formats: string[][]): void;
    copyFrom(source: Range | string, type?: RangeCopyType): void;
  }
}

interface Response {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<any>;
}
declare function fetch(
  url: string,
  init: { method: string; headers: { [name: string]: string }; body: string }
): Promise<Response>;
declare const console: { log(...told: (string | number | boolean)[]): void };
