/**
 * Runs functions of our Apps Script over a state: JSON on stdin, JSON on stdout.
 *
 * In: {folder, state, options, calls: [[function, ...arguments], ...]}.
 * Out: {state, results: [{value} or {error, refused}], shown, writes}.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { makeWorld } = require('./google.js');

const told = JSON.parse(fs.readFileSync(0, 'utf8'));
const names = ['Code.gs', 'Values.gs', 'Player.gs', 'Sidebar.html'];
const files = Object.fromEntries(
  names.map((name) => [name, fs.readFileSync(path.join(told.folder, name), 'utf8')]),
);
const world = makeWorld(told.state, told.options || {}, files);
const context = vm.createContext({ ...world.globals, console });
if (told.options && told.options.now) {
  vm.runInContext(`Date = class extends Date {
    constructor(...told) { super(...(told.length ? told : [Date.now()])); }
    static now() { return ${Date.parse(told.options.now)}; }
  }`, context);
}
world.Date = vm.runInContext('Date', context);
for (const name of names.filter((each) => each.endsWith('.gs'))) {
  vm.runInContext(files[name], context, { filename: name });
}
const results = told.calls.map(([name, ...args]) => {
  try {
    context.args = JSON.parse(JSON.stringify(args));
    return { value: vm.runInContext(`${name}(...args)`, context) };
  } catch (error) {
    return { error: error.message, refused: vm.runInContext('Refused', context) === error.constructor };
  }
});
process.stdout.write(
  JSON.stringify({ state: world.state, results, shown: world.shown, writes: world.writes }),
);
