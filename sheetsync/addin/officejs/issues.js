/** The list of issues: what is wrong, where, what would put it right, and people's answers. */

import { at, count, el, figure, icon, say } from './draw.js';
import { Pages } from './pages.js';

const WORDS = { error: 'Error', warning: 'Warning', note: 'Note' };
const isDecided = ({ decision }) => ['accept', 'reject'].includes(decision);
const FILTERS = {
  all: ['All', () => true],
  error: ['Errors', ({ severity }) => severity === 'error'],
  warning: ['Warnings', ({ severity }) => severity === 'warning'],
  note: ['Notes', ({ severity }) => severity === 'note'],
  open: ['To decide', (issue) => issue.can_decide && !isDecided(issue)],
  decided: ['Decided', isDecided],
};

/** The panel "Issues". */
export class Issues {
  #issues = null;
  #pages;
  #jump;
  #decide;

  /**
   * @param {function(Object)} jump Shows an issue's cell.
   * @param {function(Object, string): Promise<boolean>} decide Writes an answer; true when it stands.
   */
  constructor(jump, decide) {
    this.#jump = jump;
    this.#decide = decide;
    this.#pages = new Pages(at('issues'), 'Issues', (issue) => this.#item(issue));
    at('filter').addEventListener('change', () => this.#list());
  }

  /** Shows other issues; null when nothing was computed yet. */
  show(issues) {
    this.#issues = issues;
    say('count-issues', issues ? figure(issues.length) : '–');
    const filter = at('filter');
    filter.value = '';
    this.#options();
    filter.value = 'all';
    filter.parentElement.hidden = !issues?.length;
    this.#list();
  }

  #options() {
    const filter = at('filter');
    const chosen = filter.value;
    const told = Object.entries(FILTERS).map(([key, [title, fits]]) => [
      key,
      `${title} (${figure((this.#issues ?? []).filter(fits).length)})`,
    ]);
    filter.replaceChildren(...told.map(([value, text]) => el('option', { value }, text)));
    filter.value = chosen;
  }

  #list() {
    const fits = FILTERS[at('filter').value]?.[1] ?? FILTERS.all[1];
    const shown = (this.#issues ?? []).filter(fits);
    this.#pages.show(shown);
    say('empty-issues', shown.length ? '' : this.#nothing());
  }

  #nothing() {
    if (!this.#issues) return 'Press Check to see what is wrong or doubtful. It writes nothing.';
    return this.#issues.length ? 'No issue of this kind.' : 'Nothing is wrong. Every row counts.';
  }

  #item(issue) {
    const place = issue.address ? `${issue.sheet} ${issue.address}` : issue.sheet || 'Workbook';
    const jump = el(
      'button.jump.marked',
      { type: 'button', onclick: () => this.#jump(issue) },
      icon(issue.severity),
      el(
        'span.head',
        {},
        el('strong', {}, WORDS[issue.severity]),
        ' ',
        el('span.place', {}, place),
      ),
      el('span.words', {}, issue.message),
    );
    return el('li.issue', {}, issue.sheet ? jump : still(jump), this.#guess(issue));
  }

  #guess(issue) {
    const { suggested, can_decide: decidable, decision_cell: cell } = issue;
    if (!suggested && !decidable) return null;
    const parts = suggested ? [suggestion(suggested)] : [];
    if (decidable) parts.push(this.#answers(issue));
    else if (!cell) parts.push(el('p.soft', {}, 'Accept or reject it after Recalculate.'));
    return el('div.guess', {}, ...parts);
  }

  #answers(issue) {
    const accept = issue.suggested ? this.#answer(issue, 'accept', 'Accept', 'Accepted') : null;
    const reject = this.#answer(issue, 'reject', 'Reject', 'Rejected');
    return el('div.answers', { role: 'group', 'aria-label': 'Your answer' }, accept, reject);
  }

  #answer(issue, answer, wish, done) {
    const button = el('button.answer', { type: 'button', 'data-answer': answer });
    const dress = () => {
      const chosen = issue.decision === answer;
      button.setAttribute('aria-pressed', String(chosen));
      button.replaceChildren(chosen ? `✓ ${done}` : wish);
    };
    button.dress = dress;
    button.addEventListener('click', async () => {
      const before = issue.decision;
      const wanted = before === answer ? '' : answer;
      if (!(await this.#decide(issue, wanted))) return;
      issue.decision = wanted;
      button.parentElement.querySelectorAll('button').forEach((each) => each.dress());
      this.#options();
    });
    dress();
    return button;
  }
}

/** @return {string} How many issues of each kind there are: "10 errors, 4 warnings". */
export function tally(issues) {
  const kinds = Object.keys(WORDS).map((kind) => [
    kind,
    issues.filter(({ severity }) => severity === kind).length,
  ]);
  const told = kinds.filter(([, number]) => number).map(([kind, number]) => count(number, kind));
  return told.join(', ') || 'no issues';
}

const suggestion = (text) => el('p', {}, el('span.soft', {}, 'Suggested: '), el('b', {}, text));

/** What cannot be jumped to is told without a button. */
function still(jump) {
  const told = el('div.jump.marked');
  told.append(...jump.childNodes);
  return told;
}
