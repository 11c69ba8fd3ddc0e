/**
 * What the add-in keeps on this computer: plans that were applied, for undo, and the last answer.
 *
 * The ribbon's buttons and the pane are two pages of one origin, so that one shows what the other
 * did. Where a browser keeps nothing (private windows), both last as long as the page.
 */

const NAME = 'sheetsync';
const STORES = { plans: 'run', told: 'book' };
const BY_BOOK = 'book';
/** Plans kept per workbook, as many as files keep. */
const KEPT = 20;

const pages = { plans: new Map(), told: new Map() };
let opening = null;

/**
 * Keeps the plan of a run before it is applied: an undo looks it up by the run's name.
 * @param {string} book The workbook (`bookKey`).
 * @param {Object} plan The plan as JSON.
 */
export async function keepPlan(book, plan) {
  await put('plans', { run: plan.run, book, plan });
  // The name of a run begins with its time, so that the oldest come first.
  const runs = (await runsOf(book)).sort();
  for (const run of runs.slice(0, -KEPT)) await drop('plans', run);
}

/** @param {string} run Name of a run. @return {Promise<?Object>} Its plan, or null. */
export async function planOf(run) {
  return (await get('plans', run))?.plan ?? null;
}

/**
 * Keeps what a run told, for the pane that opens next.
 * @param {string} book The workbook.
 * @param {Object} told What it told, as the pane shows it.
 */
export async function keepTold(book, told) {
  await put('told', { book, told });
}

/** @param {string} book The workbook. @return {Promise<?Object>} What its last run told. */
export async function lastTold(book) {
  return (await get('told', book))?.told ?? null;
}

/** @return {string} The name under which this workbook's answers are kept. */
export function bookKey() {
  return globalThis.Office?.context?.document?.url || 'workbook';
}

/**
 * Hears what the other pages of this workbook say.
 * @param {function(Object)} heard Called with each message.
 * @return {function(Object)} Says a message to them.
 */
export function talk(heard) {
  if (!globalThis.BroadcastChannel) return () => {};
  const air = new BroadcastChannel(NAME);
  const book = bookKey();
  air.onmessage = ({ data }) => {
    if (data.book === book) heard(data);
  };
  return (message) => air.postMessage({ ...message, book });
}

function opened() {
  opening ??= new Promise((resolve) => {
    try {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => {
        const [plans] = Object.entries(STORES).map(([store, keyPath]) =>
          asked.result.createObjectStore(store, { keyPath }),
        );
        plans.createIndex(BY_BOOK, BY_BOOK);
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
      asked.onblocked = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  return opening;
}

async function ask(store, mode, question, otherwise) {
  const base = await opened();
  if (!base) return otherwise();
  return new Promise((resolve, reject) => {
    const work = base.transaction(store, mode);
    const asked = question(work.objectStore(store));
    work.oncomplete = () => resolve(asked.result);
    work.onabort = () => reject(work.error);
  }).catch(otherwise);
}

const put = (store, value) =>
  ask(
    store,
    'readwrite',
    (at) => at.put(value),
    () => pages[store].set(value[STORES[store]], value),
  );
const get = async (store, key) =>
  pages[store].get(key) ??
  ask(
    store,
    'readonly',
    (at) => at.get(key),
    () => null,
  );
/** Names only: plans may be large. */
const runsOf = async (book) => {
  const here = [...pages.plans.values()].filter((each) => each.book === book).map(({ run }) => run);
  const kept = await ask(
    'plans',
    'readonly',
    (at) => at.index(BY_BOOK).getAllKeys(book),
    () => [],
  );
  return [...kept, ...here];
};
const drop = async (store, key) => {
  pages[store].delete(key);
  await ask(
    store,
    'readwrite',
    (at) => at.delete(key),
    () => null,
  );
};
