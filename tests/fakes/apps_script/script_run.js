/** google.script.run for the sidebar in a browser: answers from `window.answers`, by function. */
'use strict';

window.asked = [];
window.google = {
  script: {
    get run() {
      const handlers = {};
      return new Proxy({}, {
        get: (_, name) => {
          if (name === 'withSuccessHandler') return (done) => ((handlers.done = done), window.runner(handlers));
          return undefined;
        },
      });
    },
  },
};
window.runner = (handlers) => new Proxy({}, {
  get: (_, name) => {
    if (name === 'withFailureHandler') return (failed) => ((handlers.failed = failed), window.runner(handlers));
    return (...args) => {
      window.asked.push([name, ...args]);
      const answer = window.answers[name];
      const told = Array.isArray(answer) && answer.length ? (answer.length > 1 ? answer.shift() : answer[0]) : answer;
      setTimeout(() => (told && told.error ? handlers.failed(new Error(told.error)) : handlers.done(told)), 0);
    };
  },
});
