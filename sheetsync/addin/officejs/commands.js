/**
 * The ribbon's buttons. They share the pane's use cases, and have no page of their own: the pane
 * shows how they go when it is open; otherwise a small window tells what people must know.
 */

import { Calls } from './calls.js';
import { at, icon, say } from './draw.js';
import { tally } from './issues.js';
import { bookKey, keepTold, lastTold, talk } from './memory.js';
import { check, recalculate, sentenceOf, undo } from './recalculate.js';
import { summary, telling } from './results.js';

const asked = new URLSearchParams(location.search);
const calls = new Calls(asked.get('token'));
/** Milliseconds that an open pane has to say that it shows the message. */
const PATIENCE = 400;
const NOTICE = 'notice';

let hear = () => {};
let speak = () => {};

/** The work of a button; Excel keeps the button busy until `completed` is called. */
const button = (did, work) => async (event) => {
  try {
    const onStep = (step, part = null) => speak({ said: 'step', did, step, part });
    const told = telling(did, await work(calls, { onStep }));
    await keepTold(bookKey(), told);
    const text = summary(told, tally(told.pane?.issues ?? []));
    // New numbers show themselves; a check has nothing else to show.
    await tell(
      { said: 'done', did, text },
      'good',
      did === 'recalculate' && told.status !== 'unchanged',
    );
  } catch (error) {
    await tell({ said: 'failed', did, text: sentenceOf(error) }, 'bad').catch(() => {});
  } finally {
    event.completed();
  }
};

/** Says it to the open pane, and in a window where no pane hears it. */
async function tell(message, kind, quiet = false) {
  const answered = new Promise((resolve) => {
    hear = resolve;
    setTimeout(() => resolve(false), PATIENCE);
  });
  speak(message);
  if ((await answered) || quiet) return;
  await keepTold(NOTICE, { kind, text: message.text });
  const address = new URL('commands.html', location.href);
  address.searchParams.set(NOTICE, '1');
  Office.context.ui?.displayDialogAsync(address.href, {
    height: 24,
    width: 32,
    displayInIframe: true,
  });
}

async function notice() {
  const told = await lastTold(NOTICE);
  document.querySelector('main').hidden = false;
  if (!told) return;
  at('notice-icon').replaceChildren(icon(told.kind === 'bad' ? 'warning' : told.kind));
  say('notice-text', told.text);
}

async function start() {
  await Office.onReady();
  if (asked.has(NOTICE)) return notice();
  speak = talk(({ said }) => said === 'heard' && hear(true));
  const buttons = {
    recalculate: button('recalculate', recalculate),
    check: button('check', check),
    undo: button('undo', undo),
  };
  Object.entries(buttons).forEach(([name, pressed]) => {
    globalThis[name] = pressed;
    Office.actions?.associate(name, pressed);
  });
  return undefined;
}

start();
