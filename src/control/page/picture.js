// An uploaded body drawn to scale, the attempts of one call above each other.
import { html } from './preact-htm.js';
import { bytes, number, visible } from './show.js';
import { t } from './texts.js';

// The least width of a piece, as a share of the whole: else nobody would see headers beside megabytes.
const LEAST = 0.012;

export const fileOf = ({ upload }) =>
  upload?.parts.find(part => part.filename || part['filename*']) ?? (upload?.name ? upload.parts[0] : undefined);

// The pieces of a body: what they are, and from which byte to which.
function pieces(record) {
  const { upload } = record;
  const read = upload?.bodyBytes ?? 0;
  const announced = Math.max(Number(record.headers['content-length']) || 0, read);
  const found = [];
  const add = (kind, from, to, part) => to > from && found.push({ kind, from, to, part });
  if (upload) {
    const file = fileOf(record);
    let at = upload.preambleBytes ?? 0;
    add('preamble', 0, at);
    for (const part of upload.parts) {
      const headers = part.contentAt - part.headerBytes;
      add('boundary', at, headers, part);
      add('headers', headers, part.contentAt, part);
      at = part.contentAt + part.bytes;
      if (part === file && part.bytes === 0) found.push({ kind: 'gone', from: at, to: at, part });
      add(part === file ? 'file' : 'text', part.contentAt, at, part);
    }
    const closed = upload.epilogueBytes !== null && upload.epilogueBytes !== undefined;
    const end = read - (upload.epilogueBytes ?? 0);
    add(closed ? 'boundary' : 'unparsed', at, end);
    add('epilogue', end, read);
  }
  add('unread', read, announced);
  return found;
}

// Where the fault struck, as an offset in the body.
function struckAt({ fault, upload }, file) {
  if (!fault) return undefined;
  const after = /after (\d+) bytes of the file/.exec(fault.at);
  if (after && file) return file.contentAt + Number(after[1]);
  if (fault.at.endsWith('part-headers') && file) return file.contentAt;
  if (fault.at.endsWith('before-closing-boundary') && file) return file.contentAt + file.bytes;
  return fault.at === 'before' ? 0 : (upload?.bodyBytes ?? 0);
}

// How the file of an attempt differs from that of the fullest one, and whether the client did that.
function difference(file, other) {
  if (!file || !other || file === other) return [];
  if (!file.complete) return [t('cut off after {} bytes', number(file.bytes))];
  if (file.bytes !== other.bytes) return [t('{} of {} bytes', number(file.bytes), number(other.bytes)), true];
  const [digest, known] = [file['xxh3-128'], other['xxh3-128']];
  if (!digest || !known) return [];
  return digest === known ? [t('the same bytes')] : [t('as many bytes, but others'), true];
}

// Places the pieces of all attempts by one scale, in percent.
function place(records) {
  const all = records.map(record => ({ record, file: fileOf(record), found: pieces(record) }));
  const size = Math.max(1, ...all.map(({ found }) => found.at(-1)?.to ?? 0));
  const wide = piece => Math.max((piece.to - piece.from) / size, LEAST);
  const widest = Math.max(...all.map(({ found }) => found.reduce((sum, piece) => sum + wide(piece), 0)), LEAST);
  for (const one of all) {
    let left = 0;
    for (const piece of one.found) {
      piece.left = left;
      piece.width = (wide(piece) / widest) * 100;
      left += piece.width;
    }
    one.end = left;
  }
  return { all, size };
}

// The place of a byte, in percent.
function placeOf(offset, { found, end }) {
  const piece = found.find(({ from, to }) => offset >= from && offset < to);
  if (!piece) return offset <= 0 ? 0 : end;
  return piece.left + (piece.width * (offset - piece.from)) / (piece.to - piece.from);
}

function Bar({ attempt, fullest }) {
  const { record, found, file } = attempt;
  const { upload, fault } = record;
  const [how, differs] = difference(file, fullest.file);
  const struck = struckAt(record, file);
  const words = found.map(piece => `${t(piece.kind)} ${bytes(piece.to - piece.from)}`).join(', ');
  const shown = found.filter(({ kind }) => kind !== 'gone' || differs);
  return html`<div class="attempt-bar" data-testid=${`bar-${record.id}`}>
    <div class="caption">
      <b>${record.attempts ? t('Attempt {}', record.attempts.number) : t('Body')}</b>
      <span>${record.status ?? t('no answer')}, ${bytes(upload?.bodyBytes ?? 0)}</span>
      ${how && html`<span class=${differs ? 'bad' : ''} data-testid=${`differs-${record.id}`}>${differs ? '\u2260 ' : ''}${how}</span>`}
    </div>
    <div class="bar" role="img" aria-label=${words}>
      ${shown.map(({ kind, from, to, left, width, part }) => html`<span
        class=${`piece ${kind} ${differs ? 'differs' : ''}`}
        style=${{ left: `${left}%`, width: `${width}%` }}
        title=${`${t(kind)}${part?.name ? ` ${visible(part.name)}` : ''}: ${t('{} bytes from byte {}', number(to - from), number(from))}`}></span>`)}
      ${upload?.refused && html`<span class="needle refused" style=${{ left: `${placeOf(upload.refused.at, attempt)}%` }}
        title=${upload.refused.message}></span>`}
      ${struck !== undefined && html`<span class="needle struck" style=${{ left: `${placeOf(struck, attempt)}%` }} title=${fault.what}></span>`}
    </div>
    ${upload?.refused && html`<p class="bad">${'\u25b2'} ${t('Refused at byte {}', number(upload.refused.at))}: ${visible(upload.refused.message)} <code>${upload.refused.rule}</code></p>`}
    ${struck !== undefined && html`<p class="warn">${'\u26a1'} ${t('Fault at byte {}', number(struck))}: ${visible(fault.what)} <code>${fault.at}</code></p>`}
  </div>`;
}

export function Picture({ records }) {
  const { all, size } = place(records);
  const fullest = all.reduce((best, one) => ((one.file?.bytes ?? -1) > (best.file?.bytes ?? -1) ? one : best));
  const kinds = new Set(all.flatMap(({ found }) => found.map(piece => piece.kind)).filter(kind => kind !== 'gone'));
  return html`<section class="picture" data-testid="picture" aria-label=${t('Upload')}>
    <h3>${t('Upload')}</h3>
    ${all.map(attempt => html`<${Bar} key=${attempt.record.id} attempt=${attempt} fullest=${fullest} />`)}
    <div class="scale"><span>0</span><span>${t('{} bytes', number(size))}</span></div>
    <ul class="legend">${[...kinds].map(kind => html`<li key=${kind}><span class=${`swatch piece ${kind}`}></span>${t(kind)}</li>`)}</ul>
  </section>`;
}
