// Runs a transpiled Office Script: state and answers in, on stdin as JSON {script, state, settings};
// on stdout {state, returned, error, log, requests, calls, largest}. `fetch` is Node's own.

const fs = require('fs');
const vm = require('vm');
const { Book, RangeCopyType } = require('./workbook.js');

const told = JSON.parse(fs.readFileSync(0, 'utf8'));
const book = new Book(told.state);
const log = [];
const requests = [];
const counting = async (url, init) => {
  requests.push({ url, headers: init.headers, bytes: Buffer.byteLength(init.body) });
  return fetch(url, init);
};
const context = vm.createContext({
  ExcelScript: { RangeCopyType },
  console: { log: (...words) => log.push(words.join(' ')) },
  fetch: counting,
});
vm.runInContext(told.script, context);
vm.runInContext(`settings = () => (${JSON.stringify(told.settings)})`, context);
if (told.limits) vm.runInContext(told.limits, context);

const done = (more) => {
  const { calls, largest } = book;
  process.stdout.write(JSON.stringify({ state: book.state, log, requests, calls, largest, ...more }));
};
context.main(book).then(
  (returned) => done({ returned }),
  (error) => done({ error: error.message }),
);
