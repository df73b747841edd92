// How values are written.
import { html, useState } from './preact-htm.js';
import { copy } from './api.js';
import { locale, t } from './texts.js';

const NUMBERS = new Intl.NumberFormat(locale);
export const number = value => NUMBERS.format(value);

// Bytes, short: 5 B, 1.2 KiB.
export function bytes(count) {
  if (count === undefined || count === null) return '';
  const units = [t('B'), 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (count >= 1024 && unit < 3) {
    count /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? number(count) : count.toFixed(1)} ${units[unit]}`;
}

export const clock = time => (time ? time.slice(11, 23) : '');

// Characters that would hide or reorder what stands around them are written out.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
export const visible = text =>
  String(text).replace(HIDDEN, one => `\u27e8${one.codePointAt(0).toString(16).padStart(4, '0')}\u27e9`);

// Text that a client sent.
export const Sent = ({ text, cut }) => html`<bdi class=${cut ? 'cut' : 'sent'} title=${visible(text)}>${visible(text)}</bdi>`;

export const Status = ({ status }) =>
  html`<span class=${`status s${status ? String(status)[0] : 0}`}>${status ?? '\u2014'}</span>`;

// A button that copies what `words` gives.
export function Copy({ label, words, id }) {
  const [state, setState] = useState('');
  const run = async () => {
    const done = await Promise.resolve(words()).then(copy).catch(() => false);
    setState(done ? t('copied') : t('not copied'));
    setTimeout(() => setState(''), 1500);
  };
  return html`<button data-testid=${`copy-${id}`} onClick=${run} aria-live="polite">${state || label}</button>`;
}

// A table that can be scrolled, also by the keyboard.
export const Table = ({ label, id, heads, kind, children }) => html`<div class="scroll" tabindex="0" role="region" aria-label=${t(label)}>
  <table class=${kind} data-testid=${id}><thead><tr>${heads.map(head => html`<th scope="col">${t(head)}</th>`)}</tr></thead><tbody>${children}</tbody></table></div>`;

// What the server refused.
export const Problem = ({ text }) =>
  html`<p class=${text ? 'problem' : 'problem none'} role="status" data-testid="problem">${text}</p>`;

// A form for one purpose: what it gives is handed to `act`, and what goes wrong is shown.
export function useAction() {
  const [problem, setProblem] = useState('');
  const act = async work => {
    try {
      await work();
      setProblem('');
    } catch (error) {
      setProblem(error.message);
    }
  };
  return [html`<${Problem} text=${problem} />`, act];
}

// A form: each input is a name with an example, or with the values to choose from. Empty ones are left out.
export function Form({ id, inputs, button, run }) {
  const submit = event => {
    event.preventDefault();
    run(Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== '')));
  };
  const input = ([name, hint]) => html`<label>${name} ${Array.isArray(hint)
    ? html`<select name=${name} data-testid=${`${id}-${name}`}>${hint.map(value => html`<option value=${value}>${value}</option>`)}</select>`
    : html`<input name=${name} placeholder=${hint} data-testid=${`${id}-${name}`} />`}</label>`;
  return html`<form class="grid" onSubmit=${submit}>${inputs.map(input)}<button data-testid=${`${id}-go`}>${t(button)}</button></form>`;
}
