/**
 * What the pane asks of the server: four questions in JSON, each answered once.
 *
 * Every way in which an answer can fail to come is one sentence for people (`CallFailed`).
 */

const SECOND = 1000;
/** How long an answer may take: a big tracker is computed within a minute. */
const PATIENCE = { tabs: 30 * SECOND, check: 300 * SECOND, sync: 300 * SECOND, undo: 300 * SECOND };
const UNCHANGED = 'Nothing was changed.';

/** No usable answer came; the message says what to do. */
export class CallFailed extends Error {}

/** The server's questions, asked with one token. */
export class Calls {
  #token;

  /** @param {?string} token The secret of the pane's own address. */
  constructor(token) {
    this.#token = token || '';
  }

  /**
   * Which sheets the engine reads: people's own tabs are never sent.
   * @param {Array<{name: string, tables: string[]}>} sheets All sheets of the workbook.
   * @return {Promise<string[]>} Names of those to send.
   */
  async tabs(sheets) {
    return (await this.#ask('tabs', { version: 1, sheets })).sheets;
  }

  /** @param {Object} posted The workbook as posted. @return {Promise<Object>} The reply. */
  check(posted) {
    return this.#ask('check', posted);
  }

  /** @param {Object} posted The workbook as posted. @return {Promise<Object>} Reply with a score. */
  sync(posted) {
    return this.#ask('sync', posted);
  }

  /**
   * @param {Object} posted The workbook as posted.
   * @param {Object} plan The plan that is to be taken back.
   * @return {Promise<Object>} The reply with a score.
   */
  undo(posted, plan) {
    return this.#ask('undo', { ...posted, plan });
  }

  async #ask(question, body) {
    if (!this.#token) throw new CallFailed(refused());
    const told = await answered(question, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#token}` },
      body: JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: patience(PATIENCE[question]),
    });
    const reply = await told.json().catch(() => null);
    if (told.ok && reply) return reply;
    throw new CallFailed(sentence(told.status, reply?.error?.message));
  }
}

async function answered(question, options) {
  try {
    return await fetch(`v1/${question}`, options);
  } catch (error) {
    throw new CallFailed(error.name === 'TimeoutError' ? late() : unreachable());
  }
}

function patience(milliseconds) {
  // Excel 2021's browser part may be older than AbortSignal.timeout.
  if (AbortSignal.timeout) return AbortSignal.timeout(milliseconds);
  const stop = new AbortController();
  setTimeout(() => stop.abort(new DOMException('', 'TimeoutError')), milliseconds);
  return stop.signal;
}

const own = () => ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

function unreachable() {
  return own()
    ? `sheetsync is not running: start it with “sheetsync addin start”, then try again. ${UNCHANGED}`
    : `The sheetsync server does not answer: check your network, then try again. ${UNCHANGED}`;
}

const late = () => `No answer came in time: try again in a moment. ${UNCHANGED}`;

function refused() {
  return own()
    ? `sheetsync does not know this pane: run “sheetsync addin install” again, then restart Excel. ${UNCHANGED}`
    : `The sheetsync server does not know this pane: ask its owner for a new add-in. ${UNCHANGED}`;
}

function sentence(status, told) {
  if (status === 401 || status === 403) return refused();
  if (told) return told;
  if (status === 413)
    return `This workbook is too big for the pane: use “sheetsync sync” on the saved file. ${UNCHANGED}`;
  if (status === 429)
    return `Too many requests at once: wait a minute, then try again. ${UNCHANGED}`;
  return `The server gave no answer that this pane can read (${status}): restart sheetsync, then try again. ${UNCHANGED}`;
}
