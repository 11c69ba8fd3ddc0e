/** The task pane: buttons, progress, and what the last run of this workbook told. */

import { Calls } from './calls.js';
import { at, day, icon, say } from './draw.js';
import { Issues, tally } from './issues.js';
import { bookKey, keepTold, lastTold, talk } from './memory.js';
import { check, decide, goTo, partnerHere, recalculate, sentenceOf, undo } from './recalculate.js';
import { Card, Changes, summary, telling, Tiers } from './results.js';

const WORK = { recalculate, check, undo };
const STEPS = {
  recalculate: ['reading', 'computing', 'writing'],
  check: ['reading', 'computing'],
  undo: ['reading', 'computing', 'writing'],
};
const SAYS = {
  reading: 'Reading the workbook …',
  computing: 'Computing …',
  writing: 'Writing the results …',
};
/** Milliseconds that a selection must stand before its card is looked up. */
const STILL = 150;

const calls = new Calls(new URLSearchParams(location.search).get('token'));
const card = new Card();
const changes = new Changes(jump);
const issues = new Issues(jump, answer);
const tiers = new Tiers(pick);
let speak = () => {};
let told = null;
let busy = false;
let timer = 0;

/** Shows a message: kind good, bad, wait or idle. */
function status(kind, text) {
  const line = at('status');
  line.className = `line ${kind}`;
  line.setAttribute('aria-live', kind === 'bad' ? 'assertive' : 'polite');
  line.parentElement.classList.toggle('wrong', kind === 'bad');
  at('status-icon').replaceChildren(icon(kind === 'bad' ? 'warning' : kind));
  say('status-text', text);
}

/** Shows how far a run is; `step` "" clears it, "done" fills it. */
function progress(did, step, part = null) {
  const names = STEPS[did] ?? STEPS.recalculate;
  const here = step === 'done' ? names.length : names.indexOf(step);
  document.querySelectorAll('#steps li').forEach((line) => {
    const place = names.indexOf(line.dataset.step);
    const state = place < 0 ? 'out' : place < here ? 'done' : place === here ? 'now' : '';
    line.className = state;
    line.style.setProperty(
      '--part',
      state === 'now' && part !== null ? String(part) : state === 'done' ? '1' : '0',
    );
    if (state === 'now') line.setAttribute('aria-current', 'step');
    else line.removeAttribute('aria-current');
  });
}

function occupied(yes) {
  busy = yes;
  document
    .querySelectorAll('[data-do]')
    .forEach((button) => button.setAttribute('aria-disabled', String(yes)));
  document.querySelector('main').dataset.busy = String(yes);
}

async function run(did) {
  if (busy) return;
  const onStep = (step, part = null) => {
    showStep({ did, step, part });
    speak({ said: 'step', did, step, part });
  };
  onStep('reading');
  try {
    const result = telling(did, await WORK[did](calls, { onStep }));
    show(result);
    await keepTold(bookKey(), result);
    speak({ said: 'done', did });
  } catch (error) {
    failed(sentenceOf(error));
    speak({ said: 'failed', did, text: sentenceOf(error) });
  }
}

function showStep({ did, step, part }) {
  occupied(true);
  progress(did, step, part);
  status('wait', SAYS[step]);
}

function failed(text) {
  occupied(false);
  progress('', '');
  status('bad', text);
}

/** Shows what a run told, and nothing when it is null. */
function show(result) {
  told = result;
  occupied(false);
  if (result) {
    progress(result.did, 'done');
    status('good', summary(result, tally(result.pane?.issues ?? [])));
    if (result.book) say('book', result.book);
    if (result.as_of) say('as-of', `As of ${day(result.as_of)}`);
  }
  issues.show(result?.pane?.issues ?? null);
  changes.show(result);
  tiers.show(result?.pane?.tier_changes ?? null, result?.pane?.partners);
  card.show(null, Boolean(result?.pane));
  look();
}

async function jump(place) {
  try {
    await goTo(place);
  } catch (error) {
    status('bad', sentenceOf(error));
  }
}

async function answer(issue, decision) {
  if (busy) return false;
  try {
    await decide(issue, decision);
    issue.was ??= issue.decision;
    issue.decision = decision;
    const waiting = told.pane.issues.filter(
      ({ was = null, decision: is }) => was !== null && was !== is,
    ).length;
    status(
      'good',
      waiting
        ? `Noted. Press Recalculate to use your answers (${waiting}).`
        : 'Noted. No answers wait.',
    );
    await keepTold(bookKey(), told);
    return true;
  } catch (error) {
    status('bad', sentenceOf(error));
    return false;
  }
}

function pick(id) {
  card.show(told.pane.partners[id] ?? null, true);
  choose(at('tab-partner'));
  at('tab-partner').focus();
}

/** Shows the card of the partner in whose row the selection is; keeps it where there is none. */
async function look() {
  const partners = told?.pane?.partners;
  if (!partners || busy) return;
  try {
    const id = await partnerHere(partners);
    if (id && partners[id] !== card.shown) card.show(partners[id], true);
  } catch {
    // A selection that cannot be read (a chart, a cell being edited) shows no other card.
  }
}

const tabs = [...document.querySelectorAll('[role=tab]')];

function choose(tab) {
  tabs.forEach((each) => {
    const chosen = each === tab;
    each.setAttribute('aria-selected', String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    at(each.getAttribute('aria-controls')).hidden = !chosen;
  });
}

function arrow(event) {
  const here = tabs.indexOf(event.currentTarget);
  const places = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 };
  if (!(event.key in places)) return;
  event.preventDefault();
  const next = tabs[(places[event.key] + tabs.length) % tabs.length];
  choose(next);
  next.focus();
}

/** Excel's own look, where it tells it: its dark theme need not be the system's. */
function dress(theme = globalThis.Office?.context?.officeTheme) {
  const [, red, green, blue] = /^#?(..)(..)(..)/.exec(theme?.bodyBackgroundColor ?? '') ?? [];
  if (!blue) return;
  const light = [red, green, blue].reduce((sum, two) => sum + parseInt(two, 16), 0) > 384;
  document.documentElement.dataset.theme = light ? 'light' : 'dark';
}

async function heard({ said, did, step, part, text }) {
  if (said === 'step') showStep({ did, step, part });
  else if (said === 'failed') failed(text);
  else if (said === 'done') show(await lastTold(bookKey()));
  if (['done', 'failed'].includes(said)) speak({ said: 'heard' });
}

function listen() {
  const { document: book } = Office.context ?? {};
  book?.addHandlerAsync?.(Office.EventType.DocumentSelectionChanged, () => {
    clearTimeout(timer);
    timer = setTimeout(look, STILL);
  });
}

function wire() {
  document.querySelectorAll('[data-do]').forEach((button) => {
    button.addEventListener('click', () => run(button.dataset.do));
  });
  tabs.forEach((tab) => {
    tab.addEventListener('click', () => choose(tab));
    tab.addEventListener('keydown', arrow);
  });
}

async function start() {
  wire();
  show(null);
  if (!globalThis.Office)
    return failed(
      'Microsoft’s part of the pane could not be loaded: check your network, then open the pane again.',
    );
  const { host } = await Office.onReady();
  if (host !== 'Excel')
    return failed('This page works inside Excel: open it there with Home, Add-ins, sheetsync.');
  if (!Office.context.requirements.isSetSupported('ExcelApi', '1.13')) {
    return failed(
      'This Excel is too old for the pane: it needs Excel 2021, Microsoft 365 or Excel on the web.',
    );
  }
  dress();
  speak = talk(heard);
  listen();
  const last = await lastTold(bookKey());
  if (last) return show(last);
  return status('idle', 'Ready. Recalculate cleans your tabs and writes new results.');
}

start();
